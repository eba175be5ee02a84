import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { fixGraph, undoFix } from './consistency/fix.ts'
import { exitCodeOf } from './consistency/judgement.ts'
import { testPerformance } from './consistency/performance.ts'
import { preCheck, sampleCheck } from './consistency/pre-check.ts'
import { RULES } from './consistency/rules.ts'
import { judgeMetrics, measure } from './consistency/validate.ts'
import { plantedFor } from './dataset/generate-dataset.ts'
import { EXAMPLE, runProgram, temporaryGraph } from './fixtures.ts'
import { openDatabase, readNumber } from './src/database.ts'
import { openGraph } from './src/graph.ts'
import { migrate } from './src/migrations.ts'

const now = 1_800_000_000_000
const fixIt = (database: DatabaseSync) => fixGraph(database, { dryRun: false, now })
const undo = (database: DatabaseSync) => undoFix(database, { fix: null, now })

function rowsOf(database: DatabaseSync): string {
  const tables = ['entities', 'relationships', 'evidence']
  return JSON.stringify(tables.map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY id`).all()))
}

describe.each([1, 2])('on schema version %i', (version) => {
  test('a fix brings every threshold in, and its undo every row back', () => {
    using database = openDatabase(temporaryGraph())
    migrate(database, version)
    const before = rowsOf(database)
    expect(exitCodeOf(judgeMetrics(measure(database)))).toBe(1)
    const planted = plantedFor(5000)
    const { fix, changes } = fixIt(database)
    expect(fix).toBe(1)
    expect(changes).toMatchObject({
      orphansDeleted: planted.orphaned,
      duplicatesMerged: planted.duplicateGroups,
      markedUnsourced: planted.missingEvidence,
    })
    expect(measure(database)).toMatchObject({
      orphanedRelationships: 0,
      inconsistentConfidence: 0,
      missingEvidence: 0,
      duplicateGroups: 0,
      successPercent: 100,
    })
    expect(undo(database)).toMatchObject({ fix: 1, conflicts: 0 })
    expect(rowsOf(database)).toBe(before)
  })
})

test('a merged duplicate keeps the evidence of both, and a confidence that follows from it', () => {
  using database = openDatabase(temporaryGraph())
  const pair = database
    .prepare('SELECT min(id) AS oldest, max(id) AS double FROM relationships GROUP BY semantic_id HAVING count(*) > 1')
    .get()
  const [oldest, double] = [Number(pair?.oldest), Number(pair?.double)]
  const evidenceOf = (id: number) => readNumber(database, 'SELECT count(*) FROM evidence WHERE relationship_id = ?', id)
  const together = evidenceOf(oldest) + evidenceOf(double)
  fixIt(database)
  expect(evidenceOf(oldest)).toBe(together)
  expect(evidenceOf(double)).toBe(0)
  expect(readNumber(database, 'SELECT count(*) FROM relationships WHERE id = ?', double)).toBe(0)
})

test('a dry run says what would change and changes nothing', () => {
  using database = openDatabase(temporaryGraph())
  const before = rowsOf(database)
  const { fix, changes, judgements } = fixGraph(database, { dryRun: true, now })
  expect(fix).toBeNull()
  expect(changes.orphansDeleted).toBeGreaterThan(0)
  expect(exitCodeOf(judgements)).toBe(0)
  expect(rowsOf(database)).toBe(before)
  expect(readNumber(database, 'SELECT count(*) FROM undo_relationships')).toBe(0)
})

test('fixing twice finds nothing the second time', () => {
  using database = openDatabase(temporaryGraph())
  fixIt(database)
  expect(fixIt(database)).toMatchObject({ fix: null, changes: { orphansDeleted: 0, confidencesCorrected: 0 } })
  expect(undo(database).fix).toBe(1)
  expect(() => undo(database)).toThrow('no fix to undo')
})

test('undo leaves a row alone that was edited after the fix', () => {
  using database = openDatabase(temporaryGraph())
  fixIt(database)
  const corrected = readNumber(
    database,
    `SELECT b.id FROM undo_relationships AS b JOIN undo_relationships AS a ON a.id = b.id
     WHERE b.image = 'before' AND a.image = 'after' AND a.confidence <> b.confidence LIMIT 1`,
  )
  database.exec(`UPDATE relationships SET confidence = 0.123 WHERE id = ${corrected}`)
  expect(undo(database).conflicts).toBe(1)
  expect(readNumber(database, 'SELECT confidence FROM relationships WHERE id = ?', corrected)).toBe(0.123)
})

test('undo gives nothing of a deleted relationship to one that was added since', () => {
  using database = openDatabase(temporaryGraph())
  database.exec('UPDATE relationships SET target_id = 99999999 WHERE id = (SELECT max(id) FROM relationships)')
  fixIt(database)
  const knowledge = { sourceId: 1, targetId: 2, kind: 'mentors', evidence: [{ source: 'press', weight: 0.5 }] }
  const added = openGraph(database).add(knowledge, now)
  expect(undo(database).conflicts).toBe(0)
  expect(readNumber(database, 'SELECT count(*) FROM evidence WHERE relationship_id = ?', added?.id ?? 0)).toBe(1)
  expect(readNumber(database, 'SELECT count(*) FROM relationships WHERE target_id = 99999999')).toBe(1)
})

test('a fix that would leave nothing to judge by is refused whole', () => {
  using database = openDatabase(temporaryGraph())
  database.exec('DELETE FROM entities')
  const before = rowsOf(database)
  expect(() => fixIt(database)).toThrow('not enough')
  expect(rowsOf(database)).toBe(before)
})

test('rules read every table once, not once a row', () => {
  using database = openDatabase(temporaryGraph())
  for (const { offenders } of RULES) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${offenders}`).all()
    expect(plan.map((step) => String(step.detail)).filter((detail) => /CORRELATED|AUTOMATIC/.test(detail))).toEqual([])
  }
})

test('the check before a release passes on a graph the fix can repair, and leaves it untouched', () => {
  const path = temporaryGraph()
  using database = openDatabase(path)
  const before = rowsOf(database)
  expect(exitCodeOf(preCheck(path))).toBe(0)
  expect(rowsOf(database)).toBe(before)
  database.exec('DROP INDEX relationships_source')
  expect(exitCodeOf(preCheck(path))).toBe(1)
})

test('a sample can prove a graph bad, never good', () => {
  const path = temporaryGraph()
  expect(exitCodeOf(sampleCheck(path, 20_000))).toBe(1)
  using database = openDatabase(path)
  fixIt(database)
  expect(exitCodeOf(sampleCheck(path, 20_000))).toBe(3)
})

test('rates of the database are measured, on a copy where they write', () => {
  const path = temporaryGraph()
  const judgements = testPerformance(path)
  expect(judgements.map((judgement) => judgement.metric)).toContain('writeRate')
  expect(judgements.every((judgement) => Number(judgement.value) > 0)).toBe(true)
  using database = openDatabase(path)
  expect(readNumber(database, 'SELECT count(*) FROM relationships')).toBe(5000)
})

test('the scripts say what they found and end accordingly', async () => {
  const path = temporaryGraph()
  const script = (name: string, ...args: string[]) =>
    runProgram([`${EXAMPLE}scripts/${name}.ts`, '--database', path, ...args])
  const found = await script('validate', '--json')
  expect(found.code).toBe(1)
  expect(JSON.parse(found.stdout)).toMatchObject({ check: 'full-check', verdict: 'failed' })
  expect((await script('fix')).code).toBe(0)
  expect((await script('validate')).code).toBe(0)
  expect((await script('fix', '--undo')).stdout).toContain('fix 1 undone')
  expect((await script('validate', '--validate-only')).code).toBe(1)
  const contradiction = await script('validate', '--pre-check', '--full-check')
  expect(contradiction.code).toBe(2)
  expect(contradiction.stderr).toContain('exclude each other')
})

test('a database that is not there is an error of one line', async () => {
  const missing = await runProgram([`${EXAMPLE}scripts/validate.ts`, '--database', `${temporaryGraph()}.none`])
  expect(missing.code).toBe(2)
  expect(missing.stderr.trim().split('\n')).toHaveLength(1)
  expect(missing.stderr).toContain('no such database')
})
