import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { http } from './http.ts'

const PASSWORD = 'correct-horse-battery'
let server: Server
let base = ''

const answer: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '/', base)
  if (pathname === '/silent') return
  if (pathname === '/moved') return response.writeHead(302, { location: '/health' }).end()
  if (pathname === '/broken') return response.writeHead(503).end('overloaded')
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
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

checkContract(http, {
  passing: () => ({ options: { url: `${base}/health`, json: { status: 'ok' }, responseTimeMsMax: 10_000 } }),
  failing: () => ({ options: { url: `${base}/broken` } }),
  unverified: () => ({ options: { url: `${base}/health`, caFile: 'no-such-file.pem' } }),
  slow: () => ({ options: { url: `${base}/silent` } }),
  secret: {
    value: PASSWORD,
    case: () => ({ options: { url: base.replace('//', `//ops:${PASSWORD}@`), headers: { 'x-api-key': PASSWORD } } }),
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
