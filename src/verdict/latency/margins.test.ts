// Margins on buckets, quantiles and their limits.
import { describe, expect, test } from 'vitest'
import { moveBy, movedCounts } from './margins.ts'
import { quantileLimitsMs, quantileMs } from './quantiles.ts'
import { bucketed, SAMPLE_BOUNDS_MS } from './sample-buckets.ts'

describe('a margin on buckets', () => {
  const boundsMs = [10, 20, 40, 80]
  const moved = (counts: number[], factor: number) => [...movedCounts(counts, moveBy(boundsMs, factor))]

  test('moves the part of a bucket that it carries over the bound', () => {
    const eighth = moved([0, 80, 0, 0, 0], 2 ** (1 / 8))
    expect(eighth[1]).toBeCloseTo(70, 9)
    expect(eighth[2]).toBeCloseTo(10, 9)
    expect(moved([8, 0, 0, 0, 0], 1.25)[1]).toBeCloseTo(1.6, 9)
  })

  test('moves whole buckets by whole buckets, over several too, and leaves what has no bound above', () => {
    expect(moved([0, 2, 3, 4, 5], 2)).toEqual([0, 0, 2, 3, 9])
    expect(moved([0, 2, 0, 0, 5], 4)).toEqual([0, 0, 0, 2, 5])
    expect(moved([8, 0, 0, 0, 0], 8)).toEqual([1, 1, 2, 4, 0])
  })

  test('loses no request', () => {
    for (const factor of [1, 1.05, 1.3, 3, 100])
      expect(moved([1, 2, 3, 4, 5], factor).reduce((sum, count) => sum + count)).toBeCloseTo(15, 9)
  })
})

test('single times fall into the buckets that hold them', () => {
  const counts = bucketed([0, 12.3, 1e9], 1)
  expect(counts.reduce((sum, count) => sum + count)).toBe(3)
  const bucket = counts.indexOf(1, 1)
  expect(SAMPLE_BOUNDS_MS[bucket - 1]).toBeLessThan(12.3)
  expect(SAMPLE_BOUNDS_MS[bucket]).toBeGreaterThanOrEqual(12.3)
  expect(counts[0]).toBe(1)
  expect(counts.at(-1)).toBe(1)
})

test('limits on the median miss it at any of a thousand looks in fewer runs than allowed', () => {
  let missed = 0
  let state = 7
  for (let run = 0; run < 200; run++) {
    const counts = Array.from({ length: 101 }, () => 0)
    const boundsMs = Array.from({ length: 100 }, (_, index) => index + 1)
    let out = false
    for (let look = 0; look < 1000; look++) {
      state = (state * 48_271) % 2_147_483_647
      counts[Math.min(100, Math.floor((100 * state) / 2_147_483_647))]!++
      if (look % 10 > 0) continue
      const { lowMs, highMs } = quantileLimitsMs(counts, boundsMs, 0.5, 0.05)
      out ||= lowMs > 50 || highMs < 50
    }
    if (out) missed++
    expect(Math.abs(quantileMs(counts, boundsMs, 0.5) - 50)).toBeLessThan(10)
  }
  expect(missed / 200).toBeLessThanOrEqual(0.05)
})
