import { expect, test } from 'vitest'
import { LedgerWriter } from './fixtures/example-run.ts'
import { readLedger } from './entries.ts'
import { Recording } from './recording.ts'
import { reportStages } from './stages.ts'

const PLANNED = [
  { name: 'canary', weight: 10, durationMs: 60_000, preview: false },
  { name: 'full', weight: 100, durationMs: 60_000, preview: false },
]

function stagesOf(ledger: LedgerWriter, ended = true) {
  const context = { recording: new Recording([]), candidate: 'v2', until: ledger.at, ended }
  return reportStages(PLANNED, readLedger(ledger.entries).stage, context)
}

const canary = (event: 'started' | 'ended', rest: object = {}) => ({ stage: 'canary', weight: 10, event, ...rest })

test('a stage begun again after a crash shows both attempts, and only the last can be running', () => {
  const ledger = new LedgerWriter().write('stage', canary('started')).after(5000).write('stage', canary('started'))
  expect(stagesOf(ledger, false).map(({ name, status }) => [name, status])).toEqual([
    ['canary', 'interrupted'],
    ['canary', 'running'],
    ['full', 'not-reached'],
  ])
})

test('a stage that ended without a verdict is unverified, one with a reason keeps it', () => {
  const ledger = new LedgerWriter().write('stage', canary('started')).after(1000)
  expect(stagesOf(ledger.write('stage', canary('ended', { reason: 'no samples' })))[0]).toMatchObject({
    status: 'unverified',
    reason: 'no samples',
    plannedMs: 60_000,
  })
})

test('figures nobody sampled are unknown rather than zero', () => {
  const ledger = new LedgerWriter()
    .write('stage', canary('started'))
    .after(1000)
    .write('stage', canary('ended', { verdict: 'passed' }))
  expect(stagesOf(ledger)[0]).toMatchObject({ requests: null, errorPercent: null, responseMs: null })
})
