// Figures of several processes as those of one.
import { expect, test } from 'vitest'
import { LATENCY_BOUNDS_MS } from '../../lib/latency-bounds.ts'
import { Tallies } from './counting.ts'
import { sumCounters } from './figures.ts'

function snapshot(version: string, ...elapsedMs: number[]) {
  const tallies = new Tallies()
  for (const took of elapsedMs) tallies.of(version).count(took, took > 1000)
  tallies.of(version).inFlight = 1
  return tallies.snapshot()
}

test('sums by version: every figure, and every bucket', () => {
  const [sum, other, ...more] = sumCounters([snapshot('v1', 5, 2000), snapshot('v2', 1), snapshot('v1', 5, 90_000)])
  expect(more).toEqual([])
  expect(sum).toMatchObject({ version: 'v1', requests: 4, errors: 2, inFlight: 2, totalMs: 92_010 })
  const [direct] = snapshot('v1', 5, 5, 2000, 90_000)
  expect(sum?.latency).toEqual(direct?.latency)
  expect(other).toMatchObject({ version: 'v2', requests: 1 })
  expect(sumCounters([])).toEqual([])
})

test('buckets of another build fall into the own ones that are not below them', () => {
  const [own] = snapshot('v1', 3)
  const foreign = { ...own!, latency: { boundsMs: [2.9, 1e9], counts: [1, 1, 1] } }
  const [sum] = sumCounters([[own!], [foreign]])
  expect(sum?.latency.counts[LATENCY_BOUNDS_MS.indexOf(3)]).toBe(2)
  expect(sum?.latency.counts.at(-1)).toBe(2)
})
