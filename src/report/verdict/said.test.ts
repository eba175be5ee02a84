import { expect, test } from 'vitest'
import { readLedger } from '../entries.ts'
import { LedgerWriter, STARTED_AT } from '../fixtures/example-run.ts'
import { lastSaid, trippedOn } from './said.ts'

const stageEnd = (ledger: LedgerWriter, reason: string): LedgerWriter =>
  ledger.after(1000).write('stage', { stage: 'canary', weight: 10, event: 'ended', verdict: 'passed', reason })

test('the last stage that spoke of a metric counts', () => {
  const ledger = stageEnd(
    new LedgerWriter(),
    '10 % for 1 s: v2 fine; errors undecided: too little; latency undecided: x',
  )
  stageEnd(ledger, '50 %; errors shown not worse: 0.9 % vs 1 %, shown below ×2; latency undecided: y')
  stageEnd(ledger, '100 %: all of it')
  expect(lastSaid('errors', ledger.entries)).toEqual({
    judgement: 'not-worse',
    sentence: '0.9 % vs 1 %, shown below ×2',
    at: STARTED_AT + 2000,
  })
  expect(lastSaid('latency', ledger.entries)).toMatchObject({ judgement: 'undecided', sentence: 'y' })
  expect(lastSaid('objective', ledger.entries)).toBeNull()
})

test('what was shown is of the moment it was first said, unless it was taken back in between', () => {
  const ledger = new LedgerWriter().write('note', { text: 'errors shown not worse: a' })
  stageEnd(ledger, 'errors shown not worse: b')
  expect(lastSaid('errors', ledger.entries)).toEqual({ judgement: 'not-worse', sentence: 'b', at: STARTED_AT })
  stageEnd(stageEnd(ledger, 'errors undecided: c'), 'errors shown not worse: d')
  expect(lastSaid('errors', ledger.entries)).toMatchObject({ sentence: 'd', at: STARTED_AT + 3000 })
})

test('words of people in the same entry cannot turn undecided into shown', () => {
  const ledger = stageEnd(
    new LedgerWriter(),
    'errors undecided: too little; approved by ann: looks fine; errors shown not worse: I say so',
  )
  expect(lastSaid('errors', ledger.entries)?.judgement).toBe('undecided')
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
