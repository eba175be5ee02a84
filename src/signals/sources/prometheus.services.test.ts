// Against a real Prometheus, Debian's, that scrapes services of this test.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPrometheus, type PrometheusServer } from '../../../test/servers/prometheus.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import type { Sample } from '../../plan/signal.ts'
import type { Tally } from '../../plan/tally.ts'
import type { Source } from '../source.ts'
import type { ReleaseVersions } from '../version-names.ts'
import { prometheus } from './prometheus.ts'
import { startCountedService, type CountedService } from './prometheus/counted-service.fixture.ts'

const installed = isProgramThere('prometheus', 'prometheus')
if (!installed) console.warn('SKIPPED: prometheus.services.test.ts needs prometheus, which could not be installed')

/** A source that is looked at again and again, and what it counted. */
class Watching {
  readonly samples: Sample[] = []
  readonly #source: Source

  constructor(
    url: string,
    more: Record<string, unknown> = { template: 'express' },
    release: ReleaseVersions = { candidate: 'v2', stable: 'v1' },
  ) {
    const context = {
      directory: '.',
      counters: () => Promise.resolve([]),
      instances: () => Promise.resolve({}),
      versions: () => release,
    }
    this.#source = prometheus.create(prometheus.options.parse({ url, ...more }), context)
  }

  async look(): Promise<Sample[]> {
    const samples = await this.#source.sample(Date.now(), AbortSignal.timeout(10_000))
    this.samples.push(...samples)
    return samples
  }

  /** Looks until it is so. */
  async until(isSo: (latest: Sample[]) => boolean): Promise<Sample[]> {
    const found = await poll(
      async () => {
        const latest = await this.look()
        return isSo(latest) ? latest : null
      },
      { everyMs: 100, timeoutMs: 60_000 },
    )
    if (!found) throw new Error(`it never was so: ${JSON.stringify(this.samples.slice(-12))}`)
    return found
  }

  /** Two more windows of each version: whatever was counted twice would show. */
  async settled(): Promise<void> {
    for (let windows = 0; windows < 2; windows++)
      await this.until((latest) =>
        latest.some(({ signal, version, value }) => signal === 'requests' && version === null && value !== null),
      )
  }

  total(version: string | null): Tally {
    const tallies = this.samples.filter((sample) => sample.version === version).flatMap(({ tally }) => tally ?? [])
    const [first] = tallies
    return {
      requests: tallies.reduce((sum, { requests }) => sum + requests, 0),
      errors: tallies.reduce((sum, { errors }) => sum + errors, 0),
      latency: first?.latency
        ? {
            boundsMs: first.latency.boundsMs,
            counts: first.latency.counts.map((_, bucket) =>
              tallies.reduce((sum, { latency }) => sum + (latency?.counts[bucket] ?? 0), 0),
            ),
          }
        : null,
    }
  }

  counted(version: string | null, requests: number): () => boolean {
    return () => this.total(version).requests >= requests
  }
}

const value = (samples: Sample[], signal: string, version: string | null): number | null | undefined =>
  samples.findLast((sample) => sample.signal === signal && sample.version === version)?.value

const isUnknown = (version: string) => (samples: Sample[]) => value(samples, 'requests', version) === null

describe.skipIf(!installed)('prometheus source on a real Prometheus', () => {
  let v1: CountedService
  let v2: CountedService
  let server: PrometheusServer

  beforeAll(async () => {
    ;[v1, v2] = [await startCountedService('v1'), await startCountedService('v2')]
    v1.serve(1000)
    v1.serve(70, { status: 500 })
    v2.serve(5)
    server = await startPrometheus({ targets: [{ address: v1.address }, { address: v2.address }], scrapeMs: 1000 })
  })
  afterAll(async () => {
    await server.stop()
    await v1.stop()
    await v2.stop()
  })

  /** From the first scrape of both on. */
  async function watch(more?: Record<string, unknown>): Promise<Watching> {
    const watching = new Watching(server.url, more)
    await watching.until((latest) => value(latest, 'requests', 'v1') === 0 && value(latest, 'requests', 'v2') === 0)
    return watching
  }

  it('counts exactly what was served, per version and in all, with statuses and times', async () => {
    const watching = await watch()
    v1.serve(90, { ms: 20 })
    v1.serve(7, { ms: 300 })
    v1.serve(3, { ms: 60_000, status: 503 })
    v2.serve(10, { ms: 4, status: 500 })
    await watching.until(watching.counted(null, 110))
    await watching.settled()
    expect(watching.total('v1')).toMatchObject({ requests: 100, errors: 3 })
    expect(watching.total('v2')).toMatchObject({ requests: 10, errors: 10 })
    expect(watching.total(null)).toMatchObject({ requests: 110, errors: 13 })
    expect(watching.total('v1').latency).toEqual({
      boundsMs: [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000],
      counts: [0, 0, 90, 0, 0, 0, 7, 0, 0, 0, 0, 3],
    })
  })

  it('says rates and times of the same window', async () => {
    const watching = await watch()
    v2.serve(30, { ms: 20 })
    v2.serve(10, { ms: 200, status: 502 })
    await watching.until(watching.counted('v2', 40))
    const about = watching.samples.filter(({ version, observations }) => version === 'v2' && observations === 40)
    const values = Object.fromEntries(about.map((sample) => [sample.signal, sample.value]))
    expect(values).toMatchObject({ requests: 40, 'error-rate': 25, 'response-time-p95': 250, 'response-time-p99': 250 })
    expect(values['response-time']).toBeCloseTo(65)
  })

  it('tells of a scrape once, however often it looks', async () => {
    const watching = await watch()
    const before = v1.scrapes()
    const from = watching.samples.length
    await watching.until(() => v1.scrapes() >= before + 4)
    const told = watching.samples
      .slice(from)
      .filter((sample) => sample.signal === 'requests' && sample.version === 'v1' && sample.value !== null)
    expect(told.length).toBeLessThanOrEqual(v1.scrapes() - before + 1)
    expect(told.every((sample) => sample.value === 0 && sample.observations === 0)).toBe(true)
  })

  it('counts on when the service was restarted, also what has outgrown its old value', async () => {
    const watching = await watch()
    v2.serve(4, { status: 500 })
    v2.serve(600)
    await watching.until(watching.counted('v2', 604))
    await v2.restart()
    v2.serve(2000, { status: 500 })
    await watching.until(watching.counted('v2', 2604))
    await watching.settled()
    expect(watching.total('v2')).toMatchObject({ requests: 2604, errors: 2004 })
  })

  it('says that a version is unknown while its target is down, and counts on when it is back', async () => {
    const watching = await watch()
    await v2.stop()
    const down = await watching.until(isUnknown('v2'))
    expect(down.find(({ version }) => version === 'v2')?.detail).toMatch(/^no new scrape for \d+ s/)
    v1.serve(20)
    await watching.until(watching.counted('v1', 20))
    expect(value(watching.samples, 'requests', null)).toBeNull()
    await v2.restart()
    v2.serve(8)
    await watching.until(watching.counted('v2', 8))
    await watching.settled()
    expect(watching.total('v2').requests).toBe(8)
  })

  it.each([
    ['whose process says when it was started', { startTime: true }],
    ['whose target was scraped before it had anything to count', { startTime: false }],
  ])('counts all requests of a candidate that comes while it watches, %s', async (_, options) => {
    const watching = new Watching(server.url, { template: 'express' }, { candidate: 'v3', stable: 'v1' })
    await watching.until((latest) => value(latest, 'requests', 'v1') === 0)
    const v3 = await startCountedService('v3', options)
    try {
      if (options.startTime) v3.serve(6)
      server.setTargets([v1, v2, v3].map(({ address }) => ({ address })))
      await watching.until(() => v3.scrapes() > 1)
      v3.serve(4, { status: 500 })
      const all = options.startTime ? 10 : 4
      await watching.until(watching.counted('v3', all))
      await watching.settled()
      expect(watching.total('v3')).toMatchObject({ requests: all, errors: 4 })
    } finally {
      server.setTargets([v1, v2].map(({ address }) => ({ address })))
      await v3.stop()
    }
  })

  it('asks own counters and own queries', async () => {
    const watching = await watch({
      counts: {
        requests: 'http_request_duration_seconds_count{job="app"}',
        errors: 'http_request_duration_seconds_count{job="app",status_code=~"5.."}',
        latencyBucket: 'http_request_duration_seconds_bucket{version="{{version}}"}',
      },
      queries: {
        'targets-up': { query: 'sum(up{job="app"})', unit: 'count', scope: 'service' },
        started: {
          query:
            'process_start_time_seconds and on(instance) http_request_duration_seconds_count{version="{{version}}",status_code="200"}',
          unit: 'count',
        },
        'most-up': { query: 'sum(up)', unit: 'count', scope: 'service', range: { overMs: 5000, stepMs: 1000 } },
      },
    })
    v1.serve(50)
    v1.serve(50, { ms: 8000, status: 500 })
    v2.serve(3, { ms: 1, status: 500 })
    await watching.until(watching.counted(null, 103))
    await watching.settled()
    expect(watching.total('v1')).toMatchObject({ requests: 100, errors: 50 })
    expect(watching.total('v2')).toMatchObject({ requests: 3, errors: 3 })
    expect(watching.total('v1').latency?.counts).toEqual([0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 50, 0])
    await watching.until((latest) => value(latest, 'targets-up', null) === 2 && value(latest, 'most-up', null) === 2)
    expect(value(watching.samples, 'started', 'v1')).toBeLessThan(Date.now() / 1000)
  })

  it('says what Prometheus has against a query', async () => {
    const queries = { odd: { query: 'sum(', unit: 'count', scope: 'service' } }
    const [sample] = await new Watching(server.url, { queries }).look()
    expect(sample).toMatchObject({
      signal: 'odd',
      value: null,
      detail: expect.stringMatching(/bad_data: .*parse error/),
    })
  })

  it('is unknown while Prometheus is dead, and then counts what was served meanwhile', async () => {
    const watching = await watch()
    await server.kill()
    const dead = await watching.until(isUnknown('v1'))
    expect(dead[0]?.detail).toMatch(/nothing listens at 127\.0\.0\.1:\d+/)
    v1.serve(33)
    v2.serve(11, { status: 500 })
    await server.start()
    await watching.until(watching.counted('v1', 33))
    await watching.until(watching.counted('v2', 11))
    await watching.settled()
    expect(watching.total('v1')).toMatchObject({ requests: 33, errors: 0 })
    expect(watching.total('v2')).toMatchObject({ requests: 11, errors: 11 })
  })
})
