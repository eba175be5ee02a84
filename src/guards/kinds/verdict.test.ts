// The guard on statistics: contract, both directions, what it learns, and how it goes on after a restart.
import { describe, expect, it } from 'vitest'
import { guardContract, guardOf, judgeAll } from '../../../test/contracts/guard-contract.ts'
import type { Sample } from '../../plan/signal.ts'
import { verdict, verdictsOf, type VerdictOptions, type VerdictState } from './verdict.ts'

const BOUNDS_MS = [5, 10, 20, 50, 100, 200, 500]

function requests(version: string, at: number, count: number, errors: number, counts?: number[]): Sample {
  const spread = counts ?? [0, Math.floor(count / 2), count - Math.floor(count / 2), 0, 0, 0, 0, 0]
  const tally = { requests: count, errors, latency: { boundsMs: BOUNDS_MS, counts: spread } }
  return { signal: 'requests', version, at, value: count, unit: 'count', observations: count, tally }
}

const alike = (at: number): Sample[] => [requests('v2', at, 20, 0), requests('v1', at, 80, at % 5000 === 0 ? 1 : 0)]

guardContract(verdict, {
  good: alike,
  others: [{ latency: null }, { errors: null }, { errors: null, latency: null, objective: { errorsMax: 1 } }],
})

const rule = guardOf(verdict, { latency: { warmUp: 0 } })
const given = rule.options as VerdictOptions

function verdictsAfter(looks: Sample[][], options: unknown = { latency: { warmUp: 0 } }) {
  const of = guardOf(verdict, options)
  const { state, events } = judgeAll(verdict, of, looks)
  return { events, verdicts: verdictsOf(of.options as VerdictOptions, state.progress.it?.v2?.own as VerdictState) }
}

const seconds = (count: number, look: (at: number) => Sample[]): Sample[][] =>
  Array.from({ length: count }, (_, index) => look(index * 1000))

describe('errors', () => {
  it('of 5 % against 1 % are told with figures, odds and budget, long before a threshold of 10 % would', () => {
    const looks = seconds(120, (at) => [
      requests('v2', at, 20, at % 1000 === 0 ? 1 : 0),
      requests('v1', at, 100, at % 1000 === 0 ? 1 : 0),
    ])
    const { events } = verdictsAfter(looks)
    expect(events.map(({ type }) => type)).toEqual(['tripped'])
    expect(events[0]?.sentence).toMatch(
      /^errors: canary errors 5 % vs 1 %, odds ×\d\S* \(\S+-\S+\), false-alarm budget 0\.5 %/,
    )
    expect(events[0]?.at).toBeLessThan(60_000)
  })

  it('that both versions have in common are nobody’s fault', () => {
    const looks = seconds(300, (at) => [
      requests('v2', at, 20, at > 100_000 ? 10 : 0),
      requests('v1', at, 80, at > 100_000 ? 40 : 0),
    ])
    expect(verdictsAfter(looks).events).toEqual([])
  })

  it('are shown not to be worse after enough of them', () => {
    const looks = seconds(400, (at) => [
      requests('v2', at, 50, at % 2000 === 0 ? 1 : 0),
      requests('v1', at, 50, at % 2000 === 1000 ? 1 : 0),
    ])
    const { verdicts } = verdictsAfter(looks, { latency: null })
    expect(verdicts.map(({ metric, judgement }) => [metric, judgement])).toEqual([['errors', 'not-worse']])
    expect(verdicts[0]?.sentence).toContain('shown below ×2')
    expect(verdicts[0]?.interval?.high).toBeLessThan(2.5)
  })

  it('above a fixed limit are told even where the old version has as many', () => {
    const looks = seconds(60, (at) => [requests('v2', at, 50, 2), requests('v1', at, 50, 2)])
    const { events } = verdictsAfter(looks, { objective: { errorsMax: 1 } })
    expect(events[0]?.sentence).toMatch(/^objective: canary errors against at most 1 %/)
  })
})

describe('response times', () => {
  const slower = [0, 5, 10, 4, 1, 0, 0, 0]
  const usual = [0, 40, 35, 4, 1, 0, 0, 0]

  it('that are slower are told, once the new version is warm', () => {
    const looks = seconds(200, (at) => [requests('v2', at, 20, 0, slower), requests('v1', at, 80, 0, usual)])
    const cold = verdictsAfter(looks, { latency: { warmUp: '60 s' } }).events[0]
    const warm = verdictsAfter(looks).events[0]
    expect(warm?.sentence).toMatch(/^latency: canary p95/)
    expect(warm?.at).toBeLessThan(60_000)
    expect(cold?.at).toBeGreaterThanOrEqual(60_000)
  })

  it('are unknown, not good, where the source has no histogram and nothing else is judged', () => {
    const bare = seconds(20, (at) =>
      alike(at).map((sample) => ({
        ...sample,
        ...(sample.tally ? { tally: { ...sample.tally, latency: null } } : {}),
      })),
    )
    const blind = { ...guardOf(verdict, { errors: null }), unknownMax: 5 }
    expect(judgeAll(verdict, blind, bare).events.map(({ type }) => type)).toEqual(['unknown'])
    const { events, verdicts } = verdictsAfter(bare)
    expect(events).toEqual([])
    expect(verdicts[1]).toMatchObject({
      judgement: 'undecided',
      sentence: 'the source gives no histogram of response times',
    })
  })
})

it('goes on after its state went through JSON as if nothing had happened', () => {
  const looks = seconds(150, (at) => [
    requests('v2', at, 10, at % 7000 === 0 ? 1 : 0),
    requests('v1', at, 90, at % 3000 === 0 ? 1 : 0),
  ])
  const [stored, kept] = [true, false].map(
    (isStored) => judgeAll(verdict, rule, looks, isStored).state.progress.it?.v2?.own,
  )
  expect(verdictsOf(given, stored as VerdictState)).toEqual(verdictsOf(given, kept as VerdictState))
})

it('refuses to judge nothing', () => {
  expect(verdict.options.safeParse({ errors: null, latency: null }).success).toBe(false)
})
