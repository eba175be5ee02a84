import { expect, test } from 'vitest'
import { EXAMPLE, runProgram, startServer, temporaryGraph } from './fixtures.ts'
import { openDatabase, readNumber } from './src/database.ts'
import { openGraph } from './src/graph.ts'
import { migrate, schemaProblems, schemaVersion } from './src/migrations.ts'
import { COMBINED_CONFIDENCE } from './src/schema.ts'

/** Relationships whose derived columns are not what their evidence says. */
const WRONG = `
  SELECT count(*) FROM relationships AS r WHERE (evidence_count, coalesce(confidence_expected, -1)) IS NOT
    (SELECT count(*), coalesce(${COMBINED_CONFIDENCE}, -1) FROM evidence WHERE relationship_id = r.id)`

test('goes up and down again and leaves every row as it was', () => {
  using database = openDatabase(temporaryGraph())
  const rows = () => JSON.stringify(database.prepare('SELECT * FROM relationships ORDER BY id').all())
  const before = rows()
  expect(migrate(database)).toHaveLength(1)
  expect(schemaVersion(database)).toBe(2)
  expect(schemaProblems(database)).toEqual([])
  expect(readNumber(database, WRONG)).toBe(0)
  expect(migrate(database)).toEqual([])
  expect(migrate(database, 1)).toHaveLength(1)
  expect(schemaProblems(database)).toEqual([])
  expect(rows()).toBe(before)
})

test('derived columns follow the evidence, whoever writes it', () => {
  using database = openDatabase(temporaryGraph())
  migrate(database)
  database.exec(`
    INSERT INTO evidence (relationship_id, source, weight) VALUES (1, 'press', 0.5);
    UPDATE evidence SET relationship_id = 3 WHERE relationship_id = 2;
    DELETE FROM evidence WHERE relationship_id = 4`)
  expect(readNumber(database, WRONG)).toBe(0)
  expect(readNumber(database, 'SELECT evidence_count FROM relationships WHERE id = 4')).toBe(0)
})

test('a change that fails half-way changes nothing', () => {
  using database = openDatabase(temporaryGraph())
  // The second statement of the migration finds its column there already.
  database.exec('ALTER TABLE relationships ADD COLUMN confidence_expected REAL')
  expect(() => migrate(database)).toThrow('duplicate column')
  expect(schemaVersion(database)).toBe(1)
  expect(
    readNumber(database, `SELECT count(*) FROM pragma_table_info('relationships') WHERE name = 'evidence_count'`),
  ).toBe(0)
})

test('status tells a schema that is not what its number says', async () => {
  const path = temporaryGraph()
  const status = (...args: string[]) =>
    runProgram([`${EXAMPLE}scripts/migrate.ts`, 'status', '--database', path, ...args])
  expect((await status('--expect', '1')).code).toBe(0)
  expect((await status('--expect', '2')).code).toBe(1)
  using database = openDatabase(path)
  database.exec('DROP INDEX relationships_target')
  const broken = await status()
  expect(broken.code).toBe(1)
  expect(broken.stdout).toContain('missing: index relationships_target')
})

test('version 1 reads and writes on the schema of version 2', async () => {
  const path = temporaryGraph()
  using database = openDatabase(path)
  const v1 = await startServer(path, { GONOGO_VERSION: 'v1' })
  migrate(database)
  const body = JSON.stringify({
    sourceId: 1,
    targetId: 2,
    kind: 'guards',
    evidence: [{ source: 'press', weight: 0.5 }],
  })
  expect((await fetch(`${v1.url}/relationships`, { method: 'POST', body })).status).toBe(201)
  expect((await fetch(`${v1.url}/health`)).status).toBe(200)
  expect(readNumber(database, WRONG)).toBe(0)
  expect(
    openGraph(database)
      .explainedRelationships(1, 50)
      .some((one) => one.kind === 'guards' && one.evidenceCount === 1),
  ).toBe(true)
})
