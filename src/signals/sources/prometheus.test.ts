// What a real Prometheus answers is in prometheus.services.test.ts; here are answers that it gives rarely, or never should.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import type { Source } from '../source.ts'
import { prometheus } from './prometheus.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})

async function sourceFor(
  answer: RequestListener,
  more: Record<string, unknown> = { template: 'express' },
): Promise<Source> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return prometheus.create(prometheus.options.parse({ url, timeoutMs: 30_000, ...more }), {
    directory: '.',
    counters: () => Promise.resolve([]),
    instances: () => Promise.resolve({}),
    versions: () => ({ candidate: 'v2', stable: 'v1' }),
  })
}

const look = (source: Source): Promise<Sample[]> => source.sample(1000, AbortSignal.timeout(60_000))
const requestsOf = (samples: Sample[], version: string | null): Sample | undefined =>
  samples.find((sample) => sample.signal === 'requests' && sample.version === version)

const questionOf = (request: IncomingMessage): string =>
  new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? ''

const envelope = (result: unknown[], more: Record<string, unknown> = {}, resultType = 'matrix'): string =>
  JSON.stringify({ status: 'success', data: { resultType, result }, ...more })

/** Series of one histogram, at second → number of requests that took less than 100 ms. */
function seriesOf(version: string, counts: Record<number, number | string>, status: string | null = '200'): unknown[] {
  const labels = { version, job: 'app', instance: version, ...(status === null ? {} : { status_code: status }) }
  const values = Object.entries(counts).map(([second, count]) => [1000 + Number(second), String(count)])
  const name = 'http_request_duration_seconds'
  return [
    { metric: { __name__: `${name}_count`, ...labels }, values },
    { metric: { __name__: `${name}_bucket`, le: '0.1', ...labels }, values },
    { metric: { __name__: `${name}_bucket`, le: '+Inf', ...labels }, values },
    { metric: { __name__: `${name}_sum`, ...labels }, values },
  ]
}

/** Answers one look after the other; what is asked of newcomers is answered with nothing. */
function answering(...looks: string[]): RequestListener {
  return (request, response) => {
    const isAboutNewcomers = questionOf(request).includes('process_start_time_seconds')
    response.end(isAboutNewcomers ? envelope([]) : (looks.shift() ?? envelope([])))
  }
}

describe('an answer that does not help', () => {
  it.each([
    ['no JSON', 200, '<html>login</html>', /answered 200, and not in JSON.*set `url`/],
    ['a proxy without its backend', 502, 'bad gateway', /answered 502, and not in JSON/],
    ['a stranger', 200, '{"hello":"world"}', /answered 200, but not as Prometheus does/],
    ['who is not let in', 401, '', /answered 401.*`bearer`/],
    ['another place', 404, 'page not found', /answered 404.*what stands before \/api\/v1/],
    ['a bad query', 400, '{"status":"error","errorType":"bad_data","error":"parse error"}', /bad_data: parse error/],
    [
      'too long a query',
      503,
      '{"status":"error","errorType":"timeout","error":"query timed out"}',
      /timeout: query timed out/,
    ],
    ['a string', 200, envelope([], {}, 'string'), /result of type string/],
  ])('is unknown with the reason: %s', async (_, status, text, detail) => {
    const samples = await look(await sourceFor((_request, response) => response.writeHead(status).end(text)))
    expect(samples).toHaveLength(18)
    for (const sample of samples) expect(sample).toMatchObject({ value: null, detail: expect.stringMatching(detail) })
  })

  it('is cut off when it is endless, in bytes or in time', async () => {
    const endless = await sourceFor(
      (_, response) => {
        const more = (): void => {
          while (response.writable && response.write('[0,'.repeat(100_000)));
        }
        response.on('drain', more)
        more()
      },
      { template: 'express' },
    )
    expect(requestsOf(await look(endless), 'v2')?.detail).toMatch(/more than \d+ bytes/)
    const silent = await sourceFor(() => {}, { template: 'express', timeoutMs: 100 })
    expect(requestsOf(await look(silent), 'v2')?.detail).toMatch(/no answer in 100 ms/)
  })

  it('is not waited for when nobody is there', async () => {
    const source = await sourceFor(() => {})
    servers[0]?.close()
    expect(requestsOf(await look(source), 'v1')?.detail).toMatch(/nothing listens at 127\.0\.0\.1/)
  })
})

describe('odd series', () => {
  it('are told of: warnings, statuses that are missing, native histograms, values that are none', async () => {
    const warned = await sourceFor(answering(envelope(seriesOf('v1', { 1: 5 }), { warnings: ['partial response'] })))
    expect(requestsOf(await look(warned), 'v1')?.detail).toMatch(/partial response/)
    const bare = await sourceFor(answering(envelope(seriesOf('v1', { 1: 5 }, null))))
    expect(requestsOf(await look(bare), 'v1')?.detail).toMatch(/has no label status_code/)
    const metric = { __name__: 'http_request_duration_seconds', version: 'v1' }
    const native = await sourceFor(answering(envelope([{ metric, histograms: [[1001, { count: '5' }]] }])))
    expect(requestsOf(await look(native), 'v1')?.detail).toMatch(/always_scrape_classic_histograms/)
    const none = await sourceFor(answering(envelope(seriesOf('v1', { 1: 'NaN' }))))
    expect(requestsOf(await look(none), 'v1')).toMatchObject({
      value: null,
      detail: expect.stringContaining('no number'),
    })
  })

  it('of other versions, or without a version, are nobody’s', async () => {
    const all = ['v0', ''].flatMap((version) => seriesOf(version, { 1: 5 }))
    const samples = await look(await sourceFor(answering(envelope(all))))
    expect(requestsOf(samples, 'v1')?.detail).toBe('nothing was counted of v1')
    expect(requestsOf(samples, null)).toMatchObject({ value: null, observations: null })
  })

  it('are nothing new when the scrape is the same, even if it is told late', async () => {
    const both = (counts: Record<number, number>): string =>
      envelope([...seriesOf('v1', counts), ...seriesOf('v2', counts)])
    const source = await sourceFor(answering(both({ 1: 5 }), both({ 1: 5 }), both({ 1: 5, 2: 9 }), both({ 2: 9 })))
    expect(requestsOf(await look(source), 'v1')?.value).toBeNull()
    expect(await look(source)).toEqual([])
    expect(requestsOf(await look(source), 'v1')?.tally).toEqual({
      requests: 4,
      errors: 0,
      latency: { boundsMs: [100], counts: [4, 0] },
    })
    expect(await look(source)).toEqual([])
  })
})

describe('what is asked', () => {
  it('is one range selector for a template, of the versions of the release, with its own variables', async () => {
    const asked: string[] = []
    const source = await sourceFor(
      (request, response) => {
        asked.push(questionOf(request))
        response.end(envelope([]))
      },
      { template: 'istio', service: 'sh"op', namespace: 'prod', labels: { reporter: 'source' } },
    )
    await look(source)
    expect(asked).toEqual([
      String.raw`{__name__=~"istio_requests_total|istio_request_duration_milliseconds_bucket|istio_request_duration_milliseconds_sum|istio_request_duration_milliseconds",reporter="source",destination_service_name="sh\"op",destination_service_namespace="prod",destination_version=~"v2|v1"}[150000ms]`,
    ])
  })

  it('names other values of the label where versions have them', async () => {
    const asked: string[] = []
    const versions = { '': 'stable', 'prod-shop-v2-80': 'candidate' }
    const source = await sourceFor(
      (request, response) => {
        asked.push(questionOf(request))
        response.end(envelope([]))
      },
      { template: 'ingress-nginx', service: 'shop', versions },
    )
    await look(source)
    expect(asked[0]).toContain('ingress="shop",canary=~"|prod-shop-v2-80"')
  })

  it('comes with what lets us in, and goes in the body when it is long', async () => {
    const seen: [string | undefined, string | undefined, string | undefined][] = []
    const more = { bearer: 'token', headers: { 'X-Scope-OrgID': 'shop' }, labels: { long: 'x'.repeat(3000) } }
    const source = await sourceFor(
      (request, response) => {
        seen.push([request.method, request.headers.authorization, request.headers['x-scope-orgid'] as string])
        request.resume().once('end', () => response.end(envelope([])))
      },
      { template: 'express', ...more },
    )
    await look(source)
    expect(seen).toEqual([['POST', 'Bearer token', 'shop']])
  })

  it('is asked a few times a scrape where scrapes are slow, and at once where it failed', async () => {
    let asked = 0
    const source = await sourceFor((_, response) => {
      asked++
      response.end(asked === 1 ? 'not yet' : envelope(seriesOf('v1', { 0: 1, 30: 2 })))
    })
    expect(await look(source)).toHaveLength(18)
    expect(await look(source)).not.toEqual([])
    expect(await look(source)).toEqual([])
    expect(asked).toBe(2)
  })

  it('is an idle version’s `up`, where that is named', async () => {
    let scrapes = 2
    const values = (value: string): [number, string][] =>
      Array.from({ length: scrapes }, (_, scrape) => [1001 + scrape, value])
    const source = await sourceFor(
      (request, response) => {
        const up = { metric: { __name__: 'up' }, values: values('1') }
        const counters = seriesOf('v1', Object.fromEntries(values('5').map(([second]) => [second - 1000, 5])))
        response.end(envelope(questionOf(request).startsWith('up{version="v2"}') ? [up] : counters))
      },
      { template: 'express', up: 'up{version="{{version}}"}' },
    )
    expect(requestsOf(await look(source), 'v2')).toMatchObject({ value: 0, observations: 0 })
    expect(await look(source)).toEqual([])
    scrapes++
    expect(requestsOf(await look(source), null)).toMatchObject({ value: 0, observations: 0 })
  })
})

describe('own queries', () => {
  const queried = async (
    text: string,
    query = 'sum(x)',
    more: Record<string, unknown> = {},
  ): Promise<Sample | undefined> => {
    const queries = { depth: { query, unit: 'count', scope: 'service', ...more } }
    return (await look(await sourceFor((_, response) => response.end(text), { queries })))[0]
  }
  const vector = (...values: string[]): string =>
    envelope(
      values.map((text) => ({ metric: {}, value: [1001, text] })),
      {},
      'vector',
    )

  it('give one number, and are unknown where there is none, or more than one', async () => {
    expect(await queried(vector('1e+03'))).toMatchObject({ signal: 'depth', version: null, value: 1000, unit: 'count' })
    expect(await queried(vector('0.25'), 'sum(x)', { scale: 1000, unit: 'ms' })).toMatchObject({
      value: 250,
      unit: 'ms',
    })
    expect(await queried(vector())).toMatchObject({ value: null, detail: 'no series' })
    expect(await queried(vector('1', '2'))).toMatchObject({ value: null, detail: expect.stringContaining('2 series') })
    expect(await queried(vector('NaN'))).toMatchObject({ value: null, detail: 'the value is NaN' })
    expect(await queried(vector('+Inf'))).toMatchObject({ value: null, detail: 'the value is Infinity' })
    expect(
      await queried(JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '7'] } })),
    ).toMatchObject({
      value: 7,
    })
  })

  it('of a plain series tell of a scrape once', async () => {
    const queries = { depth: { query: 'queue_depth', unit: 'count', scope: 'service' } }
    const one = (values: [number, string][]): string => envelope([{ metric: {}, values }])
    const looks = [
      one([[1001, '5']]),
      one([[1001, '5']]),
      one([
        [1001, '5'],
        [1002, '6'],
      ]),
    ]
    const source = await sourceFor((_, response) => response.end(looks.shift()), { queries })
    const values = [await look(source), await look(source), await look(source)]
    expect(values.map((samples) => samples.map(({ value }) => value))).toEqual([[5], [], [6]])
  })

  it('of a stretch leave out the steps without a value, and are unknown when the last ones have none', async () => {
    const range = { overMs: 60_000, stepMs: 10_000, take: 'mean' }
    const nowS = Date.now() / 1000
    const at = (...values: [number, string][]): string => envelope([{ metric: {}, values }])
    expect(await queried(at([nowS - 50, '1'], [nowS - 10, 'NaN'], [nowS, '4']), 'sum(x)', { range })).toMatchObject({
      value: 2.5,
    })
    expect(await queried(at([nowS - 50, '1']), 'sum(x)', { range })).toMatchObject({ value: null, detail: 'no sample' })
  })
})

describe('options', () => {
  const problemOf = (given: Record<string, unknown>): string | undefined =>
    prometheus.options.safeParse({ url: 'http://x', ...given }).error?.issues[0]?.message

  it('take the example and refuse the failing example', () => {
    expect(prometheus.options.safeParse(prometheus.example).success).toBe(true)
    expect(prometheus.options.safeParse(prometheus.failingExample).success).toBe(false)
    expect(prometheus.options.safeParse({ url: '${env:PROMETHEUS}', template: 'http' }).success).toBe(true)
  })

  it('say what does not go together', () => {
    const counts = { requests: 'r', errors: 'e' }
    expect(problemOf({})).toMatch(/asks nothing/)
    expect(problemOf({ template: 'http', counts })).toMatch(/either a template or counts/)
    expect(problemOf({ template: 'gateway-api' })).toMatch(/needs `versions`.*envoy_cluster_name/)
    expect(problemOf({ counts: { ...counts, errors: 'e{v={{version}}}' } })).toMatch(/quotes/)
    expect(problemOf({ queries: { x: { query: 'x', unit: 'count' } } })).toMatch(/names \{\{version\}\}/)
    expect(problemOf({ counts, queries: { requests: { query: 'x', unit: 'count', scope: 'service' } } })).toMatch(
      /already/,
    )
    expect(problemOf({ url: 'ftp://x', counts })).toMatch(/no http/)
  })

  it('tell which signals there are: no quantiles without buckets, no mean without a sum', () => {
    const signals = (given: Record<string, unknown>): string[] =>
      prometheus.signals(prometheus.options.parse({ url: 'http://x', ...given }))
    expect(signals({ counts: { requests: 'r', errors: 'e' } })).toEqual(['requests', 'error-rate', 'request-rate'])
    expect(signals({ counts: { requests: 'r', errors: 'e', latencyBucket: 'b' } })).toContain('response-time-p99')
    expect(signals({ queries: { depth: { query: 'x', unit: 'count', scope: 'service' } } })).toEqual(['depth'])
  })
})
