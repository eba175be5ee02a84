import { describe, expect, it } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import { createVersionWindows, type Portion } from './version-windows.ts'

let nowMs = 0
const gatherer = () => createVersionWindows({ intervalMs: 10_000, word: 'scrape', clock: () => nowMs })
const portion = (requests: number, more: Partial<Portion> = {}): Portion => ({
  requests,
  errors: 0,
  totalMs: requests * 10,
  latency: { boundsMs: [100], counts: [requests, 0] },
  ...more,
})
const seen = (samples: Sample[], version: string | null, signal = 'requests') =>
  samples.find((sample) => sample.version === version && sample.signal === signal)
const requests = (samples: Sample[]) =>
  samples.filter(({ signal }) => signal === 'requests').map(({ version, value }) => [version, value])

/** Both versions known from the first scrape on. */
function started() {
  const windows = gatherer()
  nowMs = 0
  windows.add('v1', 1000, null)
  windows.add('v2', 1000, null)
  windows.take(1, ['v1', 'v2'])
  return windows
}

describe('portions of a version', () => {
  it('have nothing to be compared with at first', () => {
    const windows = gatherer()
    windows.add('v1', 1000, null)
    expect(seen(windows.take(1, ['v1']), 'v1')).toMatchObject({
      value: null,
      observations: null,
      detail: 'first scrape: nothing to compare with',
    })
  })

  it('of the leading version are told at once, whichever version comes first', () => {
    const windows = started()
    const scrape = (version: string, second: number) => {
      nowMs = second * 1000
      windows.add(version, nowMs, portion(version === 'v2' ? 5 : 30))
      return requests(windows.take(nowMs, ['v1', 'v2'], 'v2'))
    }
    // v2 is scraped two seconds before v1, every ten seconds: to tell of it with v1's scrape would be eight seconds late.
    expect(scrape('v2', 8)).toEqual([])
    expect(scrape('v1', 10)).toEqual([])
    expect(scrape('v2', 18)).toContainEqual(['v2', 10])
    expect(scrape('v1', 20)).toEqual([])
    expect(scrape('v2', 28)).toEqual([
      ['v1', 30],
      ['v2', 5],
      [null, 35],
    ])
  })

  it('of the leading version are told, late, when it has no next one', () => {
    const windows = started()
    windows.add('v2', 8000, portion(5))
    windows.take(8000, ['v1', 'v2'], 'v2')
    nowMs = 10_000
    windows.add('v1', 10_000, portion(30))
    expect(windows.take(10_000, ['v1', 'v2'], 'v2')).toEqual([])
    nowMs = 20_000
    expect(requests(windows.take(20_000, ['v1', 'v2'], 'v2'))).toContainEqual(['v2', 5])
  })

  it('are told once, of both versions in one look, as soon as both are there', () => {
    const windows = started()
    windows.add('v1', 2000, portion(30))
    expect(windows.take(2, ['v1', 'v2'])).toEqual([])
    windows.add('v1', 3000, portion(40))
    windows.add('v2', 2500, portion(5, { errors: 5 }))
    const samples = windows.take(3, ['v1', 'v2'])
    expect(requests(samples)).toEqual([
      ['v1', 70],
      ['v2', 5],
      [null, 75],
    ])
    expect(seen(samples, 'v1', 'request-rate')?.value).toBe(35)
    expect(seen(samples, null)?.tally).toEqual({
      requests: 75,
      errors: 5,
      latency: { boundsMs: [100], counts: [75, 0] },
    })
    expect(windows.take(4, ['v1', 'v2'])).toEqual([])
  })

  it('do not wait for a version that has fallen silent; it is unknown, and so is the service', () => {
    const windows = started()
    nowMs = 29_000
    windows.add('v1', 30_000, portion(10))
    expect(windows.take(2, ['v1', 'v2'])).toEqual([])
    nowMs = 31_000
    const samples = windows.take(3, ['v1', 'v2'])
    expect(requests(samples)).toEqual([
      ['v2', null],
      ['v1', 10],
      [null, null],
    ])
    expect(seen(samples, 'v2')?.detail).toBe('no new scrape for 31 s')
  })

  it('are unknown for a version that nobody heard of, and the service is what the others are', () => {
    const windows = gatherer()
    nowMs = 0
    windows.add('v1', 1000, null)
    windows.take(1, ['v1', 'v2'])
    windows.add('v1', 2000, portion(3))
    const samples = windows.take(2, ['v1', 'v2'])
    expect(seen(samples, 'v2')).toMatchObject({ value: null, detail: 'nothing was counted of v2' })
    expect(seen(samples, null)?.value).toBe(3)
  })

  it('are idle, not unknown, when nothing was asked', () => {
    const windows = started()
    windows.add('v1', 2000, portion(0))
    windows.add('v2', 2000, portion(0, { latency: null }))
    const samples = windows.take(2, [])
    expect(seen(samples, 'v2', 'error-rate')).toMatchObject({ value: null, observations: 0, detail: 'no requests' })
    expect(seen(samples, null)?.value).toBe(0)
  })

  it('wait for counters that disagree for a moment, and say so when they go on disagreeing', () => {
    const windows = started()
    nowMs = 1000
    windows.add('v1', 2000, portion(10))
    windows.add('v2', 2000, portion(1, { errors: 2 }))
    expect(windows.take(2, [])).toEqual([])
    windows.add('v2', 3000, portion(4))
    expect(seen(windows.take(3, []), 'v2')?.tally).toMatchObject({ requests: 5, errors: 2 })
    for (const atMs of [5000, 25_000, 40_000]) {
      nowMs = atMs
      windows.add('v1', atMs, portion(1))
      windows.add('v2', atMs, portion(0, { errors: 1 }))
      const samples = windows.take(atMs, [])
      if (atMs < 40_000) expect(samples).toEqual([])
      else expect(seen(samples, 'v2')?.detail).toBe('3 errors in 0 requests: the two are not counted alike')
    }
  })

  it('have no histogram when their buckets differ, but for those without requests', () => {
    const windows = started()
    const other = { boundsMs: [50], counts: [0, 0] }
    windows.add('v1', 2000, portion(10))
    windows.add('v2', 2000, portion(0, { latency: other }))
    expect(seen(windows.take(2, []), null)?.tally?.latency).toEqual({ boundsMs: [100], counts: [10, 0] })
    windows.add('v1', 3000, portion(10))
    windows.add('v2', 3000, portion(2, { latency: { ...other, counts: [2, 0] } }))
    const samples = windows.take(3, [])
    expect(seen(samples, 'v2')?.tally?.latency).toEqual({ boundsMs: [50], counts: [2, 0] })
    expect(seen(samples, null)?.tally).toEqual({ requests: 12, errors: 0, latency: null })
  })

  it('say what was remarked of them', () => {
    const windows = started()
    windows.add('v1', 2000, portion(10, { latency: null, remark: 'no bucket' }))
    windows.add('v2', 2000, portion(1))
    expect(seen(windows.take(2, []), 'v1', 'response-time-p95')).toMatchObject({ value: null, detail: 'no bucket' })
  })
})
