import { describe, expect, it } from 'vitest'
import type { VersionCounters } from '../plan/signal.ts'
import { addWindows, errorRatePercent, quantileMs, responseTimeMs, windowBetween } from './counter-window.ts'

function counters(requests: number, errors: number, totalMs: number, counts: number[]): VersionCounters {
  const latency = { boundsMs: [10, 100, 1000], counts }
  return { version: 'v2', requests, errors, retries: 0, inFlight: 0, totalMs, latency }
}

describe('the window between two looks', () => {
  it('holds only what happened in between', () => {
    const window = windowBetween(counters(100, 1, 500, [100, 0, 0, 0]), counters(140, 11, 2500, [100, 38, 2, 0]))
    expect(window && [errorRatePercent(window), responseTimeMs(window)]).toEqual([25, 50])
    expect(window && [quantileMs(window, 0.5), quantileMs(window, 0.99)]).toEqual([100, 1000])
  })

  it('starts from zero for a version that was not there', () => {
    expect(windowBetween(null, counters(4, 1, 8, [4, 0, 0, 0]))?.requests).toBe(4)
  })

  it('means nothing when any counter went down', () => {
    expect(windowBetween(counters(10, 0, 50, [10, 0, 0, 0]), counters(3, 0, 10, [3, 0, 0, 0]))).toBeNull()
    expect(windowBetween(counters(10, 5, 50, [10, 0, 0, 0]), counters(11, 0, 51, [11, 0, 0, 0]))).toBeNull()
    expect(windowBetween(counters(10, 0, 50, [10, 0, 0, 0]), counters(20, 0, Number.NaN, [20, 0, 0, 0]))).toBeNull()
  })

  it('means nothing when the buckets are others than before', () => {
    const before = counters(10, 0, 50, [10, 0, 0, 0])
    const after = {
      ...counters(20, 0, 90, [20, 0, 0, 0]),
      latency: { boundsMs: [20, 200, 2000], counts: [20, 0, 0, 0] },
    }
    expect(windowBetween(before, after)).toBeNull()
  })

  it('says no rate and no time when there were no requests', () => {
    const same = counters(10, 5, 50, [10, 0, 0, 0])
    const window = windowBetween(same, same)
    expect(window && [errorRatePercent(window), responseTimeMs(window), quantileMs(window, 0.95)]).toEqual([
      null,
      null,
      null,
    ])
  })

  it('says "more than the last bound" for what lies above every bucket, as a number that JSON can hold', () => {
    const window = windowBetween(null, counters(2, 0, 100_000, [0, 0, 0, 2]))
    expect(window && quantileMs(window, 0.95)).toBe(1001)
  })
})

describe('the service as a whole', () => {
  it('is the sum of its versions', () => {
    const a = windowBetween(null, counters(30, 0, 300, [30, 0, 0, 0]))
    const b = windowBetween(null, counters(10, 10, 9700, [0, 0, 10, 0]))
    const sum = a && b && addWindows([a, b])
    expect(sum && [errorRatePercent(sum), responseTimeMs(sum), quantileMs(sum, 0.75), quantileMs(sum, 0.76)]).toEqual([
      25, 250, 10, 1000,
    ])
    expect(a?.requests).toBe(30)
  })

  it('cannot be added up from nothing, nor from different histograms', () => {
    const a = windowBetween(null, counters(1, 0, 1, [1, 0, 0, 0]))
    if (!a) throw new Error('no window')
    expect(addWindows([])).toBeNull()
    expect(addWindows([a, { ...a, latency: { boundsMs: [1, 2, 3], counts: [1, 0, 0, 0] } }])).toBeNull()
  })
})
