import { expect, test } from 'vitest'
import type { Statement } from '../../plan/run-record.ts'
import { readLedger } from '../entries.ts'
import { LedgerWriter, STARTED_AT } from '../fixtures/example-run.ts'
import { lastSaid, trippedOn } from './said.ts'

const said = (metric: string, judgement: Statement['judgement'], sentence: string): Statement => ({
  metric,
  judgement,
  sentence,
})
const stageEnd = (ledger: LedgerWriter, standing: Statement[], reason = 'as ever'): LedgerWriter =>
  ledger
    .after(1000)
    .write('stage', { stage: 'canary', weight: 10, event: 'ended', verdict: 'passed', reason, standing })

test('the last stage that spoke of a metric counts', () => {
  const ledger = stageEnd(new LedgerWriter(), [
    said('errors', 'undecided', 'too little'),
    said('latency', 'undecided', 'x'),
  ])
  stageEnd(ledger, [said('errors', 'not-worse', '0.9 % vs 1 %, shown below ×2'), said('latency', 'undecided', 'y')])
  stageEnd(ledger, [])
  expect(lastSaid('errors', ledger.entries)).toEqual({
    judgement: 'not-worse',
    sentence: '0.9 % vs 1 %, shown below ×2',
    at: STARTED_AT + 2000,
  })
  expect(lastSaid('latency', ledger.entries)).toMatchObject({ judgement: 'undecided', sentence: 'y' })
  expect(lastSaid('objective', ledger.entries)).toBeNull()
})

test('what was shown is of the moment it was first said, unless it was taken back in between', () => {
  const ledger = new LedgerWriter().write('note', { text: 'a', standing: [said('errors', 'not-worse', 'a')] })
  stageEnd(ledger, [said('errors', 'not-worse', 'b')])
  expect(lastSaid('errors', ledger.entries)).toEqual({ judgement: 'not-worse', sentence: 'b', at: STARTED_AT })
  stageEnd(stageEnd(ledger, [said('errors', 'undecided', 'c')]), [said('errors', 'not-worse', 'd')])
  expect(lastSaid('errors', ledger.entries)).toMatchObject({ sentence: 'd', at: STARTED_AT + 3000 })
})

test('of several guards the least good counts, and words of people are nobody’s verdict', () => {
  const both = [said('errors', 'not-worse', 'fine'), said('errors', 'undecided', 'too little')]
  const ledger = stageEnd(new LedgerWriter(), both, 'approved by ann: errors shown not worse: I say so')
  expect(lastSaid('errors', ledger.entries)?.judgement).toBe('undecided')
  expect(lastSaid('latency', stageEnd(ledger, [], 'latency shown not worse: I say so').entries)).toBeNull()
})

test('a guard that tripped names the metric; one that wanted samples shows nothing', () => {
  const sample = { signal: 'requests', version: 'v2', at: 5, value: 3, unit: 'count', observations: 3 }
  const ledger = new LedgerWriter()
    .write('guard', { rule: 'canary', severity: 'pause', sentence: 'requests of v2 unknown, 10 samples', sample })
    .write('guard', { rule: 'other', severity: 'rollback', sentence: 'latency: p95 9 s vs 1 s', sample })
    .write('guard', { rule: 'canary', severity: 'rollback', sentence: 'errors: 5 % vs 1 %', sample })
  const reading = readLedger(ledger.entries)
  expect(trippedOn('canary', 'errors', reading)).toEqual({ judgement: 'worse', sentence: '5 % vs 1 %', at: 5 })
  expect(trippedOn('canary', 'latency', reading)).toBeNull()
  expect(trippedOn('other', 'latency', reading)?.sentence).toBe('p95 9 s vs 1 s')
})
