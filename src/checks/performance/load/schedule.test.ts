import { expect, it } from 'vitest'
import { Arrivals, pick, sharesOf } from './schedule.ts'

const dues = (arrivals: Arrivals): number[] =>
  Array.from({ length: arrivals.count }, (_, index) => arrivals.dueMs(index))

it('a rate that stays is due at even steps', () => {
  const arrivals = new Arrivals({ fromRequestsPerSecond: 4, stages: [{ requestsPerSecond: 4, durationMs: 1000 }] })
  expect(dues(arrivals)).toEqual([0, 250, 500, 750])
})

it('rates that are no whole numbers lose no request to rounding', () => {
  const arrivals = new Arrivals({
    fromRequestsPerSecond: 0.1,
    stages: [{ requestsPerSecond: 0.1, durationMs: 30_000 }],
  })
  expect(dues(arrivals)).toEqual([0, 10_000, 20_000])
})

it('a ramp has the area below its line, up and down', () => {
  const arrivals = new Arrivals({
    fromRequestsPerSecond: 0,
    stages: [
      { requestsPerSecond: 100, durationMs: 2000 },
      { requestsPerSecond: 100, durationMs: 1000 },
      { requestsPerSecond: 0, durationMs: 2000 },
    ],
  })
  expect(arrivals.count).toBe(300)
  expect(arrivals.durationMs).toBe(5000)
  // Of the first ramp a quarter is due in its first half, of the last three quarters.
  expect(arrivals.dueMs(25)).toBeCloseTo(1000)
  expect(arrivals.dueMs(100)).toBeCloseTo(2000)
  expect(arrivals.dueMs(150)).toBeCloseTo(2500)
  expect(arrivals.dueMs(275)).toBeCloseTo(4000)
  const moments = dues(arrivals)
  expect(moments).toEqual(moments.toSorted((a, b) => a - b))
  expect(Math.max(...moments)).toBeLessThanOrEqual(5000)
})

it('a stage at rest sends nothing', () => {
  const rest = { requestsPerSecond: 0, durationMs: 1000 }
  const go = { requestsPerSecond: 10, durationMs: 1000 }
  const arrivals = new Arrivals({ fromRequestsPerSecond: 0, stages: [rest, { ...go, durationMs: 0 }, go] })
  expect(arrivals.count).toBe(10)
  expect(arrivals.dueMs(0)).toBe(1000)
})

it('each request of a mix is sent by its weight, in no long blocks', () => {
  const upTo = sharesOf([3, 1, 6])
  const picked = Array.from({ length: 10_000 }, (_, index) => pick(index, upTo))
  const shares = [0, 1, 2].map((which) => picked.filter((found) => found === which).length)
  expect(shares.map((count) => Math.round(count / 10) / 100)).toEqual([3, 1, 6])
  for (let at = 0; at < 10_000; at += 20) expect(new Set(picked.slice(at, at + 20)).size).toBe(3)
})
