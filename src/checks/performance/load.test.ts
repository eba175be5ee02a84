import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { hasOpenssl, selfSigned, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { load } from './load.ts'

const PASSWORD = 'correct-horse-battery'
const servers: (Server | TcpServer)[] = []
let hostile: HostileServer
let base = ''
let seen: { path: string; method: string; body: string; at: number; port: number; authorization: string }[] = []

function answer(request: IncomingMessage, response: ServerResponse): void {
  let body = ''
  const { url: path = '', method = '', headers } = request
  const at = performance.now()
  const port = request.socket.remotePort ?? 0
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    seen.push({ path, method, body, at, port, authorization: headers.authorization ?? '' })
    if (path.startsWith('/slow')) return void setTimeout(() => response.end(), 40)
    if (path.startsWith('/last')) return void response.writeHead(200, { connection: 'close' }).end('bye')
    if (path.startsWith('/tenth') && seen.length % 10 === 0) return void response.writeHead(500).end()
    response.end('hello')
  })
}

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  hostile = await startHostile()
  base = `http://127.0.0.1:${await listen(createServer(answer))}`
})
afterAll(async () => {
  for (const server of servers) {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  }
  await hostile.stop()
})

/** A short load; late requests of a busy machine are no matter here unless a test says so. */
const at = (url: string, extra: Record<string, unknown> = {}) => ({
  options: { url, requestsPerSecond: 200, duration: 100, threads: 1, ...extra },
})
const few = { requestsPerSecond: 50, connectionsMax: 4, timeoutMs: 100 }

checkContract(load, {
  passing: () => ({
    options: { url: `${base}/`, maximum: true, duration: 150, connectionsMax: 2, latencyMsMax: { p50: 5000 } },
  }),
  failing: () => at(`${base}/tenth`, { errorPercentMax: 5 }),
  unverified: () => at(`${base}/`, { latencyMsMax: { p999: 5000 } }),
  slow: () => at(`${hostile.url}/silent`, { timeoutMs: 20_000, duration: 20_000 }),
  unreachable: { status: 'failed', case: () => at('http://127.0.0.1:1/') },
  hostile: {
    'a body of 10 GB': { status: 'failed', case: () => at(`${hostile.url}/endless`, few) },
    'redirects without end': { status: 'failed', case: () => at(`${hostile.url}/redirects`, { ...few, status: 200 }) },
    silence: { status: 'failed', case: () => at(`${hostile.url}/silent`, few) },
    'a byte now and then': { status: 'failed', case: () => at(`${hostile.url}/drip`, few) },
    'no HTTP': { status: 'failed', case: () => at(hostile.garbageUrl, few) },
    'a certificate nobody trusts': {
      status: hasOpenssl() ? 'failed' : 'unverified',
      case: () => at(hostile.tlsUrl ?? 'https://127.0.0.1:1/', hostile.tlsUrl ? few : { caFile: 'none.pem' }),
    },
  },
  secret: {
    value: PASSWORD,
    case: () =>
      at(`${base.replace('//', `//ops:${PASSWORD}@`)}/?key=${PASSWORD}`, {
        headers: { 'x-key': PASSWORD },
        requests: [{ method: 'POST', body: PASSWORD, headers: { cookie: PASSWORD } }],
      }),
  },
  mentions: () => [`${base}/`, '2 connections', 'p50 at most 5000 ms', '1 %'],
  recognises: {
    clear: [
      'Load test passed against https://staging.shop.internal/ at 500 RPS',
      { label: 'Load', text: 'Sustained 1,200 requests/s' },
      {
        text: 'Under load of 300 req/s p95 stays below 200 ms',
        thresholds: [{ ...thresholdOf('<', 200, 'ms', 'p95 stays below 200 ms'), aggregate: 'p95' }],
      },
    ],
    unclear: [
      'Load test completed',
      'Load test of 500 RPS planned',
      'Load balancer answers',
      'Alert when load is over 500 RPS',
      'Load tested at 500 RPS against https://your-app.com/',
      'Database sustains 1000 requests/s',
      'Rate limit of 100 requests per second',
    ],
  },
})

describe('load', () => {
  it('sends every request once, at the moment it is due, and each by its weight', async () => {
    seen = []
    const requests = [
      { path: '/a?x=1', weight: 3 },
      { method: 'POST', body: 'ä body' },
    ]
    const url = `${base.replace('//', '//ann:secret%20word@')}/own`
    const outcome = await runCheck(load, at(url, { requests, requestsPerSecond: 500, duration: 400, threads: 2 }))
    expect(outcome.measurements).toContainEqual({ name: 'requests', value: 200, unit: 'count' })
    expect(seen).toHaveLength(200)
    expect(seen.filter(({ path }) => path === '/a?x=1').length).toBeCloseTo(150, -1)
    expect(seen.find(({ method }) => method === 'POST')).toMatchObject({ path: '/own', body: 'ä body' })
    const authorization = `Basic ${Buffer.from('ann:secret word').toString('base64')}`
    expect(new Set(seen.map((one) => one.authorization))).toEqual(new Set([authorization]))
    expect((seen.at(-1)?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThan(350)
  })

  it('counts from the moment a request was due: what waits behind a slow answer is slow too', async () => {
    const options = { requestsPerSecond: 100, duration: 200, connectionsMax: 1, timeoutMs: 20_000 }
    const outcome = await runCheck(load, at(`${base}/slow`, { ...options, latencyMsMax: { p50: 250 } }))
    const p50 = outcome.measurements.find(({ name }) => name === 'latency p50')?.value ?? 0
    // The tenth of twenty waits for nine answers of 40 ms each, and was due at 90 ms.
    expect(p50).toBeGreaterThan(300)
    // Its own answer was not slow: one connection was too few, and that is the load's own fault.
    expect(outcome).toMatchObject({ status: 'unverified', summary: expect.stringContaining('left too late') })
  })

  it('says so when requests never left, and does not pass', async () => {
    const options = { requestsPerSecond: 200, duration: 300, connectionsMax: 1, timeoutMs: 60, errorPercentMax: 100 }
    expect(await runCheck(load, at(`${base}/slow`, options))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('never left'),
      remedy: expect.stringContaining('more connections'),
    })
  })

  it('opens connections as they are needed, keeps them, and opens new ones where the server ends them', async () => {
    seen = []
    await runCheck(load, { options: { url: base, maximum: true, duration: 500, connectionsMax: 3, threads: 2 } })
    expect(new Set(seen.map(({ port }) => port)).size).toBe(3)
    expect(seen.length).toBeGreaterThan(3)
    seen = []
    expect(await runCheck(load, at(`${base}/last`))).toMatchObject({
      measurements: expect.arrayContaining([{ name: 'error rate', value: 0, unit: 'percent' }]),
    })
    expect(new Set(seen.map(({ port }) => port)).size).toBe(seen.length)
  })

  it('does not count what warms up', async () => {
    seen = []
    const outcome = await runCheck(load, at(base, { warmUp: 200, duration: 100 }))
    expect(outcome.measurements).toContainEqual({ name: 'requests', value: 20, unit: 'count' })
    expect(seen).toHaveLength(60)
  })

  it('fails where less than is wanted was answered, by a service that is slow and not a generator that is', async () => {
    const options = { url: `${base}/slow`, maximum: true, duration: 100, connectionsMax: 2 }
    expect(await runCheck(load, { options: { ...options, requestsPerSecondMin: 1000 } })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('at least 1000 requests/s wanted'),
    })
  })

  it('takes only the statuses that count as good', async () => {
    expect(await runCheck(load, at(base, { status: [201, 204] }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('errors 100 %'),
    })
  })

  it('calls a connection that ends before the answer does an error', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf'))
      }),
    )
    const { status, evidence } = await runCheck(load, at(`http://127.0.0.1:${port}`))
    expect(status).toBe('failed')
    expect(evidence[0]?.content).toContain('closed before the answer was whole')
  })

  it('takes an answer that ends with its connection', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'))
      }),
    )
    expect((await runCheck(load, at(`http://127.0.0.1:${port}`))).measurements).toContainEqual({
      name: 'error rate',
      value: 0,
      unit: 'percent',
    })
  })

  it.skipIf(!hasOpenssl())('asks over TLS, by a certificate authority of its own', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-load-test-'))
    const [key, cert] = selfSigned(directory)
    const port = await listen(createTlsServer({ key, cert }, answer))
    for (const host of ['127.0.0.1', 'localhost']) {
      const options = { caFile: 'cert.pem', requestsPerSecond: 50 }
      const outcome = await runCheck(load, { ...at(`https://${host}:${port}/`, options), context: { directory } })
      expect(outcome.measurements).toContainEqual({ name: 'error rate', value: 0, unit: 'percent' })
    }
    rmSync(directory, { recursive: true })
  })

  it.each([
    ['two kinds of load', { maximum: true }],
    ['no time', { duration: 0 }],
    ['more than a day', { duration: '25 h' }],
    ['another host', { requests: [{ path: '//elsewhere.internal/' }] }],
    ['another host, hidden', { requests: [{ path: '/\t/elsewhere.internal/' }] }],
    ['another host, by a backslash', { requests: [{ path: '/\\elsewhere.internal/' }] }],
    ['two headers in one', { headers: { a: 'b\r\nc: d' } }],
    ['a header that is the generator’s business', { headers: { 'Content-Length': '5' } }],
    ['a rate by a tool that keeps none', { tool: 'wrk' }],
    ['a rate by another tool that keeps none', { tool: 'hey' }],
    ['a warm-up by a tool', { tool: 'k6', warmUp: 1000 }],
  ])('refuses %s', (_, extra) => {
    expect(load.options.safeParse(at('http://shop.internal/', extra).options).success).toBe(false)
  })

  it('ramps in stages', async () => {
    const stages = [
      { requestsPerSecond: 200, duration: 100 },
      { requestsPerSecond: 200, duration: 50 },
    ]
    const outcome = await runCheck(load, { options: { url: base, stages, threads: 1 } })
    expect(outcome.measurements).toContainEqual({ name: 'requests', value: 20, unit: 'count' })
  })

  it('is proposed with the rate and the response times that the words name', () => {
    const words = { text: 'Under load of 1,000 req/s p95 stays below 200 ms' }
    const thresholds = [{ ...thresholdOf('<', 200, 'ms', 'p95 stays below 200 ms'), aggregate: 'p95' }]
    expect(load.recognise?.(itemOf({ ...words, thresholds }))?.options).toEqual({
      url: '${env:BASE_URL}/',
      requestsPerSecond: 1000,
      requestsPerSecondMin: 990,
      latencyMsMax: { p95: 200 },
    })
  })

  it('names a tool that is not installed', async () => {
    const options = { url: base, maximum: true, duration: 200, tool: 'k6' }
    expect(await runCheck(load, { options, context: { env: { PATH: '/nowhere' } } })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('k6 is not installed'),
      remedy: expect.stringContaining('install k6'),
    })
  })
})
