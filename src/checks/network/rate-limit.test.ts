import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { rateLimit } from './rate-limit.ts'
import { startWeb, type Web } from './web.fixture.ts'

const SECRET = 'canary-of-the-limit'
let web: Web
let hostile: HostileServer
let asked = 0
/** Since when it limits, in a test of recovery. */
let limitedAt: number | null = null

beforeAll(async () => {
  web = await startWeb((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/silent') return
    asked++
    if (path === '/free') return void response.end(String(request.headers['x-token']))
    if (path === '/breaks') return void response.writeHead(asked > 3 ? 503 : 200).end()
    if (asked <= 5 && path !== '/shut') return void response.writeHead(200).end()
    limitedAt ??= performance.now()
    if (path === '/recovers' && performance.now() - limitedAt > 150) return void response.writeHead(200).end()
    const retryAfter: Record<string, string> =
      path === '/mute' || path === '/recovers'
        ? {}
        : { 'retry-after': path === '/odd' ? 'soon' : path === '/dated' ? 'Fri, 01 Jan 2100 00:00:00 GMT' : '30' }
    response.writeHead(429, { ...retryAfter, 'x-ratelimit-limit': '5' }).end(`slow down ${request.headers['x-token']}`)
  })
  hostile = await startHostile()
})
beforeEach(() => {
  asked = 0
  limitedAt = null
})
afterAll(async () => {
  await web.stop()
  await hostile.stop()
})

const at = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: `${web.url}${path}`, requestsMax: 20, atOnceMax: 2, ...extra },
})
const on = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: `${hostile.url}${path}`, requestsMax: 5, ...extra },
})

checkContract(rateLimit, {
  passing: () => at('/limited', { retryAfter: true }),
  failing: () => at('/free'),
  unverified: () => at('/breaks'),
  slow: () => at('/silent', { timeoutMs: 20_000 }),
  unreachable: { status: 'unverified', case: () => ({ options: { url: 'http://127.0.0.1:1/' } }) },
  hostile: {
    'a body without end': { status: 'failed', case: () => on('/endless') },
    'redirects without end': { status: 'failed', case: () => on('/redirects') },
    'a certificate nobody trusts': {
      status: 'unverified',
      case: () => ({ options: { url: hostile.tlsUrl ?? 'https://127.0.0.1:1' } }),
    },
    'no HTTP': { status: 'unverified', case: () => ({ options: { url: hostile.garbageUrl } }) },
    'an error page': { status: 'unverified', case: () => on('/500') },
    'an answer that drips': { status: 'unverified', case: () => on('/drip', { timeoutMs: 300 }) },
  },
  secret: {
    value: SECRET,
    case: () =>
      at(`/limited?key=${SECRET}`, { method: 'POST', headers: { 'x-token': SECRET }, body: `word=${SECRET}` }),
  },
  mentions: () => [`${web.url}/limited`, '429 within 20 requests', 'Retry-After'],
  failingExample: { against: () => at('/free') },
  recognises: {
    clear: [
      'Rate limiting configured',
      'Rate limiting works on `/api/login`',
      'https://shop.internal/api returns 429 once it is throttled',
    ],
    unclear: [
      'Rate limiting',
      'Monitor rate limit metrics',
      'Rate limits of the payment provider verified',
      'Review rate limiting',
      'Rate limiting settings configured',
      'Rate limiting works on https://your-api.com/',
    ],
  },
})

const outcome = (path: string, extra: Record<string, unknown> = {}) => runCheck(rateLimit, at(path, extra))

describe('rate-limit', () => {
  it('stops at the first that is limited, and never sends more than allowed', async () => {
    await outcome('/limited')
    expect(asked).toBeLessThanOrEqual(8)
    asked = 0
    await outcome('/free')
    expect(asked).toBe(20)
  })

  it('fails a limit that lets too few through', async () => {
    expect((await outcome('/shut')).summary).toContain('let through 0 requests, at least 1 wanted')
    expect((await outcome('/limited', { requestsMin: 10 })).status).toBe('failed')
  })

  it('wants a Retry-After that says something', async () => {
    expect((await outcome('/mute', { retryAfter: true })).summary).toContain('without Retry-After')
    asked = 0
    expect((await outcome('/odd', { retryAfter: true })).summary).toContain('neither seconds nor a date')
    asked = 0
    expect((await outcome('/dated', { retryAfter: true })).status).toBe('passed')
  })

  it('does not wait for a recovery that is announced too late', async () => {
    expect(await outcome('/limited', { recoveryMsMax: 1000 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('come back in 30000 ms'),
    })
  })

  it('sees it let one in again, or not', async () => {
    expect(await outcome('/recovers', { recoveryMsMax: 20_000 })).toMatchObject({
      status: 'passed',
      measurements: expect.arrayContaining([{ name: 'recovery time', value: expect.any(Number), unit: 'ms' }]),
    })
    asked = 0
    expect((await outcome('/mute', { recoveryMsMax: 200 })).summary).toContain('still does after')
  })

  it('says what to do where it limits by a status of its own', async () => {
    expect((await outcome('/breaks')).remedy).toContain('let it answer 429, or name the status')
    asked = 0
    expect((await outcome('/breaks', { status: [429, 503] })).status).toBe('passed')
  })
})
