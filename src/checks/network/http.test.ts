import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { http } from './http.ts'

const PASSWORD = 'correct-horse-battery'
let server: Server
let base = ''
let hostile: HostileServer

const answer: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '/', base)
  if (pathname === '/silent') return
  if (pathname === '/moved') return response.writeHead(302, { location: '/health' }).end()
  if (pathname === '/broken') return response.writeHead(503).end('overloaded')
  if (pathname === '/issues') return response.end(JSON.stringify({ access_token: 'given-out-to-us' }))
  if (pathname === '/numbers')
    return response
      .writeHead(200, { 'content-type': 'application/json', 'x-build': 'v12' })
      .end(JSON.stringify({ depth: 7, name: 'shop', list: [1, 2], state: 'up' }))
  if (pathname === '/text') return response.end('all good')
  if (pathname === '/endless') return void endless(response)
  if (pathname === '/private') {
    const right = request.headers.authorization === `Basic ${Buffer.from(`ops:${PASSWORD}`).toString('base64')}`
    return response.writeHead(right ? 200 : 401).end()
  }
  response.end(JSON.stringify({ status: 'ok', checks: [{ name: 'database', up: true }], method: request.method }))
}

function endless(response: Parameters<RequestListener>[1]): void {
  const block = Buffer.alloc(65_536, 'x')
  const write = (): void => {
    while (!response.destroyed && response.write(block));
  }
  response.on('drain', write)
  write()
}

beforeAll(async () => {
  server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  hostile = await startHostile()
})
afterAll(async () => {
  await hostile.stop()
  server.close()
  server.closeAllConnections()
})

const on = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: `${hostile.url}${path}`, ...extra },
})

checkContract(http, {
  passing: () => ({ options: { url: `${base}/health`, json: { status: 'ok' }, responseTimeMsMax: 10_000 } }),
  failing: () => ({ options: { url: `${base}/broken` } }),
  unverified: () => ({ options: { url: `${base}/health`, caFile: 'no-such-file.pem' } }),
  slow: () => ({ options: { url: `${base}/silent` } }),
  unreachable: { status: 'failed', case: () => ({ options: { url: 'http://127.0.0.1:1/health' } }) },
  hostile: {
    'a body without end': { status: 'passed', case: () => on('/endless') },
    'JSON without end': { status: 'unverified', case: () => on('/endless-json', { json: { status: 'ok' } }) },
    'redirects without end': { status: 'failed', case: () => on('/redirects', { followRedirects: true }) },
    'a certificate nobody trusts': {
      status: 'failed',
      case: () => ({ options: { url: hostile.tlsUrl ?? 'https://127.0.0.1:1' } }),
    },
    'an answer that drips': { status: 'failed', case: () => on('/drip', { timeoutMs: 300 }) },
    'escapes for terminals': { status: 'passed', case: () => on('/ansi', { bodyContains: 'red' }) },
    'escapes for terminals in what is compared': {
      status: 'failed',
      case: () => on('/ansi-json', { json: { status: 'ok' } }),
    },
    'no JSON': { status: 'failed', case: () => on('/not-json', { json: { status: 'ok' } }) },
    'no HTTP': { status: 'failed', case: () => ({ options: { url: hostile.garbageUrl } }) },
    'a body on which a pattern takes for ever': {
      status: 'unverified',
      case: () => on('/endless', { bodyMatches: '^(x+)+y' }),
    },
  },
  secret: {
    value: PASSWORD,
    case: () => ({
      options: {
        url: `${hostile.url.replace('//', `//ops:${PASSWORD}@`)}/echo?key=${PASSWORD}`,
        method: 'POST',
        headers: { 'x-api-key': PASSWORD, authorization: `Bearer ${PASSWORD}` },
        body: JSON.stringify({ password: PASSWORD }),
        json: { body: 'other' },
      },
    }),
  },
  mentions: () => [`${base}/health`, '200', 'status is "ok"'],
  recognises: {
    clear: [
      'Health endpoint http://localhost:3000/health responds',
      { text: 'API returns 204', label: 'Probe (`http://localhost:3000/ready`)' },
      'https://shop.internal/health returns HTTP 200',
      '`/readyz` returns 200',
      '`GET /api/orders` responds',
      'Liveness at /healthz answers',
    ],
    unclear: [
      'API responds',
      'https://your-api.com/health responds',
      'See https://shop.internal/wiki for the runbook',
      '`POST /orders` returns 201',
      '`/admin` is protected and returns 403 if nobody is logged in',
      '`/etc/nginx/nginx.conf` is available',
      '`/health` and `/ready` respond',
    ],
  },
})

const statusOf = async (options: Record<string, unknown>): Promise<string> => (await runCheck(http, { options })).status

describe('http', () => {
  it('fails where nothing listens: being reachable is its claim', async () => {
    expect(await runCheck(http, { options: { url: 'http://127.0.0.1:1/' } })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('ECONNREFUSED'),
      remedy: expect.stringMatching(/service runs/),
    })
  })

  it('says how to trust a certificate that it does not', async () => {
    const { summary } = await runCheck(http, { options: { url: hostile.tlsUrl ?? '' } })
    expect(summary).toMatch(/certificate \(`caFile` names an authority to trust\)$/)
  })

  it('fails when its own time is over before the answer is', async () => {
    const outcome = await runCheck(http, { options: { url: `${base}/silent`, timeoutMs: 50 } })
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no whole answer within 50 ms'),
    })
  })

  it('takes any of several statuses', async () => {
    expect(await statusOf({ url: `${base}/broken`, status: [200, 503] })).toBe('passed')
  })

  it('follows redirects only where asked to', async () => {
    expect(await statusOf({ url: `${base}/moved` })).toBe('failed')
    expect(await statusOf({ url: `${base}/moved`, followRedirects: true })).toBe('passed')
  })

  it('looks for text in the body', async () => {
    expect(await statusOf({ url: `${base}/text`, bodyContains: 'good' })).toBe('passed')
    expect(await statusOf({ url: `${base}/text`, bodyContains: 'bad' })).toBe('failed')
  })

  it('compares values in a JSON body by path, and their types too', async () => {
    const url = `${base}/health`
    expect(await statusOf({ url, json: { 'checks.0.up': true, '$.status': 'ok' } })).toBe('passed')
    expect(await statusOf({ url, json: { 'checks.0.up': 'true' } })).toBe('failed')
    expect(await statusOf({ url, json: { 'status.length': 2 } })).toBe('failed')
    expect(await statusOf({ url: `${base}/text`, json: { status: 'ok' } })).toBe('failed')
  })

  it('compares values in a JSON body beyond being the same', async () => {
    const url = `${base}/numbers`
    const right = {
      depth: { max: 10, min: 3 },
      name: { matches: '^sh' },
      gone: { exists: false },
      list: { lengthMin: 2 },
    }
    expect(await statusOf({ url, json: { ...right, state: { oneOf: ['up', 'idle'] }, 'list[0]': { not: 5 } } })).toBe(
      'passed',
    )
    for (const json of [
      { depth: { max: 6 } },
      { depth: { min: 8 } },
      { name: { max: 10 } },
      { name: { matches: '^x' } },
      { list: { matches: '1' } },
      { name: { exists: false } },
      { gone: { exists: true } },
      { gone: { max: 10 } },
      { gone: { not: 3 } },
      { list: { lengthMax: 1 } },
      { depth: { lengthMin: 1 } },
      { state: { oneOf: ['down'] } },
      { state: { not: 'up' } },
    ])
      expect(await statusOf({ url, json }), JSON.stringify(json)).toBe('failed')
    expect(http.options.safeParse({ url, json: { depth: {} } }).success).toBe(false)
  })

  it('compares response headers by value, text and pattern', async () => {
    const url = `${base}/numbers`
    const withHeaders = (responseHeaders: Record<string, unknown>) => statusOf({ url, responseHeaders })
    expect(
      await withHeaders({ 'X-Build': 'v12', 'content-type': { contains: 'json' }, 'x-none': { exists: false } }),
    ).toBe('passed')
    expect(await withHeaders({ 'x-build': { matches: '^v\\d+$', exists: true } })).toBe('passed')
    expect(await withHeaders({ 'x-build': 'v1' })).toBe('failed')
    expect(await withHeaders({ 'x-build': { matches: '^w' } })).toBe('failed')
    expect(await withHeaders({ 'x-build': { exists: false } })).toBe('failed')
    expect(await withHeaders({ 'x-none': { matches: '.*' } })).toBe('failed')
    expect(await withHeaders({ 'x-none': { contains: '' } })).toBe('failed')
  })

  it('looks for several texts, for none of some, and for patterns', async () => {
    const url = `${base}/text`
    expect(await statusOf({ url, bodyContains: ['all', 'good'], bodyLacks: 'error', bodyMatches: '^all\\s' })).toBe(
      'passed',
    )
    expect(await statusOf({ url, bodyContains: ['all', 'bad'] })).toBe('failed')
    expect(await statusOf({ url, bodyLacks: ['error', 'good'] })).toBe('failed')
    expect(await statusOf({ url, bodyMatches: ['good$', '^good'] })).toBe('failed')
    expect(await statusOf({ url: `${base}/endless`, bodyLacks: 'needle' })).toBe('unverified')
    expect(await statusOf({ url: `${base}/endless`, bodyLacks: 'xxx' })).toBe('failed')
    expect(await statusOf({ url: `${base}/endless`, status: 201, bodyContains: 'needle' })).toBe('failed')
  })

  it('says who it is where told to', async () => {
    const url = `${hostile.url}/echo`
    expect(await statusOf({ url, userAgent: 'gonogo/1', json: { 'headers["user-agent"]': 'gonogo/1' } })).toBe('passed')
  })

  it('shows no part of a secret where what came back is cut', async () => {
    const long = Array.from({ length: 30 }, (_, at) => `part${at}`).join('-')
    const asked = { url: `${hostile.url}/echo`, headers: { 'x-key': long } }
    const outcomes = [
      await runCheck(http, { options: { ...asked, json: { 'headers["x-key"]': 'other' } } }),
      await runCheck(http, { options: { ...asked, bodyContains: 'needle' } }),
    ]
    for (const outcome of outcomes) expect(JSON.stringify(outcome)).not.toMatch(/part\d/)
  })

  it('shows no token that an answer gives out', async () => {
    const outcome = await runCheck(http, { options: { url: `${base}/issues` } })
    expect(JSON.stringify(outcome)).not.toContain('given-out-to-us')
  })

  it('fails an answer that takes longer than allowed', async () => {
    expect(await statusOf({ url: `${base}/health`, responseTimeMsMax: 0.001 })).toBe('failed')
  })

  it('stops reading a body that never ends, and does not judge what it has not read', async () => {
    expect(await statusOf({ url: `${base}/endless` })).toBe('passed')
    expect(await statusOf({ url: `${base}/endless`, bodyContains: 'needle' })).toBe('unverified')
  })

  it('signs in with the user and password of the URL', async () => {
    expect(await statusOf({ url: `${base.replace('//', `//ops:${PASSWORD}@`)}/private` })).toBe('passed')
    expect(await statusOf({ url: `${base}/private` })).toBe('failed')
  })

  it('reports time and status as measurements', async () => {
    const { measurements } = await runCheck(http, { options: { url: `${base}/health` } })
    expect(measurements).toEqual([
      { name: 'response time', value: expect.any(Number), unit: 'ms' },
      { name: 'status', value: 200, unit: 'count' },
    ])
  })

  it('accepts a reference in the place of an address, to be resolved later', () => {
    const options = http.options.parse({ url: 'https://${env:HOST}/health' })
    expect(http.describe(options)).toContain('https://${env:HOST}/health')
  })
})
