import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { cacheControl, cacheUse, mayBeShared } from './cdn-cache/cache-status.ts'
import { cdnCache } from './cdn-cache.ts'
import { startWeb, type Web } from './web.fixture.ts'

const SECRET = 'canary-of-the-cache'
let web: Web
let hostile: HostileServer
/** How often each path was asked for. */
const counts = new Map<string, number>()

beforeAll(async () => {
  web = await startWeb((request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    const send = (headers: Record<string, string>): void =>
      void response.writeHead(200, headers).end(`x ${request.headers['x-token']}`)
    switch (path) {
      case '/silent':
        return
      case '/app.js':
        return send({ 'cache-control': 'public, max-age=3600', 'x-cache': count > 1 ? 'HIT' : 'MISS' })
      case '/late.js':
        return send({ 'cache-control': 'max-age=60', 'cf-cache-status': count > 3 ? 'HIT' : 'EXPIRED' })
      case '/never.js':
        return send({ 'cache-control': 'max-age=60', 'x-cache': `MISS ${ANSI.replaceAll(/[^ -~]/g, '')}` })
      case '/mute.js':
        return send({ 'cache-control': 'max-age=60' })
      case '/cookie.js':
        return send({ 'x-cache': 'HIT', 'set-cookie': 'session=abc' })
      case '/me':
        return send({ 'cache-control': 'private, no-store' })
      case '/leak':
        return send({ 'cache-control': 'public, max-age=600' })
      case '/kept':
        return send({ age: count > 1 ? '7' : '0' })
      default:
        return send({})
    }
  })
  hostile = await startHostile()
})
beforeEach(() => counts.clear())
afterAll(async () => {
  await web.stop()
  await hostile.stop()
})

const at = (path: string, extra: Record<string, unknown> = {}) => ({ options: { url: `${web.url}${path}`, ...extra } })
const on = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: `${hostile.url}${path}`, ...extra },
})

checkContract(cdnCache, {
  passing: () => at('/app.js', { uncached: ['/me'], maxAgeSecondsMin: 3600, maxAgeSecondsMax: 86_400 }),
  failing: () => at('/never.js'),
  unverified: () => at('/mute.js'),
  slow: () => at('/silent', { timeoutMs: 20_000 }),
  unreachable: { status: 'unverified', case: () => ({ options: { url: 'http://127.0.0.1:1/' } }) },
  hostile: {
    'a body without end': { status: 'unverified', case: () => on('/endless', { requestsMax: 2 }) },
    'redirects without end': { status: 'unverified', case: () => on('/redirects') },
    'a certificate nobody trusts': {
      status: 'unverified',
      case: () => ({ options: { url: hostile.tlsUrl ?? 'https://127.0.0.1:1' } }),
    },
    'no HTTP': { status: 'unverified', case: () => ({ options: { url: hostile.garbageUrl } }) },
    'an error page': { status: 'unverified', case: () => on('/500') },
    'no entry': { status: 'unverified', case: () => on('/401') },
  },
  secret: {
    value: SECRET,
    case: () => at(`/app.js?key=${SECRET}`, { headers: { 'x-token': SECRET }, uncached: [`/leak?key=${SECRET}`] }),
  },
  mentions: () => [`${web.url}/app.js`, 'max-age at least 3600 s', '/me kept by none'],
  failingExample: { against: () => at('/never.js') },
  recognises: {
    clear: [
      'CDN serves https://static.shop.internal/app.js from its cache',
      'Cache headers are set for `/assets/app.js`',
      'Static assets are cached: `/app.css`',
    ],
    unclear: [
      'CDN configured',
      'CDN cache cleared for `/assets/app.js`',
      'Cache hit rate above 80 %',
      'Redis cache hits are correct',
      'Static assets are cached',
    ],
  },
})

const outcome = (path: string, extra: Record<string, unknown> = {}) => runCheck(cdnCache, at(path, extra))

describe('cdn-cache', () => {
  it('asks again where an edge has several machines, but not for ever', async () => {
    expect((await outcome('/late.js')).status).toBe('passed')
    counts.clear()
    expect((await outcome('/late.js', { requestsMax: 3 })).status).toBe('failed')
    expect(counts.get('/late.js')).toBe(3)
  })

  it('bounds the time it may be kept', async () => {
    expect((await outcome('/app.js', { maxAgeSecondsMin: 3601 })).summary).toContain(
      'max-age is 3600 s, at least 3601 s',
    )
    expect((await outcome('/app.js', { maxAgeSecondsMax: 60 })).status).toBe('failed')
    expect((await outcome('/kept', { maxAgeSecondsMin: 1 })).summary).toContain('has no max-age')
    expect((await outcome('/app.js', { sharedMaxAgeSecondsMin: 7200 })).summary).toContain('caches keep it 3600 s')
  })

  it('fails where what is private is kept, or may be', async () => {
    expect((await outcome('/app.js', { uncached: ['/leak'] })).summary).toContain('/leak may be kept')
    expect((await outcome('/app.js', { uncached: ['/kept'] })).summary).toContain('/kept comes from a cache (age: 7)')
    expect((await outcome('/app.js', { uncached: ['/plain'] })).status).toBe('unverified')
  })

  it('fails where a cache gives everybody the same cookies, and where caching is forbidden', async () => {
    expect((await outcome('/cookie.js')).summary).toContain('same cookies')
    expect((await outcome('/me')).summary).toContain('forbids caches')
    expect((await outcome('/me', { hit: false })).status).toBe('passed')
  })
})

describe('what an answer says of caches', () => {
  it.each<[Record<string, string>, string | null]>([
    [{ 'cache-status': 'Edge; hit; ttl=300' }, 'hit'],
    [{ 'cache-status': 'Origin; fwd=uri-miss; stored, Edge; fwd=miss' }, 'miss'],
    [{ 'cache-status': 'Edge; fwd=bypass' }, 'bypass'],
    [{ 'cf-cache-status': 'REVALIDATED' }, 'hit'],
    [{ 'cf-cache-status': 'DYNAMIC' }, 'bypass'],
    [{ 'x-cache': 'Hit from cloudfront' }, 'hit'],
    [{ 'x-cache': 'RefreshMiss' }, null],
    [{ 'x-cache': 'TCP_MEM_HIT from edge' }, 'hit'],
    [{ 'x-cache': 'MISS, HIT', 'x-cache-hits': '0, 4' }, 'hit'],
    [{ 'x-cache-status': 'MISS' }, 'miss'],
    [{ 'x-varnish': '32770 5' }, 'hit'],
    [{ 'x-varnish': '32770' }, 'miss'],
    [{ age: '0' }, null],
    [{ age: '12' }, 'hit'],
    [{ 'server-timing': 'cdn-cache; desc=HIT, edge; dur=1' }, 'hit'],
    [{ 'server-timing': 'hit; dur=3' }, null],
    [{ 'x-cache': 'whatever' }, null],
    [{}, null],
  ])('%j: %s', (headers, use) => {
    expect(cacheUse(headers).use).toBe(use)
  })

  it.each<[string, boolean | null]>([
    ['public, max-age=60', true],
    ['max-age=0', false],
    ['s-maxage=0, max-age=60', false],
    ['max-age="60"', true],
    ['no-cache', false],
    ['', null],
    ['max-age=soon', null],
  ])('Cache-Control %s may be shared: %s', (value, shared) => {
    expect(mayBeShared(cacheControl({ 'cache-control': value }))).toBe(shared)
  })
})
