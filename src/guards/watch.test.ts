import { describe, expect, it } from 'vitest'
import type { WatchSpec } from '../plan/binding.ts'
import type { Sample } from '../plan/signal.ts'
import { judgeWatch } from './watch.ts'

const context = { candidate: 'v2', stable: 'v1' }

function spec(change: Partial<WatchSpec> = {}): WatchSpec {
  return {
    signal: 'response-time',
    scope: 'candidate',
    aggregate: 'avg',
    operator: '<',
    value: 1000,
    valueMax: null,
    relativeTo: null,
    forMs: 0,
    ...change,
  }
}

function samplesOf(values: (number | null)[], change: Partial<Sample> = {}): Sample[] {
  return values.map((value, at) => ({
    signal: 'response-time',
    version: 'v2',
    at,
    value,
    unit: 'ms',
    observations: value === null ? null : 10,
    ...change,
  }))
}

const errors = (version: string, value: number): Sample[] =>
  samplesOf([value], { signal: 'error-rate', unit: 'percent', version })

describe('a watch', () => {
  it('passes or fails by its aggregate, with the figures', () => {
    const samples = samplesOf([100, 200, 300])
    expect(judgeWatch(spec(), samples, context)).toEqual({
      status: 'passed',
      summary: 'avg v2 response time 200 ms, as wanted < 1 s (3 samples)',
      measurements: [{ name: 'avg v2 response time', value: 200, unit: 'ms' }],
      evidence: [],
    })
    expect(judgeWatch(spec({ value: 150 }), samples, context)).toMatchObject({
      status: 'failed',
      summary: 'avg v2 response time 200 ms, wanted < 150 ms (3 samples)',
    })
  })

  it('weighs a mean by the requests it rests on', () => {
    const samples = [...samplesOf([100], { observations: 990 }), ...samplesOf([1100], { observations: 10, at: 1 })]
    expect(judgeWatch(spec(), samples, context).measurements[0]?.value).toBe(110)
  })

  it.each([
    ['max', 40],
    ['min', 10],
    ['last', 25],
    ['p50', 20],
    ['p95', 40],
  ])('knows the aggregate %s', (aggregate, value) => {
    expect(judgeWatch(spec({ aggregate }), samplesOf([40, 10, 20, 15, 25]), context).measurements[0]?.value).toBe(value)
  })

  it('is unverified without data, with an aggregate that there is not, and when more is unknown than known', () => {
    expect(judgeWatch(spec(), [], context)).toMatchObject({
      status: 'unverified',
      summary: expect.stringMatching(/no samples/),
    })
    const idle = samplesOf([null], { observations: 0, detail: 'no requests' })
    expect(judgeWatch(spec(), idle, context)).toMatchObject({
      status: 'unverified',
      summary: expect.stringMatching(/no requests/),
    })
    expect(judgeWatch(spec({ aggregate: 'median' }), samplesOf([1]), context)).toMatchObject({ status: 'unverified' })
    const mostly = samplesOf([1, null, null], { detail: 'refused' })
    expect(judgeWatch(spec(), mostly, context)).toMatchObject({
      status: 'unverified',
      summary: expect.stringMatching(/unknown at 2 of 3 looks \(refused\)/),
    })
    expect(judgeWatch(spec(), samplesOf([Number.NaN]), context)).toMatchObject({ status: 'unverified' })
    expect(judgeWatch(spec(), samplesOf([1, null]), context)).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(/1 unknown/),
    })
  })

  it('does not count looks without traffic as unknown', () => {
    const samples = [...samplesOf([1]), ...samplesOf([null, null, null], { observations: 0 })]
    expect(judgeWatch(spec(), samples, context)).toMatchObject({ status: 'passed' })
  })

  it('compares with the old version over the same stretch, else with the time before the release', () => {
    const relative = spec({ value: 10, relativeTo: 'baseline' })
    const candidate = samplesOf([120])
    expect(judgeWatch(relative, candidate, context)).toMatchObject({
      status: 'unverified',
      summary: expect.stringMatching(/nothing to compare with/),
    })
    expect(judgeWatch(relative, candidate, { ...context, baseline: { 'response-time': 115 } }).status).toBe('passed')
    const outcome = judgeWatch(relative, [...candidate, ...samplesOf([100], { version: 'v1' })], context)
    expect(outcome.status).toBe('failed')
    expect(outcome.summary).toBe('avg v2 response time 120 ms against 100 ms: 20 %, wanted < 10 % (1 sample)')
    expect(outcome.measurements.map(({ value }) => value)).toEqual([120, 100])
  })

  it('does not know what percent of nothing is', () => {
    const samples = [...samplesOf([120]), ...samplesOf([0], { version: 'v1' })]
    expect(judgeWatch(spec({ value: 10, relativeTo: 'baseline' }), samples, context).status).toBe('unverified')
  })

  it('compares percentages by points', () => {
    const increase = spec({ signal: 'error-rate', value: 5, relativeTo: 'baseline-points' })
    const outcome = judgeWatch(increase, [...errors('v2', 4), ...errors('v1', 1)], context)
    expect(outcome.status).toBe('passed')
    expect(outcome.summary).toBe('avg v2 error rate 4 % against 1 %: 3 points, as wanted < 5 points (1 sample)')
  })

  it('takes the worse version in scope `any`, and only samples of the service in scope `service`', () => {
    const samples = [...samplesOf([100]), ...samplesOf([5000], { version: 'v1' })]
    expect(judgeWatch(spec({ scope: 'any' }), samples, context)).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/v2.*; .*v1/),
    })
    expect(judgeWatch(spec({ scope: 'any' }), samplesOf([100]), context).status).toBe('unverified')
    expect(judgeWatch(spec({ scope: 'service' }), samples, context).status).toBe('unverified')
    expect(judgeWatch(spec({ scope: 'stable' }), samples, context).status).toBe('failed')
  })
})
