import { expect, test } from 'vitest'
import { LATENCY_BOUNDS_MS } from '../../lib/latency-bounds.ts'
import { histogramQuantileMs } from '../../plan/signal.ts'
import { Tallies, Tally } from './counting.ts'

test('a request falls into the first bucket that is not below it, and into the last when it is above all', () => {
  const tally = new Tally()
  for (const elapsedMs of [0.2, 0.5, 0.51, 60_000, 60_001]) tally.count(elapsedMs, false)
  expect(tally.counts[0]).toBe(2)
  expect(tally.counts[1]).toBe(1)
  expect(tally.counts[LATENCY_BOUNDS_MS.length - 1]).toBe(1)
  expect(tally.counts[LATENCY_BOUNDS_MS.length]).toBe(1)
})

test('a third more response time falls into another bucket, wherever it lies', () => {
  for (let elapsedMs = 0.45; elapsedMs < 40_000; elapsedMs *= 1.07) {
    const tally = new Tally()
    tally.count(elapsedMs, false)
    tally.count(elapsedMs * 1.34, false)
    expect(Math.max(...tally.counts)).toBe(1)
  }
})

test('a snapshot carries requests, errors, time and a histogram that quantiles can be read from', () => {
  const tallies = new Tallies()
  for (let i = 0; i < 99; i++) tallies.of('v1').count(4.2, false)
  tallies.of('v1').count(900, true)
  const [v1] = tallies.snapshot()
  expect(v1).toMatchObject({ version: 'v1', requests: 100, errors: 1, retries: 0, inFlight: 0 })
  expect(v1!.totalMs).toBeCloseTo(1315.8)
  expect(histogramQuantileMs(v1!.latency, 0.5)).toBe(5)
  expect(histogramQuantileMs(v1!.latency, 1)).toBe(1000)
})

test('figures of versions that left are kept, but not without end', () => {
  const tallies = new Tallies()
  for (let release = 0; release < 100; release++) tallies.keep(['stable', `v${release}`])
  const versions = tallies.snapshot().map((counters) => counters.version)
  expect(versions).toHaveLength(32)
  expect(versions).toContain('stable')
  expect(versions).toContain('v99')
  expect(versions).not.toContain('v0')
})

test('the figures of all versions there can be are a small answer', () => {
  const tallies = new Tallies()
  for (let version = 0; version < 32; version++)
    for (let elapsedMs = 0.4; elapsedMs < 100_000; elapsedMs *= 1.3) tallies.of(`v${version}`).count(elapsedMs, false)
  expect(JSON.stringify(tallies.snapshot()).length).toBeLessThan(32_000)
})
