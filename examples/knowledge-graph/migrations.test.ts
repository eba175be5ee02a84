import { copyFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EXAMPLE, runProgram, startServer, temporaryGraph } from './fixtures.ts'
import { COMBINED_CONFIDENCE } from './src/confidence.ts'
import { openDatabase, readNumber } from './src/database.ts'
import { openGraph } from './src/graph.ts'
import { migrateDown, migrateUp, migrationsOf } from './src/migrate.ts'

const LATEST = '0002_explained_confidence'

/** Relationships whose derived columns are not what their evidence says. */
const WRONG = `
  SELECT count(*) FROM relationships AS r WHERE (evidence_count, coalesce(confidence_expected, -1)) IS NOT
    (SELECT count(*), coalesce(${COMBINED_CONFIDENCE}, -1) FROM evidence WHERE relationship_id = r.id)`

test('goes up and down again and leaves every row and table as it was', async () => {
  const path = await temporaryGraph()
  using database = openDatabase(path)
  const content = () =>
    JSON.stringify([
      database.prepare('SELECT * FROM relationships ORDER BY id').all(),
      database.prepare(`SELECT type, name, sql FROM sqlite_schema ORDER BY name`).all(),
      readNumber(database, 'PRAGMA user_version'),
    ])
  const before = content()
  expect(await migrateUp(path)).toEqual([LATEST])
  expect(readNumber(database, 'PRAGMA user_version')).toBe(2)
  expect(readNumber(database, WRONG)).toBe(0)
  expect(await migrateUp(path)).toEqual([])
  expect(await migrateDown(path)).toEqual([LATEST])
  expect(content()).toBe(before)
  expect(await migrateDown(path)).toEqual([])
})

test('derived columns follow the evidence, whoever writes it', async () => {
  const path = await temporaryGraph()
  await migrateUp(path)
  using database = openDatabase(path)
  database.exec(`
    INSERT INTO evidence (relationship_id, source, weight) VALUES (1, 'press', 0.5);
    UPDATE evidence SET relationship_id = 3 WHERE relationship_id = 2;
    DELETE FROM evidence WHERE relationship_id = 4`)
  expect(readNumber(database, WRONG)).toBe(0)
  expect(readNumber(database, 'SELECT evidence_count FROM relationships WHERE id = 4')).toBe(0)
})

test('a change that fails half-way changes nothing', async () => {
  const path = await temporaryGraph()
  using database = openDatabase(path)
  // The second statement of the migration finds its column there already.
  database.exec('ALTER TABLE relationships ADD COLUMN confidence_expected REAL')
  await expect(migrateUp(path)).rejects.toThrow('duplicate column')
  expect((await migrationsOf(path)).map(({ applied }) => applied)).toEqual([true, false])
  expect(
    readNumber(database, `SELECT count(*) FROM pragma_table_info('relationships') WHERE name = 'evidence_count'`),
  ).toBe(0)
})

test('the script says what is applied and what is pending', async () => {
  const path = await temporaryGraph()
  const script = (...args: string[]) => runProgram([`${EXAMPLE}scripts/migrate.ts`, ...args, '--database', path])
  expect(await script()).toMatchObject({ code: 0, stdout: `applied  0001_graph\npending  ${LATEST}\n` })
  expect(await script('up')).toMatchObject({ code: 0, stdout: expect.stringContaining(`applied  ${LATEST}`) })
  copyFileSync(`${EXAMPLE}CHECKLIST.md`, path)
  expect(await script('status')).toMatchObject({ code: 2, stderr: expect.stringContaining('error: ') })
})

test('version 1 reads and writes on the schema of version 2', async () => {
  const path = await temporaryGraph()
  const v1 = await startServer(path, { GONOGO_VERSION: 'v1' })
  await migrateUp(path)
  using database = openDatabase(path)
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
