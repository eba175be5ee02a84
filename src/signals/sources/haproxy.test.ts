import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { parseStatistics } from '../../lib/haproxy-runtime.ts'
import type { Sample } from '../../plan/signal.ts'
import type { SourceContext } from '../source.ts'
import { haproxy } from './haproxy.ts'

const COLUMNS =
  'pxname,svname,qcur,scur,stot,econ,eresp,wretr,wredis,status,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,last_agt,ttime,mode'.split(
    ',',
  )

/** A line of statistics; what is not given is 0, up, HTTP. */
function line(backend: string, server: string, given: Record<string, number | string> = {}): string {
  const row: Record<string, number | string> = {
    pxname: backend,
    svname: server,
    status: 'UP',
    mode: 'http',
    last_agt: '',
    ...given,
  }
  return COLUMNS.map((column) => row[column] ?? 0).join(',')
}

const info = (pid: number): string => `Name: HAProxy\nPid: ${pid}\nUptime_sec: 5\n\n`
const page = (lines: readonly string[], pid: number | null = 1): string =>
  `${pid === null ? '' : info(pid)}# ${COLUMNS.join(',')},\n${lines.join('\n')}\n\n`

const open: Server[] = []
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

async function portOf(server: Server): Promise<number> {
  open.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A runtime API that answers with one text after the other. */
async function runtime(answers: string[]): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answers.shift() ?? ''))
  })
  return `127.0.0.1:${await portOf(server)}`
}

function contextOf(candidate: string | null = 'v2', stable: string | null = 'v1'): SourceContext {
  return {
    directory: '.',
    counters: () => Promise.resolve([]),
    instances: () => Promise.resolve({}),
    versions: () => ({ candidate, stable }),
  }
}

function looker(given: unknown, context = contextOf()): () => Promise<Sample[]> {
  const source = haproxy.create(haproxy.options.parse(given), context)
  return () => source.sample(1000, AbortSignal.timeout(5000))
}

const find = (samples: Sample[], signal: string, version: string | null): Sample | undefined =>
  samples.find((sample) => sample.signal === signal && sample.version === version)

describe('haproxy source', () => {
  it('counts the answers of a version over all its servers, and what only the backend saw for the service', async () => {
    const tcp = await runtime([
      page([
        line('web', 'v1-0', { hrsp_2xx: 100 }),
        line('web', 'v2-0'),
        line('web', 'v2-1'),
        line('web', 'BACKEND', { hrsp_2xx: 100 }),
      ]),
      page([
        line('other', 'v2-0', { hrsp_2xx: 999 }),
        line('web', 'v1-0', { hrsp_2xx: 180, ttime: 10 }),
        line('web', 'v2-0', { hrsp_2xx: 6, hrsp_3xx: 1, hrsp_4xx: 1, hrsp_5xx: 1, hrsp_1xx: 50, ttime: 40, qcur: 3 }),
        line('web', 'v2-1', { hrsp_2xx: 8, eresp: 1, econ: 2, wretr: 4, ttime: 20 }),
        line('web', 'BACKEND', { hrsp_2xx: 194, hrsp_3xx: 1, hrsp_4xx: 1, hrsp_5xx: 9, qcur: 2 }),
      ]),
    ])
    const look = looker({ tcp, backend: 'web', servers: '{{version}}-*' })
    const first = await look()
    expect(find(first, 'requests', 'v2')).toMatchObject({ value: null, detail: expect.stringContaining('first look') })
    expect(find(first, 'queue', 'v2')?.value).toBe(0)
    const second = await look()
    expect(find(second, 'requests', 'v2')).toMatchObject({
      value: 20,
      observations: 20,
      tally: { requests: 20, errors: 4, latency: null },
    })
    expect(find(second, 'error-rate', 'v2')).toMatchObject({ value: 20, unit: 'percent', observations: 20 })
    expect(find(second, 'response-time', 'v2')?.value).toBe((9 * 40 + 11 * 20) / 20)
    expect(find(second, 'retries', 'v2')?.value).toBe(4)
    expect(find(second, 'queue', 'v2')?.value).toBe(3)
    expect(find(second, 'requests', 'v1')?.tally).toEqual({ requests: 80, errors: 0, latency: null })
    // 5 requests that no server took are errors of the service and of neither version.
    expect(find(second, 'requests', null)?.tally).toEqual({ requests: 105, errors: 9, latency: null })
    expect(find(second, 'queue', null)?.value).toBe(5)
  })

  it('takes a backend for each version, by the roles of the release', async () => {
    const tcp = await runtime([
      page([line('blue', 's'), line('blue', 'BACKEND'), line('green', 's'), line('green', 'BACKEND')]),
      page([
        line('blue', 's', { hrsp_2xx: 5 }),
        line('blue', 'BACKEND', { hrsp_2xx: 5 }),
        line('green', 's', { econ: 3 }),
        line('green', 'BACKEND', { hrsp_5xx: 3 }),
      ]),
    ])
    const look = looker({ tcp, backend: { blue: 'stable', green: 'candidate' } })
    await look()
    const samples = await look()
    expect(find(samples, 'requests', 'v1')?.tally).toEqual({ requests: 5, errors: 0, latency: null })
    expect(find(samples, 'requests', 'v2')?.tally).toEqual({ requests: 3, errors: 3, latency: null })
    expect(find(samples, 'requests', null)?.tally).toEqual({ requests: 8, errors: 3, latency: null })
  })

  it('knows nothing across a restart, by the process even where every counter is higher, and goes on behind it', async () => {
    const rows = (count: number) => [
      line('web', 'v1-0', { hrsp_2xx: count }),
      line('web', 'BACKEND', { hrsp_2xx: count }),
    ]
    const tcp = await runtime([page(rows(10), 1), page(rows(50), 2), page(rows(53), 2)])
    const look = looker({ tcp, backend: 'web', servers: '{{version}}-*' }, contextOf(null))
    await look()
    const restarted = await look()
    expect(find(restarted, 'requests', 'v1')).toMatchObject({
      value: null,
      detail: expect.stringContaining('restarted'),
    })
    expect(find(restarted, 'requests', null)?.value).toBeNull()
    expect(find(await look(), 'requests', 'v1')?.value).toBe(3)
  })

  it('reads the statistics page, where counters that go down tell the restart', async () => {
    const pages = [5, 9, 2].map((count) => page([line('web', 'v1', { hrsp_2xx: count }), line('web', 'BACKEND')], null))
    const asked: string[] = []
    const server = createHttpServer((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`)
      response.end(pages.shift())
    })
    const url = `http://admin:pass%20word@127.0.0.1:${await portOf(server)}/stats`
    const look = looker({ url, backend: 'web', servers: '{{version}}' }, contextOf(null))
    await look()
    expect(find(await look(), 'requests', 'v1')?.value).toBe(4)
    expect(find(await look(), 'requests', 'v1')?.value).toBeNull()
    expect(asked[0]).toBe(`Basic ${Buffer.from('admin:pass word').toString('base64')} /stats;csv`)
  })

  it('says that a version has no servers, and still tells of the other', async () => {
    const rows = [line('web', 'v1-0'), line('web', 'BACKEND')]
    const tcp = await runtime([page(rows), page(rows)])
    const look = looker({ tcp, backend: 'web', servers: '{{version}}-*' })
    await look()
    const samples = await look()
    expect(samples.filter(({ version }) => version === 'v2').map(({ value }) => value)).toEqual(Array(7).fill(null))
    expect(find(samples, 'requests', 'v2')?.detail).toBe('HAProxy has no server of v2 in backend web')
    // Nothing came: 0 requests is a fact, an error rate is not.
    expect(find(samples, 'requests', 'v1')).toMatchObject({ value: 0, observations: 0 })
    expect(find(samples, 'error-rate', 'v1')).toMatchObject({ value: null, observations: 0 })
  })

  it('does not take hanging requests for idleness', async () => {
    const rows = [line('web', 'v1-0', { scur: 4 }), line('web', 'BACKEND', { scur: 4 })]
    const tcp = await runtime([page(rows), page(rows)])
    const look = looker({ tcp, backend: 'web', servers: '{{version}}-*' }, contextOf(null))
    await look()
    expect(find(await look(), 'error-rate', 'v1')).toMatchObject({ value: null, observations: null })
  })

  it.each([
    [['UP', 'UP 1/3'], 1],
    [['UP', 'DOWN 1/2'], 0],
    [['UP', 'MAINT'], 1],
    [['MAINT', 'DRAIN'], null],
    [['UP', 'no check'], null],
    [['no check', 'DOWN'], 0],
  ])('servers that are %j: health %s', async (states, health) => {
    const rows = states.map((status, index) => line('web', `v1-${index}`, { status }))
    const look = looker({
      tcp: await runtime([page([...rows, line('web', 'BACKEND')])]),
      backend: 'web',
      servers: '{{version}}-*',
    })
    expect(find(await look(), 'health', 'v1')?.value).toBe(health)
  })

  it('is unknown, with the reason, where nobody answers or the answer is something else', async () => {
    const gone = createServer()
    const port = await portOf(gone)
    open.pop()
    gone.close()
    await once(gone, 'close')
    const unreachable = await looker({ tcp: `127.0.0.1:${port}`, backend: 'web', servers: '{{version}}-*' })()
    expect(unreachable.map(({ value }) => value)).toEqual(Array(21).fill(null))
    expect(unreachable[0]?.detail).toMatch(/ECONNREFUSED/)
    const refused = await looker({ tcp: await runtime(['Permission denied\n']), backend: 'web' })()
    expect(refused[0]).toMatchObject({ value: null, detail: 'Permission denied' })
  })

  it('ends a look that HAProxy does not answer', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume())
    const tcp = `127.0.0.1:${await portOf(server)}`
    const source = haproxy.create(haproxy.options.parse({ tcp, backend: 'web' }), contextOf())
    const samples = await source.sample(1000, AbortSignal.timeout(50))
    expect(samples[0]).toMatchObject({ value: null, detail: 'HAProxy did not answer in time' })
  })

  it('reads fields that are quoted', () => {
    const { rows } = parseStatistics(page([line('web', 's', { last_agt: '"up, ""mostly"""', ttime: 7 })]))
    expect(rows[0]?.number('ttime')).toBe(7)
    expect(rows[0]?.isHttp).toBe(true)
  })

  it('wants one place, and versions on one level', () => {
    const wrong = (given: unknown) => haproxy.options.safeParse(given).success
    expect(wrong({ backend: 'web' })).toBe(false)
    expect(wrong({ tcp: '127.0.0.1:1', socket: 's', backend: 'web' })).toBe(false)
    expect(wrong({ tcp: '127.0.0.1:1', backend: '{{version}}', servers: '{{version}}-*' })).toBe(false)
    expect(wrong(haproxy.failingExample)).toBe(false)
    expect(wrong(haproxy.example)).toBe(true)
  })
})
