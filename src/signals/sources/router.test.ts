import { describe, expect, it } from 'vitest'
import type { Sample, VersionCounters } from '../../plan/signal.ts'
import { pause } from '../../lib/deadline.ts'
import type { SourceContext } from '../source.ts'
import { router } from './router.ts'

const boundsMs = [10, 100, 1000]

function counters(version: string, change: Partial<VersionCounters> = {}): VersionCounters {
  return {
    version,
    requests: 0,
    errors: 0,
    retries: 0,
    inFlight: 0,
    totalMs: 0,
    latency: { boundsMs, counts: [0, 0, 0, 0] },
    ...change,
  }
}

/** A source over looks that are given one after the other; an Error is a router that does not answer. */
function sourceOver(looks: (VersionCounters[] | Error)[]): (now?: number) => Promise<Sample[]> {
  const context: SourceContext = {
    directory: '.',
    instances: () => Promise.resolve({}),
    versions: () => ({ candidate: null, stable: null }),
    counters: () => {
      const look = looks.shift() ?? new Error('no more looks')
      return look instanceof Error ? Promise.reject(look) : Promise.resolve(look)
    },
  }
  const source = router.create({}, context)
  return async (now = 1000) => {
    await pause(2)
    return source.sample(now, AbortSignal.timeout(1000))
  }
}

const find = (samples: Sample[], signal: string, version: string | null): Sample | undefined =>
  samples.find((sample) => sample.signal === signal && sample.version === version)

describe('router source', () => {
  it('says at the first look that it has nothing to compare with', async () => {
    const look = sourceOver([[counters('v1', { requests: 100, errors: 50 })]])
    const samples = await look()
    expect(new Set(samples.map(({ signal }) => signal))).toEqual(new Set(router.signals({})))
    expect(samples.every(({ value, observations }) => value === null && observations === null)).toBe(true)
  })

  it('gives rates and times per version and for the service from the second look on', async () => {
    const v1 = counters('v1', { requests: 1000, totalMs: 5000, latency: { boundsMs, counts: [1000, 0, 0, 0] } })
    const look = sourceOver([
      [v1, counters('v2')],
      [
        { ...v1, requests: 1090, totalMs: 5900, latency: { boundsMs, counts: [1090, 0, 0, 0] } },
        counters('v2', { requests: 10, errors: 5, totalMs: 900, latency: { boundsMs, counts: [0, 9, 1, 0] } }),
      ],
    ])
    await look()
    const samples = await look(2000)
    expect(find(samples, 'error-rate', 'v2')).toEqual({
      signal: 'error-rate',
      version: 'v2',
      at: 2000,
      value: 50,
      unit: 'percent',
      observations: 10,
    })
    expect(find(samples, 'error-rate', 'v1')?.value).toBe(0)
    expect(find(samples, 'error-rate', null)).toMatchObject({ value: 5, observations: 100 })
    expect(find(samples, 'response-time', 'v1')).toMatchObject({ value: 10, unit: 'ms' })
    expect(find(samples, 'response-time', null)?.value).toBe(18)
    expect(find(samples, 'response-time-p95', 'v2')?.value).toBe(1000)
    expect(find(samples, 'response-time-p95', null)?.value).toBe(100)
    expect(find(samples, 'request-rate', 'v2')?.value).toBeGreaterThan(0)
  })

  it('counts whole requests, with what became of them, per version and for the service', async () => {
    const v1 = counters('v1', { requests: 1000, totalMs: 5000, latency: { boundsMs, counts: [1000, 0, 0, 0] } })
    const look = sourceOver([
      [v1, counters('v2')],
      [
        { ...v1, requests: 1090, totalMs: 5900, latency: { boundsMs, counts: [1085, 5, 0, 0] } },
        counters('v2', { requests: 10, errors: 5, totalMs: 900, latency: { boundsMs, counts: [0, 9, 1, 0] } }),
      ],
    ])
    await look()
    const samples = await look(2000)
    expect(find(samples, 'requests', 'v2')).toEqual({
      signal: 'requests',
      version: 'v2',
      at: 2000,
      value: 10,
      unit: 'count',
      observations: 10,
      tally: { requests: 10, errors: 5, latency: { boundsMs, counts: [0, 9, 1, 0] } },
    })
    expect(find(samples, 'requests', null)?.tally).toEqual({
      requests: 100,
      errors: 5,
      latency: { boundsMs, counts: [85, 14, 1, 0] },
    })
  })

  it('counts the first requests of a version that appears later', async () => {
    const look = sourceOver([[counters('v1')], [counters('v1'), counters('v2', { requests: 3, errors: 3 })]])
    await look()
    expect(find(await look(), 'error-rate', 'v2')).toMatchObject({ value: 100, observations: 3 })
  })

  it('says "no requests" for an idle version, and not for one that leaves requests hanging', async () => {
    const look = sourceOver([
      [counters('v1'), counters('v2')],
      [counters('v1'), counters('v2', { inFlight: 12 })],
    ])
    await look()
    const samples = await look()
    expect(find(samples, 'error-rate', 'v1')).toMatchObject({ value: null, observations: 0, detail: 'no requests' })
    expect(find(samples, 'error-rate', 'v2')).toMatchObject({
      value: null,
      observations: null,
      detail: 'no answer yet to 12 requests',
    })
    expect(find(samples, 'request-rate', 'v1')?.value).toBe(0)
  })

  it('starts afresh when the router was restarted', async () => {
    const look = sourceOver([
      [counters('v1', { requests: 500 })],
      [counters('v1', { requests: 20, errors: 20 })],
      [counters('v1', { requests: 30, errors: 21 })],
    ])
    await look()
    const restarted = await look()
    expect(find(restarted, 'error-rate', 'v1')).toMatchObject({ value: null, observations: null })
    expect(find(restarted, 'error-rate', null)?.value).toBeNull()
    expect(find(await look(), 'error-rate', 'v1')).toMatchObject({ value: 10, observations: 10 })
  })

  it('says for every version it knew that the router does not answer, and goes on from there', async () => {
    const look = sourceOver([
      [counters('v1'), counters('v2')],
      new Error('connection refused'),
      [counters('v1', { requests: 8 }), counters('v2', { requests: 4, errors: 2 })],
    ])
    await look()
    const samples = await look()
    for (const version of ['v1', 'v2', null])
      expect(find(samples, 'error-rate', version)).toMatchObject({ value: null, detail: 'connection refused' })
    expect(find(await look(), 'error-rate', 'v2')?.value).toBe(50)
  })

  it('does not take a version that was away for a new one', async () => {
    const v2 = counters('v2', { requests: 100, errors: 90 })
    const look = sourceOver([[counters('v1'), v2], [counters('v1')], [counters('v1'), { ...v2, requests: 110 }]])
    await look()
    expect(find(await look(), 'error-rate', 'v2')).toBeUndefined()
    expect(find(await look(), 'error-rate', 'v2')).toMatchObject({ value: 0, observations: 10 })
  })

  it('takes no options', () => {
    expect(router.options.safeParse(router.example).success).toBe(true)
    expect(router.options.safeParse(router.failingExample).success).toBe(false)
  })
})
