import { expect, it } from 'vitest'
import { LATENCY_BOUNDS_MS, latencyBucketOf } from './latency-bounds.ts'

it('has 62 bounds that rise by at most a third', () => {
  expect(LATENCY_BOUNDS_MS).toHaveLength(62)
  for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) {
    const before = LATENCY_BOUNDS_MS[index - 1] ?? 0
    expect(bound).toBeGreaterThan(before)
    if (before > 0) expect(bound / before).toBeLessThanOrEqual(4 / 3)
  }
})

it('keeps the round numbers that documents name', () => {
  for (const bound of [1, 2, 5, 10, 50, 100, 200, 250, 300, 500, 1000, 1500, 2000, 5000, 10_000, 30_000, 60_000])
    expect(LATENCY_BOUNDS_MS).toContain(bound)
})

it('finds the bucket that a walk over all bounds would find', () => {
  const around = LATENCY_BOUNDS_MS.flatMap((bound) => [bound * 0.999, bound, bound * 1.001])
  for (const elapsedMs of [0, 0.1, ...around, 1e9]) {
    const walked = LATENCY_BOUNDS_MS.findIndex((bound) => elapsedMs <= bound)
    expect(latencyBucketOf(elapsedMs)).toBe(walked === -1 ? LATENCY_BOUNDS_MS.length : walked)
  }
})
