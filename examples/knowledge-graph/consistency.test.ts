// The rules that gonogo.yaml declares for the graph: they find what is planted, their fixes repair it, and an undo gives it back.
import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { undoData, type DataProject } from '../../src/app/data.ts'
import { databaseOf } from '../../src/app/databases.ts'
import { contentHash } from '../../src/consistency/fix/content-hash.ts'
import { plantedFor } from './dataset/generate-dataset.ts'
import { EXAMPLE, fix, openRules, runProgram, temporaryGraph } from './fixtures.ts'
import { openDatabase, readNumber } from './src/database.ts'
import { openGraph } from './src/graph.ts'
import { migrateUp } from './src/migrate.ts'

const signal = AbortSignal.timeout(120_000)
const undo = (data: DataProject, run: number | null) =>
  undoData(data, 'graph', Number(run), { signal, mode: 'transaction' })
const hashOf = ({ project, surroundings }: DataProject) =>
  contentHash(databaseOf(project, 'graph', surroundings), signal)

/** What version 1 of the schema has of every row. */
function rowsOf(database: DatabaseSync): string {
  const relationships = 'SELECT id, source_id, target_id, kind, confidence, semantic_id FROM relationships ORDER BY id'
  return JSON.stringify([relationships, 'SELECT * FROM evidence ORDER BY id'].map((sql) => database.prepare(sql).all()))
}

async function graphWithRules(): Promise<{ data: DataProject; database: DatabaseSync; path: string } & Disposable> {
  const path = await temporaryGraph()
  const database = openDatabase(path)
  return { data: openRules(path), database, path, [Symbol.dispose]: () => database.close() }
}

test.each([1, 2])(
  'on schema version %i a fix brings every rule in, and its undo the same content back',
  async (version) => {
    using graph = await graphWithRules()
    if (version === 2) await migrateUp(graph.path)
    const before = await hashOf(graph.data)
    const { run, outcome, rules } = await fix(graph.data)
    expect(outcome).toBe('fixed')
    const found = Object.fromEntries(rules.map((rule) => [rule.rule, rule.found]))
    const planted = plantedFor(5000)
    expect(Number(found['orphaned-sources']) + Number(found['orphaned-targets'])).toBe(planted.orphaned)
    expect(found).toMatchObject({
      'duplicate-semantic-ids': planted.duplicateGroups,
      'missing-evidence': planted.missingEvidence,
    })
    expect(rules.map(({ left }) => left)).toEqual([0, 0, 0, 0, 0, 0])
    expect(await hashOf(graph.data)).not.toBe(before)
    expect(await undo(graph.data, run)).toMatchObject({ conflicts: { count: 0 } })
    expect(await hashOf(graph.data)).toBe(before)
  },
)

test('a merged duplicate keeps the evidence of both; a claim that nothing supports stays, with little confidence', async () => {
  using graph = await graphWithRules()
  const { database } = graph
  const pair = database
    .prepare('SELECT min(id) AS oldest, max(id) AS double FROM relationships GROUP BY semantic_id HAVING count(*) > 1')
    .get()
  const [oldest, double] = [Number(pair?.oldest), Number(pair?.double)]
  const evidenceOf = (id: number) => database.prepare('SELECT * FROM evidence WHERE relationship_id = ?').all(id)
  const together = evidenceOf(oldest).length + evidenceOf(double).length
  const unsupported = 'SELECT id FROM relationships EXCEPT SELECT relationship_id FROM evidence'
  const claim = readNumber(database, `SELECT min(id) FROM (${unsupported})`)
  await fix(graph.data)
  expect(evidenceOf(oldest)).toHaveLength(together)
  expect(readNumber(database, 'SELECT count(*) FROM relationships WHERE id = ?', double)).toBe(0)
  expect(evidenceOf(claim)).toMatchObject([{ source: 'unsourced', weight: 0.1 }])
  expect(readNumber(database, 'SELECT confidence FROM relationships WHERE id = ?', claim)).toBe(0.1)
})

test('a rehearsal says what would change and changes nothing', async () => {
  using graph = await graphWithRules()
  const before = rowsOf(graph.database)
  expect(await fix(graph.data, { dryRun: true })).toMatchObject({ outcome: 'would-fix', run: null })
  expect(rowsOf(graph.database)).toBe(before)
})

test('undo leaves a row alone that was edited after the fix', async () => {
  using graph = await graphWithRules()
  const { run, changes } = await fix(graph.data)
  const corrected = changes.find(({ rule, type }) => rule === 'inconsistent-confidence' && type === 'update')
  const id = Number(corrected?.samples[0]?.key.id)
  graph.database.exec(`UPDATE relationships SET confidence = 0.123 WHERE id = ${id}`)
  expect(await undo(graph.data, run)).toMatchObject({ conflicts: { count: 1 } })
  expect(readNumber(graph.database, 'SELECT confidence FROM relationships WHERE id = ?', id)).toBe(0.123)
})

test('undo gives nothing of a deleted relationship to one that was added since', async () => {
  using graph = await graphWithRules()
  graph.database.exec('UPDATE relationships SET target_id = 99999999 WHERE id = (SELECT max(id) FROM relationships)')
  const { run } = await fix(graph.data)
  const knowledge = { sourceId: 1, targetId: 2, kind: 'mentors', evidence: [{ source: 'press', weight: 0.5 }] }
  const added = openGraph(graph.database).add(knowledge, 1_800_000_000_000)
  expect(await undo(graph.data, run)).toMatchObject({ conflicts: { count: 0 } })
  const evidence = 'SELECT count(*) FROM evidence WHERE relationship_id = ?'
  expect(readNumber(graph.database, evidence, added?.id ?? 0)).toBe(1)
  expect(readNumber(graph.database, 'SELECT count(*) FROM relationships WHERE target_id = 99999999')).toBe(1)
})

test('a fix made before the migration can be undone after it', async () => {
  using graph = await graphWithRules()
  const before = rowsOf(graph.database)
  const { run } = await fix(graph.data)
  await migrateUp(graph.path)
  expect(await undo(graph.data, run)).toMatchObject({ conflicts: { count: 0 } })
  expect(rowsOf(graph.database)).toBe(before)
})

test('rates of the service are measured, on a copy where it writes', async () => {
  using graph = await graphWithRules()
  const { code, stdout } = await runProgram([`${EXAMPLE}scripts/performance.ts`, '--database', graph.path])
  expect(code).toBe(0)
  expect(stdout).toContain('writes a second')
  expect(readNumber(graph.database, 'SELECT count(*) FROM relationships')).toBe(5000)
})

test('a database that is not there is an error of one line', async () => {
  const missing = await runProgram([`${EXAMPLE}scripts/performance.ts`, '--database', `${await temporaryGraph()}.none`])
  expect(missing.code).toBe(2)
  expect(missing.stderr.trim().split('\n')).toHaveLength(1)
  expect(missing.stderr).toContain('no such database')
})
