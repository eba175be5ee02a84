import { describe, expect, test } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { succeededRun } from '../fixtures/example-run.ts'
import { RELEASED_AT, verdictRule, verdictRun } from '../fixtures/verdict-run.ts'
import type { ReportInput } from '../model.ts'
import { buildReport } from '../model.ts'
import { renderText } from '../text.ts'

const verdictOf = (input: ReportInput) => buildReport(input).verdicts[0]
const metricOf = (input: ReportInput, metric: string) =>
  verdictOf(input)?.metrics.find((one) => one.metric === metric) ?? null

const worse = verdictRun({ errorShare: 0.05, options: { latency: null } })
const clean = verdictRun()
const quiet = verdictRun({ requestsPerSecond: 4 })

test('a release without a guard of this kind has no verdict in any form', () => {
  const report = buildReport(succeededRun())
  expect(report.verdicts).toEqual([])
  expect(report.summary.join(' ')).not.toMatch(/verdict/i)
  expect(renderText(report)).not.toMatch(/verdict/i)
})

test('a candidate shown worse: by the guard’s own sentence, at the look at which the evidence reached its threshold', () => {
  const report = buildReport(worse)
  const [verdict] = report.verdicts
  expect(verdict).toMatchObject({ rule: 'canary', judgement: 'worse', falseAlarmPercent: 1 })
  const [errors] = verdict?.metrics ?? []
  expect(errors).toMatchObject({ metric: 'errors', judgement: 'worse', threshold: 2, budgetPercent: 1 })
  expect(errors?.sentence).toMatch(/^canary errors \S+ % vs \S+ %, odds ×/)
  expect(errors?.evidence?.crossedAt).toBe(errors?.shownAt)
  expect(errors?.evidence?.peak.value).toBeCloseTo(2, 6)
  expect(errors?.interval?.last.low).toBeGreaterThan(1)
  expect(report.summary.join(' ')).toMatch(/Verdict on the candidate: errors shown worse \(canary errors/)
})

test('a candidate shown not to be worse is that by the ledger’s word, since it was said first', () => {
  const errors = metricOf(clean, 'errors')
  expect(errors).toMatchObject({ judgement: 'not-worse', evidence: { crossedAt: null } })
  expect(errors?.sentence).toContain('shown below ×2')
  expect(errors?.shownAt).toBeGreaterThan(RELEASED_AT)
})

test('what is not shown is undecided, for one metric and for the whole', () => {
  expect(metricOf(quiet, 'errors')).toMatchObject({ judgement: 'undecided', shownAt: null })
  expect(verdictOf(quiet)?.judgement).toBe('undecided')
  const half = clean.ledger.map((entry) => ({
    ...entry,
    body: {
      ...entry.body,
      ...(entry.body.standing
        ? {
            standing: [
              { metric: 'errors', judgement: 'not-worse', sentence: 'fine' },
              { metric: 'latency', judgement: 'undecided', sentence: 'too little' },
            ],
          }
        : {}),
    },
  }))
  expect(verdictOf({ ...clean, ledger: half })?.judgement).toBe('undecided')
  expect(buildReport(quiet).summary.join(' ')).toMatch(/errors undecided \(evidence \S+:1 at the end, /)
})

test('without a word in the ledger the recorded evidence says how far it got, and never that all is well', () => {
  const silent = clean.ledger.map((entry) =>
    entry.kind === 'stage' ? { ...entry, body: { ...entry.body, standing: [], reason: null } } : entry,
  )
  expect(metricOf({ ...clean, ledger: silent }, 'errors')).toMatchObject({ judgement: 'undecided' })
  expect(metricOf({ ...clean, ledger: silent }, 'errors')?.sentence).toMatch(
    /^evidence of at most \S+:1, where it takes/,
  )
})

test('evidence at its threshold is worse also where no guard entry tells of it', () => {
  const ledger = worse.ledger.filter(({ kind }) => kind !== 'guard')
  expect(metricOf({ ...worse, ledger }, 'errors')).toMatchObject({
    judgement: 'worse',
    sentence: 'the evidence reached 100:1',
  })
})

describe('where nothing could be judged', () => {
  test('no samples at all', () => {
    const verdict = verdictOf({ ...clean, samples: [], ledger: [] })
    expect(verdict?.judgement).toBe('not-judged')
    expect(verdict?.metrics.map(({ judgement, evidence }) => [judgement, evidence])).toEqual([
      ['not-judged', null],
      ['not-judged', null],
    ])
  })

  test('a source without response times: evidence stays at 1:1 and is not taken for a good sign', () => {
    const flat = clean.samples
      .filter(({ signal }) => !/^ratio-.*-latency$/.test(signal))
      .map((sample): Sample => (sample.signal === 'evidence-latency' ? { ...sample, value: 0 } : sample))
    const latency = metricOf({ ...clean, samples: flat, ledger: [] }, 'latency')
    expect(latency).toMatchObject({
      judgement: 'not-judged',
      sentence: 'no look with response times of both versions counted',
    })
  })
})

test('two guards over one metric: their evidence has one name, so none of it is shown as either’s', () => {
  const second = verdictRule({ falseAlarms: 5, latency: null }, { id: 'second', title: 'Second' })
  const plan = { ...clean.plan, guards: [...clean.plan.guards, second] }
  const [first, other] = buildReport({ ...clean, plan }).verdicts
  expect(first?.metrics.map(({ metric, evidence }) => [metric, evidence !== null])).toEqual([
    ['errors', false],
    ['latency', true],
  ])
  expect(other?.metrics[0]).toMatchObject({ metric: 'errors', evidence: null, interval: null, stages: [] })
  const unseen = buildReport({ ...clean, plan, samples: [], ledger: [] }).verdicts
  expect(unseen.map(({ judgement }) => judgement)).toEqual(['not-judged', 'not-judged'])
})

test('the evidence after each stage is that of the stage’s last look', () => {
  const errors = metricOf(clean, 'errors')
  expect(errors?.stages.map(({ stage, weight }) => [stage, weight])).toEqual([
    ['canary', 10],
    ['majority', 50],
    ['full', 100],
  ])
  expect(errors?.stages.at(-1)?.last).toBe(errors?.evidence?.last.value)
})

test('what was not looked at is a gap in evidence and interval', () => {
  const errors = metricOf(clean, 'errors')
  expect(errors?.evidence?.points.filter(({ value }) => value === null)).toHaveLength(1)
  expect(errors?.interval?.stretches).toHaveLength(2)
})

test('evidence, its intervals and counts of requests are no measurements of the service', () => {
  expect(buildReport(clean).metrics.rows.map(({ signal }) => signal)).toEqual(['error-rate', 'response-time-p95'])
})

test('the data is plain JSON', () => {
  const { verdicts } = buildReport(worse)
  expect(JSON.parse(JSON.stringify(verdicts))).toEqual(verdicts)
})
