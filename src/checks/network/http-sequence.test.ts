import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { CookieJar } from './http-sequence/cookie-jar.ts'
import { httpSequence } from './http-sequence.ts'
import { startWeb, type Web } from './web.fixture.ts'

const PASSWORD = 'canary-of-the-password'
const TOKEN = 'canary-of-the-token'
const SESSION = 'canary-of-the-session'
let web: Web
let hostile: HostileServer
/** What was asked, as method and path. */
let asked: string[] = []

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://x')
  const body = await text(request)
  asked.push(`${request.method} ${request.url}`)
  const send = (status: number, value: unknown, headers: Record<string, string | string[]> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  const hasSession = request.headers.cookie?.includes(`sid=${SESSION}`)
  switch (pathname) {
    case '/silent':
      return
    case '/login':
      if (!body.includes(PASSWORD)) return send(401, { error: `wrong password ${body}` })
      return send(
        200,
        { token: TOKEN, user: { id: 7 } },
        { 'set-cookie': [`sid=${SESSION}; Path=/; HttpOnly`, 'theme=dark'] },
      )
    case '/form':
      return send(302, {}, { location: '/home', 'set-cookie': `sid=${SESSION}; Path=/` })
    case '/home':
      return send(hasSession ? 200 : 401, { page: 'home' })
    case '/orders':
      if (request.headers.authorization !== `Bearer ${TOKEN}`)
        return send(403, { token: request.headers.authorization })
      return send(201, { id: 42, owner: 7, name: 'a/b c' }, { location: '/orders/42' })
    case '/orders/42':
      return send(hasSession ? 200 : 401, { id: 42, token: TOKEN })
    case '/named/a%2Fb%20c':
      return send(200, {})
    case '/away':
      return send(200, { next: 'http://127.0.0.2:1/steal' })
    default:
      return send(404, { path: pathname })
  }
}

beforeAll(async () => {
  web = await startWeb((request, response) => void answer(request, response))
  hostile = await startHostile()
})
beforeEach(() => {
  asked = []
})
afterAll(async () => {
  await web.stop()
  await hostile.stop()
})

const logIn = (extra: Record<string, unknown> = {}) => ({
  name: 'log in',
  method: 'POST',
  url: '/login',
  bodyJson: { user: 'smoke', password: '{{password}}' },
  extract: { token: { json: 'token' }, user: { json: 'user.id' } },
  ...extra,
})
const order = (extra: Record<string, unknown> = {}) => ({
  name: 'order',
  method: 'POST',
  url: '/orders',
  headers: { authorization: 'Bearer {{token}}' },
  status: 201,
  json: { owner: '{{user}}' },
  extract: { order: { header: 'location', matches: '/orders/(\\d+)' }, place: { header: 'location' } },
  ...extra,
})
const read = (extra: Record<string, unknown> = {}) => ({
  name: 'read it',
  url: '/orders/{{order}}',
  json: { id: 42 },
  ...extra,
})
const sequence = (steps: unknown[], extra: Record<string, unknown> = {}) => ({
  options: { url: web.url, variables: { password: PASSWORD }, steps, ...extra },
})
const on = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: hostile.url, steps: [{ name: 'ask', url: path, ...extra }], timeoutMs: 5000 },
})

checkContract(httpSequence, {
  passing: () => sequence([logIn(), order(), read()]),
  failing: () => sequence([logIn(), order(), read({ json: { id: 43 } })]),
  unverified: () => sequence([logIn()], { caFile: 'no-such-file.pem' }),
  slow: () => ({ options: { url: web.url, steps: [{ name: 'wait', url: '/silent' }], timeoutMs: 20_000 } }),
  unreachable: {
    status: 'failed',
    case: () => ({ options: { url: 'http://127.0.0.1:1', steps: [{ name: 'ask', url: '/' }] } }),
  },
  hostile: {
    'a body without end': { status: 'unverified', case: () => on('/endless', { bodyContains: 'needle' }) },
    'JSON without end': { status: 'failed', case: () => on('/endless-json', { extract: { id: { json: 'id' } } }) },
    'redirects without end': { status: 'failed', case: () => on('/redirects', { followRedirects: true }) },
    'a certificate nobody trusts': {
      status: 'failed',
      case: () => ({ options: { url: hostile.tlsUrl ?? 'https://127.0.0.1:1', steps: [{ name: 'ask', url: '/' }] } }),
    },
    'escapes for terminals': { status: 'failed', case: () => on('/ansi-json', { json: { status: 'ok' } }) },
    'no JSON': { status: 'failed', case: () => on('/not-json', { extract: { id: { json: 'id' } } }) },
    'no HTTP': {
      status: 'failed',
      case: () => ({ options: { url: hostile.garbageUrl, steps: [{ name: 'ask', url: '/' }] } }),
    },
    'a pattern that takes for ever': {
      status: 'unverified',
      case: () => on('/endless', { bodyMatches: '^(x+)+y' }),
    },
  },
  secret: {
    value: PASSWORD,
    case: () => sequence([logIn({ bodyJson: { user: 'smoke', password: `${PASSWORD}` }, status: 401 })]),
  },
  mentions: () => ['3 requests in order', `log in (POST ${web.url}/login`, `read it (GET ${web.url}/orders/{{order}}`],
})

const outcome = (steps: unknown[], extra: Record<string, unknown> = {}) =>
  runCheck(httpSequence, sequence(steps, extra))

describe('http-sequence', () => {
  it('names the step that failed, and does not go on', async () => {
    expect(await outcome([logIn(), order({ headers: {} }), read()])).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/^step 2 of 3, order: POST \S+\/orders answered 403: status 201 wanted/),
    })
    expect(asked).toEqual(['POST /login', 'POST /orders'])
  })

  it('shows nothing that was taken from an answer, nor what an answer sends back', async () => {
    const outcomes = [
      await outcome([logIn(), order(), read({ json: { token: 'other' } })]),
      await outcome([logIn(), order({ headers: { authorization: 'Basic {{token}}' } })]),
      await outcome([
        { name: 'log in', method: 'POST', url: '/login', form: { password: `${PASSWORD}x` }, status: 202 },
      ]),
      await outcome([{ name: 'log in', method: 'POST', url: '/login', bodyJson: { q: 'short' }, status: 200 }]),
    ]
    for (const one of outcomes) {
      expect(one.status).toBe('failed')
      for (const secret of [PASSWORD, TOKEN, SESSION]) expect(JSON.stringify(one)).not.toContain(secret)
    }
  })

  it('keeps cookies, of redirects too', async () => {
    expect((await outcome([{ name: 'home', url: '/home', status: 401 }])).status).toBe('passed')
    expect(
      (
        await outcome([
          { name: 'sign in', method: 'POST', url: '/form', followRedirects: true, json: { page: 'home' } },
        ])
      ).status,
    ).toBe('passed')
    expect(asked.slice(-2)).toEqual(['POST /form', 'GET /home'])
  })

  it('writes values into addresses so that they stay one part of them', async () => {
    const named = order({ extract: { name: { json: 'name' } } })
    expect((await outcome([logIn(), named, { name: 'named', url: '/named/{{name}}' }])).status).toBe('passed')
  })

  it('asks below its address', async () => {
    const below = { name: 'below', url: '/42' }
    await outcome([below, { name: 'beside', url: '{{place}}' }], {
      url: `${web.url}/orders?x=1`,
      variables: { place: '/home' },
    })
    expect(asked).toEqual(['GET /orders/42'])
    asked = []
    const options = {
      url: `${web.url}/orders`,
      variables: { place: '/home' },
      steps: [{ name: 'beside', url: '{{place}}', status: 401 }],
    }
    expect(await runCheck(httpSequence, { options })).toMatchObject({ status: 'passed' })
    expect(asked).toEqual(['GET /home'])
  })

  it('goes where an answer says, but to no other host', async () => {
    expect((await outcome([logIn(), order(), { name: 'go', url: '{{place}}' }])).status).toBe('passed')
    const away = { name: 'away', url: '/away', extract: { next: { json: 'next' } } }
    expect((await outcome([away, { name: 'go', url: '{{next}}' }])).summary).toContain('it leads to another host')
  })

  it('says which value it did not find', async () => {
    const one = logIn({
      extract: { id: { json: 'session.id' }, csrf: { cookie: 'csrf' }, word: { matches: 'w(o)rd' } },
    })
    const { summary } = await outcome([one])
    expect(summary).toContain('no id: there is no session.id of the body')
    expect(summary).toContain('no csrf: there is no cookie csrf')
    expect(summary).toContain('no word: the body does not match')
  })

  it('cleans up whatever came of the steps, where it knows how', async () => {
    const end = [
      { name: 'never known', url: '/orders/{{order}}' },
      { name: 'log out', url: '/home' },
    ]
    const { summary } = await outcome([logIn(), order({ status: 200 })], { finally: end })
    expect(summary).toContain('step 2 of 2, order')
    expect(asked).toEqual(['POST /login', 'POST /orders', 'GET /orders/42', 'GET /home'])
    asked = []
    expect((await outcome([logIn({ status: 418 }), order()], { finally: end })).status).toBe('failed')
    expect(asked).toEqual(['POST /login', 'GET /home'])
  })

  it('bounds the time of all together', async () => {
    expect((await outcome([logIn()], { durationMsMax: 0.001 })).summary).toContain('at most 0.001 ms wanted')
  })

  it('refuses names that nothing gives a value, and two bodies at once', () => {
    const refused = (steps: unknown[]): boolean => !httpSequence.options.safeParse({ steps }).success
    expect(refused([{ name: 'a', url: 'http://a.test/{{id}}' }])).toBe(true)
    expect(refused([{ name: 'a', url: 'http://a.test/', body: 'x', form: { y: 'z' } }])).toBe(true)
    expect(refused([{ name: 'a', url: 'http://a.test/', extract: { id: {} } }])).toBe(true)
    expect(refused([{ name: 'a', url: 'http://a.test/', extract: { id: { json: 'a', header: 'b' } } }])).toBe(true)
  })
})

describe('cookies of a sequence', () => {
  const from = new URL('https://app.shop.test/admin/login')
  const sent = (header: string, to: string): string => {
    const jar = new CookieJar()
    jar.take([header], from)
    return jar.headerFor(new URL(to))
  }

  it.each<[string, string, string]>([
    ['a=1', 'https://app.shop.test/admin/x', 'a=1'],
    ['a=1', 'https://app.shop.test/other', ''],
    ['a=1; Path=/', 'https://app.shop.test/other', 'a=1'],
    ['a=1; Path=/ad', 'https://app.shop.test/admin', ''],
    ['a=1; Path=/', 'https://shop.test/', ''],
    ['a=1; Path=/; Domain=shop.test', 'https://www.shop.test/', 'a=1'],
    ['a=1; Path=/; Domain=.shop.test', 'https://evilshop.test/', ''],
    ['a=1; Path=/; Domain=other.test', 'https://other.test/', ''],
    ['a=1; Path=/; Domain=test', 'https://x.test/', ''],
    ['a=1; Path=/; Secure', 'http://app.shop.test/', ''],
    ['a=1; Path=/; Max-Age=0', 'https://app.shop.test/', ''],
    ['a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'https://app.shop.test/', ''],
    ['a=b=c; Path=/', 'https://app.shop.test/', 'a=b=c'],
    ['nothing', 'https://app.shop.test/admin/', ''],
  ])('%s to %s: %s', (header, to, wanted) => {
    expect(sent(header, to)).toBe(wanted)
  })

  it('forgets what is taken back, and keeps a bounded number', () => {
    const jar = new CookieJar()
    jar.take(['a=1; Path=/', 'a=2; Path=/', 'b=1; Path=/', 'b=; Path=/; Max-Age=0'], from)
    expect(jar.headerFor(from)).toBe('a=2')
    for (let count = 0; count < 5; count++)
      jar.take(
        Array.from({ length: 90 }, (_, at) => `c${count}x${at}=1`),
        from,
      )
    expect(jar.values().length).toBeLessThanOrEqual(100)
  })
})
