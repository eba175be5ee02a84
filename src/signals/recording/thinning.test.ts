import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { createThinning, type Retention } from './thinning.ts'

const retention: Retention = {
  tiers: [
    { olderThanMs: 100_000, everyMs: 10_000 },
    { olderThanMs: 1_000_000, everyMs: 60_000 },
  ],
  keepMs: 10_000_000,
  bytesMax: 1 << 30,
}

function sample(at: number, value: number | null, more: Partial<Sample> = {}): Sample {
  return { signal: 'cpu', version: 'v2', at, value, unit: 'percent', observations: null, ...more }
}

function thin(samples: readonly Sample[], now: number): Sample[] {
  const thinning = createThinning(retention, now)
  return [...samples.flatMap((one) => thinning.add(one)), ...thinning.end()]
}

const seconds = (from: number, count: number, value: (index: number) => number | null): Sample[] =>
  Array.from({ length: count }, (_, index) => sample(from + index * 1000, value(index)))

describe('thinning', () => {
  it('leaves young samples as they are', () => {
    const samples = seconds(1_000_000, 50, (index) => index)
    expect(thin(samples, 1_050_000)).toEqual(samples)
  })

  it('makes one sample of the looks of an old interval, with its mean, ends and last value', () => {
    const samples = seconds(1_000_000, 12, (index) => index * index)
    expect(thin(samples, 1_200_000)).toEqual([
      sample(1_009_000, 28.5, { thinned: { sinceAt: 1_000_000, looks: 10, min: 0, max: 81, last: 81 } }),
      sample(1_011_000, 110.5, { thinned: { sinceAt: 1_010_000, looks: 2, min: 100, max: 121, last: 121 } }),
    ])
  })

  it('never hides a look that was unknown, nor one that was idle, and makes none up where there was none', () => {
    const unknown = { detail: 'gone' }
    const idle = { observations: 0, detail: 'no requests' }
    const samples = [
      sample(1_000_000, 5),
      sample(1_001_000, null, unknown),
      sample(1_002_000, null, unknown),
      sample(1_003_000, null, idle),
      sample(1_004_000, 7),
      sample(1_050_000, 9),
    ]
    const none = { min: null, max: null, last: null }
    expect(thin(samples, 1_500_000)).toEqual([
      sample(1_002_000, null, { ...unknown, thinned: { sinceAt: 1_001_000, looks: 2, ...none } }),
      sample(1_003_000, null, idle),
      sample(1_004_000, 6, { thinned: { sinceAt: 1_000_000, looks: 2, min: 5, max: 7, last: 7 } }),
      sample(1_050_000, 9),
    ])
  })

  it('keeps a rate that of its requests, and a moment of illness visible', () => {
    const rates = [sample(1_000_000, 50, { observations: 2 }), sample(1_001_000, 0, { observations: 98 })]
    expect(thin(rates, 1_500_000)[0]).toMatchObject({ value: 1, observations: 100, thinned: { min: 0, max: 50 } })
    const health = seconds(1_000_000, 10, (index) => (index === 4 ? 0 : 1))
    expect(thin(health, 1_500_000)[0]).toMatchObject({ value: 0.9, thinned: { min: 0, last: 1 } })
  })

  it('keeps versions, signals and histograms of other buckets apart', () => {
    const tally = (boundsMs: number[]) => ({
      signal: 'requests',
      tally: { requests: 2, errors: 1, latency: { boundsMs, counts: [1, 1] } },
    })
    const samples = [
      sample(1_000_000, 2, tally([10])),
      sample(1_000_100, 2, tally([20])),
      sample(1_000_200, 2, { ...tally([10]), version: null }),
      sample(1_000_300, 2, tally([10])),
    ]
    const thinned = thin(samples, 1_500_000)
    expect(thinned).toHaveLength(3)
    expect(thinned.find(({ at }) => at === 1_000_300)).toMatchObject({
      value: 4,
      tally: { requests: 4, errors: 2, latency: { boundsMs: [10], counts: [2, 2] } },
    })
  })

  it('leaves out what is too old to be kept', () => {
    expect(thin([sample(1000, 1), sample(10_500_000, 2)], 10_500_001).map(({ at }) => at)).toEqual([10_500_000])
  })

  it('loses no request however often it is done, in one step or in several', () => {
    const looks = fc.array(
      fc.record({
        gap: fc.integer({ min: 0, max: 30_000 }),
        requests: fc.integer({ min: 0, max: 1e9 }),
        slow: fc.integer({ min: 0, max: 1e6 }),
        version: fc.constantFrom('v1', 'v2', null),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(looks, fc.array(fc.integer({ min: 0, max: 3_000_000 }), { maxLength: 4 }), (given, ages) => {
        let at = 1_000_000
        const samples = given.map(({ gap, requests, slow, version }): Sample => {
          at += gap
          const latency = { boundsMs: [10], counts: [requests, slow] }
          const tally = { requests: requests + slow, errors: slow, latency }
          return {
            ...sample(at, tally.requests),
            signal: 'requests',
            unit: 'count',
            observations: tally.requests,
            version,
            tally,
          }
        })
        let thinned = samples
        for (const age of ages.toSorted((a, b) => a - b)) thinned = thin(thinned, at + age)
        for (const version of ['v1', 'v2', null]) {
          const sums = (all: readonly Sample[]) =>
            all
              .filter((one) => one.version === version)
              .reduce(
                ([value, errors, fast, looked], one) => [
                  value! + (one.value ?? 0),
                  errors! + (one.tally?.errors ?? 0),
                  fast! + (one.tally?.latency?.counts[0] ?? 0),
                  looked! + (one.thinned?.looks ?? 1),
                ],
                [0, 0, 0, 0],
              )
          expect(sums(thinned)).toEqual(sums(samples))
        }
        expect(thinned.map((one) => one.at)).toEqual(thinned.map((one) => one.at).toSorted((a, b) => a - b))
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  it('comes to the same in several steps as in one', () => {
    const samples = seconds(1_000_000, 400, (index) => (index % 7 === 3 ? null : index % 11))
    const end = 1_400_000
    const once = thin(samples, end + 2_000_000)
    const often = [0, 150_000, 900_000, 2_000_000].reduce((all, age) => thin(all, end + age), samples)
    const rounded = (all: readonly Sample[]) =>
      all.map((one) => ({ ...one, value: one.value && Math.round(one.value * 1e9) }))
    expect(rounded(often)).toEqual(rounded(once))
  })
})
