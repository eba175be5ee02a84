// Margins on buckets, quantiles and their limits.
import { expect, test } from 'vitest'
import { movedCounts, multipliedBuckets } from './margins.ts'
import { quantileLimitsMs, quantileMs } from './quantiles.ts'
import { bucketed, SAMPLE_BOUNDS_MS } from './sample-buckets.ts'

test('a margin moves whole buckets to the side that shows less', () => {
  const boundsMs = [10, 20, 40, 80]
  expect(multipliedBuckets(boundsMs, 2, 'up')).toEqual([1, 2, 3, 4, 4])
  expect(multipliedBuckets(boundsMs, 2, 'down')).toEqual([0, 2, 3, 4, 4])
  expect(multipliedBuckets(boundsMs, 1.1, 'up')).toEqual([1, 2, 3, 4, 4])
  expect(multipliedBuckets(boundsMs, 1.1, 'down')).toEqual([0, 1, 2, 3, 4])
  expect([...movedCounts([1, 2, 3, 4, 5], [1, 2, 3, 4, 4])]).toEqual([0, 1, 2, 3, 9])
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
