import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import type { Source, SourceContext } from '../source.ts'
import { createOtlpSource, otlp } from './otlp.ts'

const context: SourceContext = {
  directory: '.',
  counters: () => Promise.resolve([]),
  instances: () => Promise.resolve({}),
  versions: () => ({ candidate: 'v2', stable: 'v1' }),
}

let port = 0
let source: Source

const open = (more: Record<string, unknown> = {}): Source =>
  createOtlpSource(otlp.options.parse({ port: 0, ...more }), context, (opened) => (port = opened))
const look = (): Promise<Sample[]> => source.sample(1000, AbortSignal.timeout(5000))
const find = (samples: Sample[], version: string | null, signal = 'requests'): Sample | undefined =>
  samples.find((sample) => sample.signal === signal && sample.version === version)

beforeEach(async () => {
  source = open()
  await look()
})
afterEach(async () => source.close?.())

/** Seconds from the start of the test on, as nanoseconds. */
const epochS = Math.ceil(Date.now() / 1000) + 10
const nano = (second: number): string => `${epochS + second}000000000`

interface Point {
  status?: number
  counts: number[]
  at: number
  startedAt?: number
  sum?: number
}

function histogram(points: Point[], more: Record<string, unknown> = {}): Record<string, unknown> {
  const dataPoints = points.map(({ status, counts, at, startedAt = -100_000, sum }) => ({
    attributes: status === undefined ? [] : [{ key: 'http.response.status_code', value: { intValue: String(status) } }],
    startTimeUnixNano: nano(startedAt),
    timeUnixNano: nano(at),
    count: String(counts.reduce((a, b) => a + b, 0)),
    bucketCounts: counts.map(String),
    explicitBounds: counts.slice(1).map((_, index) => 0.1 * (index + 1)),
    ...(sum === undefined ? {} : { sum }),
  }))
  return {
    name: 'http.server.request.duration',
    unit: 's',
    histogram: { aggregationTemporality: 2, dataPoints },
    ...more,
  }
}

function exported(version: string, metrics: Record<string, unknown>[], instance = 'a'): string {
  const attributes = { 'service.name': 'shop', 'service.version': version, 'service.instance.id': instance }
  const resource = {
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  }
  return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] })
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = '/v1/metrics',
): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }
  return fetch(`http://127.0.0.1:${port}${path}`, init)
}

/** Both versions are heard of with each export, so that there is something to tell. */
async function send(points: Point[], more: Record<string, unknown> = {}): Promise<Sample[]> {
  const at = points[0]?.at ?? 0
  await post(exported('v1', [histogram([{ status: 200, counts: [1, 0], at }])]))
  expect((await post(exported('v2', [histogram(points, more)]))).status).toBe(200)
  return look()
}

describe('cumulative histograms', () => {
  it('are compared with nothing at first, and then counted exactly, with statuses and times', async () => {
    const first = await send([{ status: 200, counts: [100, 0], at: 1, sum: 5 }])
    expect(find(first, 'v2')).toMatchObject({ value: null, detail: 'first export: nothing to compare with' })
    const samples = await send([
      { status: 200, counts: [104, 2], at: 2, sum: 6.2 },
      { status: 503, counts: [4, 0], at: 2, sum: 0.8 },
    ])
    expect(find(samples, 'v2')?.tally).toEqual({
      requests: 10,
      errors: 4,
      latency: { boundsMs: [100], counts: [8, 2] },
    })
    expect(find(samples, 'v2', 'error-rate')).toMatchObject({ value: 40, observations: 10 })
    expect(find(samples, 'v2', 'response-time')?.value).toBeCloseTo(200)
    expect(find(samples, null)?.tally).toMatchObject({ requests: 10, errors: 4 })
  })

  it('begin at zero with a new start time, also where the count has grown', async () => {
    await send([{ status: 200, counts: [100, 0], at: 1 }])
    const samples = await send([{ status: 200, counts: [150, 0], at: 3, startedAt: 2 }])
    expect(find(samples, 'v2')?.value).toBe(150)
  })

  it('count whole what was started since', async () => {
    await post(exported('v1', [histogram([{ status: 200, counts: [1, 0], at: 1 }])]))
    await post(exported('v2', [histogram([{ status: 200, counts: [7, 1], at: 2, startedAt: 1 }])]))
    expect(find(await look(), 'v2')?.value).toBe(8)
  })

  it('are taken once when they are sent twice', async () => {
    await send([{ status: 200, counts: [1, 0], at: 1 }])
    const again = { status: 200, counts: [5, 0], at: 2 }
    await post(exported('v2', [histogram([again])]))
    expect(find(await send([again]), 'v2')?.value).toBe(4)
  })
})

it('adds up delta histograms, each whole', async () => {
  const delta = (points: Point[]) => ({
    histogram: { ...(histogram(points).histogram as object), aggregationTemporality: 1 },
  })
  const first = await send([], delta([{ status: 200, counts: [9, 0], at: 1, startedAt: -1 }]))
  expect(find(first, 'v2')?.value).toBe(9)
  await post(exported('v2', [histogram([], delta([{ status: 200, counts: [9, 0], at: 2, startedAt: 1 }]))]))
  const samples = await send([], delta([{ status: 500, counts: [3, 1], at: 3, startedAt: 2 }]))
  expect(find(samples, 'v2')?.tally).toMatchObject({ requests: 13, errors: 4 })
})

it('adds up the instances of a version, and has no histogram where their buckets differ', async () => {
  const two = (at: number, count: number) =>
    Promise.all([
      post(exported('v1', [histogram([{ status: 200, counts: [0, 0], at }])])),
      post(exported('v2', [histogram([{ status: 200, counts: [count, 0], at }])], 'a')),
      post(exported('v2', [histogram([{ status: 200, counts: [count, 0, 0], at }])], 'b')),
    ])
  await two(1, 10)
  await look()
  await two(2, 15)
  const sample = find(await look(), 'v2')
  expect(sample?.tally).toEqual({ requests: 10, errors: 0, latency: null })
})

it('reads exponential histograms on one grid, whatever their scale', async () => {
  const exponential = (scale: number, offset: number, count: number, at: number) => ({
    name: 'http.server.request.duration',
    unit: 's',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          attributes: [{ key: 'http.response.status_code', value: { intValue: '200' } }],
          startTimeUnixNano: nano(-100_000),
          timeUnixNano: nano(at),
          count: String(count),
          scale,
          zeroCount: '0',
          positive: { offset, bucketCounts: [String(count)] },
        },
      ],
    },
  })
  // (2^-3, 2^-2.75] seconds at scale 2; the finer bucket of scale 4 lies within it.
  await post(exported('v1', [exponential(2, -12, 5, 1)]))
  await post(exported('v2', [exponential(4, -47, 5, 1)]))
  await look()
  await post(exported('v1', [exponential(2, -12, 8, 2)]))
  await post(exported('v2', [exponential(4, -47, 9, 2)]))
  const samples = await look()
  const bucketOf = (version: string): number | undefined => {
    const latency = find(samples, version)?.tally?.latency
    return latency?.boundsMs[latency.counts.findIndex((count) => count > 0)]
  }
  expect(bucketOf('v1')).toBeCloseTo(1000 * 2 ** -2.75)
  expect(bucketOf('v2')).toBe(bucketOf('v1'))
  expect(find(samples, null)?.tally?.requests).toBe(7)
})

it('does not take requests without a status for good ones', async () => {
  await send([{ counts: [10, 0], at: 1 }])
  const sample = find(await send([{ counts: [20, 0], at: 2 }]), 'v2')
  expect(sample).toMatchObject({ value: null, detail: expect.stringContaining('http.response.status_code') })
})

it('counts a service once that sends both the old and the new histogram', async () => {
  const both = (at: number, count: number) =>
    exported('v2', [
      histogram([{ status: 200, counts: [count, 0], at }], { name: 'http.server.duration', unit: 'ms' }),
      histogram([{ status: 200, counts: [count, 0], at }]),
    ])
  await send([{ status: 200, counts: [1, 0], at: 1 }])
  await post(both(2, 5))
  expect(find(await send([{ status: 200, counts: [5, 0], at: 3 }]), 'v2')?.value).toBe(4)
})

it('hears a version that has answered nothing yet', async () => {
  await post(exported('v1', [histogram([{ status: 200, counts: [1, 0], at: 1 }])]))
  await post(exported('v2', []))
  await look()
  await post(exported('v1', [histogram([{ status: 200, counts: [2, 0], at: 2 }])]))
  await post(exported('v2', []))
  expect(find(await look(), 'v2')).toMatchObject({ value: 0, observations: 0 })
})

describe('the receiver', () => {
  const asProtobuf = { 'content-type': 'application/x-protobuf' }

  it('takes protobuf and JSON, plain and packed', async () => {
    const json = exported('v1', [])
    const packed = { 'content-encoding': 'gzip' }
    const answers = [
      await post(json),
      await post(new Uint8Array(gzipSync(json)), packed),
      await post(new Uint8Array(), asProtobuf),
      await post(new Uint8Array(gzipSync(new Uint8Array())), { ...packed, ...asProtobuf }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(answers[2]?.headers.get('content-type')).toBe('application/x-protobuf')
  })

  it('refuses what it cannot take, with a word on why', async () => {
    const good = exported('v1', [])
    const answers = [
      await post(good, {}, '/v1/traces'),
      await post(good, { 'content-type': 'application/grpc' }),
      await post('{"resourceMetrics": 1}'),
      await post('nonsense'),
      await post(new Uint8Array([10, 200]), asProtobuf),
      await post(good, { 'content-encoding': 'br' }),
      await post('x', { 'content-encoding': 'gzip' }),
      await fetch(`http://127.0.0.1:${port}/v1/metrics`),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 415, 400, 400, 400, 400, 400, 405])
    expect(await answers[1]?.text()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL')
  })

  it('reads no more than it was told to, packed or not', async () => {
    await source.close?.()
    source = open({ bytesMax: 2000 })
    await look()
    const large = exported('v1', [{ name: 'x'.repeat(5000) }])
    expect((await post(large)).status).toBe(413)
    expect((await post(new Uint8Array(gzipSync(large)), { 'content-encoding': 'gzip' })).status).toBe(413)
    expect((await post(exported('v1', []))).status).toBe(200)
  })

  it('lets in those who know the token', async () => {
    await source.close?.()
    source = open({ token: 'let-me-in' })
    await look()
    const statuses = [{}, { authorization: 'Bearer let-me-out' }, { authorization: 'Bearer let-me-in' }].map(
      async (headers) => (await post(exported('v1', []), headers as Record<string, string>)).status,
    )
    expect(await Promise.all(statuses)).toEqual([401, 401, 200])
  })

  it('says whose port is taken, and listens when it is free', async () => {
    const other = open({ port })
    const [sample] = await other.sample(1000, AbortSignal.timeout(5000))
    expect(sample).toMatchObject({
      value: null,
      detail: expect.stringMatching(/cannot listen on 127\.0\.0\.1:\d+.*EADDRINUSE.*port/),
    })
    await source.close?.()
    expect(find(await other.sample(2000, AbortSignal.timeout(5000)), 'v1')?.detail).toMatch(/nothing was counted/)
    await other.close?.()
  })

  it('survives a sender that goes away in the middle', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(
      'POST /v1/metrics HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"res',
    )
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.destroy()
    expect((await post(exported('v1', []))).status).toBe(200)
  })
})

it('counts only the service that it was told of', async () => {
  await source.close?.()
  source = open({ service: 'cart' })
  await look()
  await post(exported('v2', [histogram([{ status: 200, counts: [1, 0], at: 1 }])]))
  expect(find(await look(), 'v2')?.detail).toBe('nothing was counted of v2')
})

it('takes its example and refuses its failing example', () => {
  expect(otlp.options.safeParse(otlp.example).success).toBe(true)
  expect(otlp.options.safeParse(otlp.failingExample).success).toBe(false)
})
