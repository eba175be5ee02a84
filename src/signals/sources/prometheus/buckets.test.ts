import { expect, it } from 'vitest'
import { boundMsOf, latencyOf } from './buckets.ts'

it('reads bounds in milliseconds, as round as they were written', () => {
  expect(['0.005', '0.035', '0.0075', '2.5', '1e+01', '+Inf'].map((le) => boundMsOf(le, 1000))).toEqual([
    5,
    35,
    7.5,
    2500,
    10_000,
    Infinity,
  ])
  expect(['', 'NaN', '-1', undefined].map((le) => boundMsOf(le, 1000))).toEqual([null, null, null, null])
})

it('takes cumulative buckets apart, in whatever order they come', () => {
  const buckets = [
    { boundMs: Infinity, count: 10 },
    { boundMs: 5, count: 2 },
    { boundMs: 10, count: 7 },
  ]
  expect(latencyOf([buckets])).toEqual({ latency: { boundsMs: [5, 10], counts: [2, 5, 3] } })
  expect(latencyOf([buckets, buckets]).latency?.counts).toEqual([4, 10, 6])
  expect(latencyOf([])).toEqual({ latency: null })
})

it('refuses what is no histogram', () => {
  const all = { boundMs: Infinity, count: 1 }
  expect(latencyOf([[all]]).remark).toContain('no bucket but')
  expect(latencyOf([[{ boundMs: 5, count: 2 }, all]]).remark).toContain('fewer than the smaller ones')
})
