// Fixes and undo on a real Postgres: the same as on SQLite, with its own keys, types and locks.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPostgres, startPostgres, type PostgresServer } from '../../../test/servers/postgres.ts'
import type { Database } from '../../databases/database.ts'
import { postgres } from '../../databases/postgres.ts'
import { undoFixes, listFixRuns, pruneFixRun } from '../undo/undo-fixes.ts'
import { applyFixes, type FixOptions } from './apply-fixes.ts'
import { contentHash } from './content-hash.ts'
import { fixKinds, ruleOf } from './fixing.fixture.ts'
import { GRAPH_RULES } from './graph.fixture.ts'

const bin = installPostgres()
if (!bin) console.warn("SKIPPED: fix.services.test.ts needs Debian's postgresql, which could not be installed")

const GRAPH = `
  CREATE TABLE entities (id integer PRIMARY KEY, name text NOT NULL);
  CREATE TABLE relationships (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source_id integer NOT NULL, kind text NOT NULL,
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1), semantic_id varchar(40), facts jsonb, seen timestamptz);
  CREATE TABLE evidence (id serial PRIMARY KEY, relationship_id bigint NOT NULL, source text NOT NULL, weight numeric(6,3) NOT NULL,
    percent numeric GENERATED ALWAYS AS (weight * 100) STORED);
  INSERT INTO entities SELECT i, 'entity ' || i FROM generate_series(1, 200) AS i;
  INSERT INTO relationships (source_id, kind, confidence, semantic_id, facts, seen)
    SELECT CASE WHEN i % 50 = 0 THEN 9000 + i ELSE 1 + i % 200 END, 'mentions', CASE WHEN i % 40 = 1 THEN 0.9 ELSE 0.5 END,
      CASE WHEN i % 100 = 3 THEN 'same ' || i / 300 ELSE 'only ' || i END, '{"a": 1}', now() FROM generate_series(1, 2000) AS i;
  INSERT INTO evidence (relationship_id, source, weight)
    SELECT i, 'document ' || i, CASE WHEN i % 30 = 1 THEN 1.5 ELSE 0.5 END FROM generate_series(1, 2000) AS i WHERE i % 70 <> 7;
  CREATE INDEX ON evidence (relationship_id);
`

describe.skipIf(!bin)('fixes on Postgres', () => {
  let server: PostgresServer
  let made = 0
  beforeAll(async () => {
    server = await startPostgres(String(bin))
  })
  afterAll(() => server?.stop())

  const signal = AbortSignal.timeout(250_000)

  async function open(
    statements: string,
  ): Promise<{ database: Database; edit: (statement: string) => Promise<unknown> }> {
    const name = `fix_${++made}`
    await server.ask(`CREATE DATABASE ${name}`)
    await server.ask(statements, name)
    const database = postgres.create(postgres.options.parse({ url: server.urlOf(name) }), { directory: '/' })
    return { database, edit: (statement) => server.ask(statement, name) }
  }

  const fix = (database: Database, rules = GRAPH_RULES, options: Partial<FixOptions> = {}) =>
    applyFixes(database, rules, { kinds: fixKinds, signal, ...options })

  it.each(['transaction', 'chunks'] as const)(
    'repairs every rule and gives back the same content (%s)',
    async (mode) => {
      const { database } = await open(GRAPH)
      const before = await contentHash(database, signal)
      const report = await fix(database, GRAPH_RULES, { mode, chunkMs: 20 })
      expect(report.outcome).toBe('fixed')
      expect(report.rules.map(({ found, left }) => found > 0 && left)).toEqual([0, 0, 0, 0, 0])
      expect(await contentHash(database, signal)).not.toBe(before)
      const undone = await undoFixes(database, report.run ?? 0, { signal, mode, rules: GRAPH_RULES })
      expect(undone).toMatchObject({ outcome: 'undone', conflicts: { count: 0 } })
      expect(await contentHash(database, signal)).toBe(before)
      await pruneFixRun(database, report.run ?? 0, signal)
      expect(await listFixRuns(database, signal)).toEqual([])
    },
  )

  it('keeps nothing of a dry run', async () => {
    const { database } = await open(GRAPH)
    const before = await contentHash(database, signal)
    const report = await fix(database, GRAPH_RULES, { dryRun: true })
    expect(report).toMatchObject({ outcome: 'would-fix', run: null })
    expect(report.changes.every(({ rows, samples }) => rows > 0 && samples.length > 0)).toBe(true)
    expect(await contentHash(database, signal)).toBe(before)
  })

  it('leaves rows that were edited or deleted since and reports them', async () => {
    const { database, edit } = await open(GRAPH)
    const report = await fix(database)
    await edit(`UPDATE relationships SET facts = '{"a": 2}' WHERE id = 81; DELETE FROM relationships WHERE id = 41;
      INSERT INTO relationships (id, source_id, kind, confidence) OVERRIDING SYSTEM VALUE VALUES (50, 1, 'taken', 0.5)`)
    const undone = await undoFixes(database, report.run ?? 0, { signal, rules: GRAPH_RULES })
    expect(undone.conflicts.rows.map(({ table, key, reason }) => [table, key.id, reason]).toSorted()).toEqual([
      ['relationships', 41, 'deleted'],
      ['relationships', 50, 'key-taken'],
      ['relationships', 81, 'edited'],
    ])
    expect(await edit('SELECT kind FROM relationships WHERE id = 50')).toEqual([{ kind: 'taken' }])
  })

  it('refuses a table without a primary key, and takes back what breaks a constraint', async () => {
    const { database } = await open(`
      CREATE TABLE keyless (a integer); INSERT INTO keyless VALUES (NULL);
      CREATE TABLE checked (id integer PRIMARY KEY, a integer CHECK (a < 10)); INSERT INTO checked VALUES (1, NULL)`)
    const keyless = ruleOf('given', 'not-null', { column: 'keyless.a' }, { fix: { set: { value: 1 } } })
    await expect(fix(database, [keyless])).rejects.toThrow(/keyless has no primary key/)
    const checked = ruleOf('given', 'not-null', { column: 'checked.a' }, { fix: { set: { value: 11 } } })
    const before = await contentHash(database, signal)
    await expect(fix(database, [checked])).rejects.toThrow(/breaks a constraint.*check constraint/)
    expect(await contentHash(database, signal)).toBe(before)
  })

  it('logs a statement of its own by comparing the tables it declares', async () => {
    const { database } = await open(
      `CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'A'), (2, 'b'), (3, 'C')`,
    )
    const before = await contentHash(database, signal)
    const rule = ruleOf(
      'lower',
      'sql',
      { query: 'SELECT id FROM t WHERE a <> lower(a)', key: ['id'], table: 't' },
      {
        fix: { sql: { statement: 'UPDATE t SET a = lower(a) WHERE a <> lower(a)', tables: ['t'] } },
      },
    )
    const report = await fix(database, [rule])
    expect(report.changes).toMatchObject([{ table: 't', type: 'update', rows: 2 }])
    await undoFixes(database, report.run ?? 0, { signal })
    expect(await contentHash(database, signal)).toBe(before)
  })
})
