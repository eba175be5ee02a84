import { describe, expect, it } from 'vitest'
import type { UndoReport } from '../undo/undo-fixes.ts'
import { fixOutcome, undoOutcome } from './outcome.ts'
import type { FixReport } from './report.ts'

const report = (change: Partial<FixReport>): FixReport => ({
  database: '/a.db',
  run: 3,
  outcome: 'fixed',
  mode: 'transaction',
  isDryRun: false,
  startedAt: 0,
  durationMs: 1200,
  schemaHash: '',
  rules: [{ rule: 'orphans', fix: 'delete', max: 0, severity: 'error', found: 12, left: 0 }],
  changes: [
    { rule: 'orphans', fix: 'delete', table: 'items', type: 'delete', rows: 12, samples: [] },
    { rule: 'orphans', fix: 'delete', table: 'notes', type: 'delete', rows: 1, samples: [] },
  ],
  chunks: { count: 1, longestMs: 900 },
  notes: [],
  ...change,
})

const undone = (count: number): UndoReport => ({
  database: '/a.db',
  run: 3,
  outcome: count === 0 ? 'undone' : 'undone-with-conflicts',
  restored: 13 - count,
  durationMs: 400,
  changes: [],
  conflicts: { count, rows: [] },
  chunks: { count: 1, longestMs: 400 },
  notes: [],
})

describe('the outcome of a fix', () => {
  it('says what was changed, how to find it again, and shows all of it', () => {
    const outcome = fixOutcome(report({}))
    expect(outcome).toMatchObject({
      status: 'passed',
      summary: 'repaired: 12 rows deleted from items, 1 row deleted from notes, in 1.2 s; run 3',
    })
    expect(outcome.measurements).toContainEqual({ name: 'rows changed', value: 13, unit: 'count' })
  })

  it('passes where there was nothing to do', () => {
    expect(fixOutcome(report({ outcome: 'nothing-to-fix', run: null, changes: [] }))).toMatchObject({
      status: 'passed',
      summary: 'nothing to repair, in 1.2 s',
    })
  })

  it.each(['rolled-back', 'incomplete'] as const)('fails where a rule is still over its limit (%s)', (outcome) => {
    const rules = [{ rule: 'orphans', fix: 'delete', max: 2, severity: 'error' as const, found: 12, left: 5 }]
    expect(fixOutcome(report({ outcome, rules }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('still over its limit: orphans (5, at most 2)'),
    })
  })
})

describe('the outcome of an undo', () => {
  it('passes when all is as it was', () => {
    expect(undoOutcome(undone(0))).toMatchObject({
      status: 'passed',
      summary: 'fix 3 undone in 400 ms: 13 changes taken back',
    })
  })

  it('fails where rows were edited since', () => {
    expect(undoOutcome(undone(2))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2 rows edited since, left as they are'),
    })
  })
})
