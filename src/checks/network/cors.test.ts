import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { cors } from './cors.ts'
import { startWeb, type Web } from './web.fixture.ts'

const SECRET = 'canary-of-the-origins'
const SHOP = 'https://shop.test'
let web: Web
let hostile: HostileServer

/** Rules by route: whom it lets in, as servers do it well and badly. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { origin = '' } = request.headers
  const [, route = ''] = /^\/([\w-]*)/.exec(request.url ?? '') ?? []
  if (route === 'silent') return
  if (route === 'broken') return void response.writeHead(500).end()
  if (route === 'strict' && origin !== '' && origin !== SHOP) return void response.writeHead(403).end()
  const isIn =
    route === 'echo' || (route === 'suffix' && origin.endsWith('shop.test')) || (route !== 'none' && origin === SHOP)
  const grant: Record<string, string> =
    route === 'star'
      ? { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }
      : route === 'open'
        ? { 'access-control-allow-origin': '*' }
        : isIn
          ? { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
          : {}
  if (request.method === 'OPTIONS') {
    const preflight = { 'access-control-allow-methods': 'PUT, DELETE', 'access-control-allow-headers': 'Authorization' }
    return void response.writeHead(route === 'redirecting' ? 302 : 204, { ...grant, ...preflight }).end()
  }
  response.writeHead(route === 'posted' ? 405 : 200, { ...grant, 'x-echo': request.headers['x-token'] ?? '' }).end('{}')
}

beforeAll(async () => {
  web = await startWeb(answer)
  hostile = await startHostile()
})
afterAll(async () => {
  await web.stop()
  await hostile.stop()
})

const at = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: `${web.url}/${path}`, allowedOrigins: [SHOP], ...extra },
})
const on = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: `${hostile.url}/${path}`, ...extra },
})

checkContract(cors, {
  passing: () => at('orders', { method: 'PUT', requestHeaders: ['Authorization'], credentials: true }),
  failing: () => at('echo'),
  unverified: () => at('broken'),
  slow: () => at('silent', { timeoutMs: 20_000 }),
  unreachable: { status: 'unverified', case: () => ({ options: { url: 'http://127.0.0.1:1/' } }) },
  hostile: {
    'a body without end': { status: 'passed', case: () => on('endless') },
    'redirects without end': { status: 'passed', case: () => on('redirects') },
    'a certificate nobody trusts': {
      status: 'unverified',
      case: () => ({ options: { url: hostile.tlsUrl ?? 'https://127.0.0.1:1' } }),
    },
    'no HTTP': { status: 'unverified', case: () => ({ options: { url: hostile.garbageUrl } }) },
    'an answer that drips': { status: 'unverified', case: () => on('drip', { timeoutMs: 300 }) },
  },
  secret: { value: SECRET, case: () => at(`orders?key=${SECRET}`, { headers: { 'x-token': SECRET } }) },
  mentions: () => [`${web.url}/orders`, `${SHOP} is let in`, 'https://origin.invalid is not', 'Authorization'],
  failingExample: { against: () => at('echo') },
  recognises: {
    clear: [
      'CORS configured for the API',
      'CORS origins restricted to production domains',
      'CORS allows only https://shop.internal',
      'CORS works on `/api/orders`',
    ],
    unclear: [
      'CORS',
      'CORS errors are gone',
      'Review CORS settings',
      'If CORS is enabled, restrict it',
      'Scores are correct',
    ],
  },
})

const outcome = (path: string, extra: Record<string, unknown> = {}) => runCheck(cors, at(path, extra))

describe('cors', () => {
  it('fails where an allowed origin is not let in', async () => {
    expect(await outcome('none')).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('Access-Control-Allow-Origin is missing'),
    })
  })

  it('fails where every origin is echoed, and names it', async () => {
    expect((await outcome('echo')).summary).toContain('https://origin.invalid is let in')
    expect((await outcome('suffix', { refusedOrigins: ['https://evil-shop.test'] })).status).toBe('failed')
  })

  it('takes "*" where everybody may read, never together with credentials', async () => {
    expect((await outcome('open')).status).toBe('failed')
    expect((await outcome('open', { anyOrigin: true, refusedOrigins: [] })).status).toBe('passed')
    expect((await outcome('star', { anyOrigin: true, refusedOrigins: [] })).summary).toContain(
      'together with credentials',
    )
  })

  it('asks the preflight for methods and headers', async () => {
    expect((await outcome('orders', { method: 'PATCH' })).summary).toContain('may not use PATCH')
    expect((await outcome('orders', { requestHeaders: ['x-tenant'] })).summary).toContain('may not send x-tenant')
    expect((await outcome('redirecting')).summary).toContain('answered 302')
    expect((await outcome('redirecting', { preflight: false })).status).toBe('passed')
  })

  it('judges credentials only where asked to', async () => {
    expect((await outcome('orders', { credentials: false })).status).toBe('failed')
  })

  it('takes a server that turns strange origins away, and one that is only posted to', async () => {
    expect((await outcome('strict')).status).toBe('passed')
    expect((await outcome('posted')).status).toBe('passed')
    expect((await outcome('posted', { preflight: false })).status).toBe('unverified')
  })

  it('refuses what is no origin', () => {
    expect(cors.options.safeParse({ url: 'https://a.test/', allowedOrigins: ['https://a.test/path'] }).success).toBe(
      false,
    )
  })
})
