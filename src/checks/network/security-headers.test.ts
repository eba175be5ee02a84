import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { hasOpenssl, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { policyComplaints, restrictsFrames } from './security-headers/content-security-policy.ts'
import { securityHeaders } from './security-headers.ts'
import { startWeb, type Web } from './web.fixture.ts'

const SECRET = 'canary-of-the-headers'
const GOOD: Record<string, string> = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer, strict-origin-when-cross-origin',
  server: 'shop',
}
let web: Web
let hostile: HostileServer
/** What the server sends; each test may change it. */
let sent: Record<string, string> = GOOD

beforeAll(async () => {
  web = await startWeb(
    (request, response) => {
      if (request.url === '/silent') return
      if (request.url?.startsWith('/echo'))
        return void response.writeHead(200, { ...GOOD, 'x-echo': `${request.headers['x-token']} ${request.url}` }).end()
      response.writeHead(request.url === '/gone' ? 503 : 200, sent).end('<p>shop</p>')
    },
    { overTls: true },
  )
  hostile = await startHostile()
})
afterAll(async () => {
  await web.stop()
  await hostile.stop()
})

const at = (extra: Record<string, unknown> = {}, path = '/') => ({
  options: { url: `${web.tlsUrl}${path}`, caFile: 'cert.pem', ...extra },
  context: { directory: web.directory },
})
const statusWith = async (change: Record<string, string | undefined>, options: Record<string, unknown> = {}) => {
  const entries = Object.entries({ ...GOOD, ...change }).filter(([, value]) => value !== undefined)
  sent = Object.fromEntries(entries) as Record<string, string>
  try {
    return await runCheck(securityHeaders, at(options))
  } finally {
    sent = GOOD
  }
}

describe.skipIf(!hasOpenssl())('security-headers over TLS', () => {
  checkContract(securityHeaders, {
    passing: () => at(),
    failing: () => ({ options: { url: web.url } }),
    unverified: () => at({}, '/gone'),
    slow: () => at({ timeoutMs: 20_000 }, '/silent'),
    unreachable: { status: 'unverified', case: () => ({ options: { url: 'http://127.0.0.1:1/' } }) },
    hostile: {
      'a body without end': { status: 'failed', case: () => ({ options: { url: `${hostile.url}/endless` } }) },
      'redirects without end': { status: 'unverified', case: () => ({ options: { url: `${hostile.url}/redirects` } }) },
      'a certificate nobody trusts': { status: 'unverified', case: () => ({ options: { url: web.tlsUrl } }) },
      'no HTTP': { status: 'unverified', case: () => ({ options: { url: hostile.garbageUrl } }) },
      'an answer that drips': {
        status: 'unverified',
        case: () => ({ options: { url: `${hostile.url}/drip`, timeoutMs: 300 } }),
      },
      'no entry': { status: 'unverified', case: () => ({ options: { url: `${hostile.url}/401` } }) },
    },
    secret: {
      value: SECRET,
      case: () => at({ headers: { 'x-token': SECRET } }, `/echo?token=${SECRET}`),
    },
    mentions: () => ['Strict-Transport-Security', '180 days', `${web.tlsUrl}/`],
    failingExample: { against: () => ({ options: { url: web.url } }) },
    recognises: {
      clear: [
        'Security headers configured',
        'https://shop.internal/ sends its security headers: all set',
        'HSTS headers enabled on shop.internal',
        'Content-Security-Policy header is present on `/login`',
      ],
      unclear: [
        'Security headers',
        'Review security headers',
        'CSP headers configured (optional)',
        'Headers of the table are set',
        'Security headers present on https://your-site.com',
      ],
    },
  })

  it.each<[string, Record<string, string | undefined>, string]>([
    ['a short HSTS', { 'strict-transport-security': 'max-age=3600' }, 'lasts 0 days, at least 180 wanted'],
    ['an HSTS without figure', { 'strict-transport-security': 'includeSubDomains' }, 'has no max-age'],
    ['no HSTS', { 'strict-transport-security': undefined }, 'Strict-Transport-Security is missing'],
    [
      'no policy',
      { 'content-security-policy': undefined, 'x-frame-options': 'DENY' },
      'Content-Security-Policy is missing',
    ],
    [
      'a policy that is only reported',
      {
        'content-security-policy': undefined,
        'content-security-policy-report-only': "default-src 'self'",
        'x-frame-options': 'DENY',
      },
      'only reported',
    ],
    ['sniffing', { 'x-content-type-options': undefined }, 'nosniff is missing'],
    ['frames of everybody', { 'content-security-policy': "default-src 'self'" }, 'out of frames'],
    [
      'a frame option that browsers ignore',
      { 'content-security-policy': "default-src 'self'", 'x-frame-options': 'ALLOW-FROM x' },
      'out of frames',
    ],
    ['a referrer for all', { 'referrer-policy': 'unsafe-url' }, 'Referrer-Policy is unsafe-url'],
    ['a version', { server: 'nginx/1.22.1' }, 'server tells a version'],
    ['a version of the framework', { 'x-powered-by': 'PHP/8.2' }, 'x-powered-by tells a version'],
  ])('fails with %s', async (_, change, words) => {
    expect(await statusWith(change)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it('wants what it is told to want, and no more', async () => {
    expect((await statusWith({}, { hstsPreload: true })).summary).toContain('no preload')
    expect((await statusWith({}, { permissionsPolicy: true })).summary).toContain('Permissions-Policy is missing')
    expect((await statusWith({ 'x-powered-by': 'shop' }, { absent: ['X-Powered-By'] })).status).toBe('failed')
    expect((await statusWith({ 'strict-transport-security': undefined }, { hsts: false })).status).toBe('passed')
    expect((await statusWith({ 'referrer-policy': undefined }, { referrerPolicy: false })).status).toBe('passed')
    expect((await statusWith({ server: 'nginx/1.2' }, { versionsHidden: false })).status).toBe('passed')
  })

  it('judges the page of an error only where that is the page', async () => {
    expect((await runCheck(securityHeaders, at({ status: 503 }, '/gone'))).status).toBe('passed')
  })
})

describe('a Content-Security-Policy', () => {
  it.each<[string, string]>([
    ["default-src 'self' 'unsafe-inline'", 'unsafe-inline in default-src'],
    ["script-src 'self' 'unsafe-eval'", 'unsafe-eval in script-src'],
    ["default-src 'self'; style-src 'unsafe-inline'", 'unsafe-inline in style-src'],
    ['script-src *', 'come from *'],
    ["img-src 'self'", 'come from anywhere'],
    ['', 'says nothing'],
  ])('%s is complained about: %s', (value, words) => {
    expect(policyComplaints(value, [], []).join('; ')).toContain(words)
  })

  it.each([
    "default-src 'self'",
    "script-src 'nonce-abc' 'unsafe-inline'",
    "script-src 'strict-dynamic' 'nonce-abc' https: 'unsafe-inline'",
    "default-src 'none'; script-src 'self'; SCRIPT-SRC *",
    "script-src *, script-src 'self'",
  ])('%s protects', (value) => {
    expect(policyComplaints(value, [], [])).toEqual([])
  })

  it('may allow by name, and must have what is asked for', () => {
    expect(policyComplaints("default-src 'unsafe-inline'", ['unsafe-inline'], [])).toEqual([])
    expect(policyComplaints("default-src 'self'", [], ['frame-ancestors'])).toEqual([
      'Content-Security-Policy has no frame-ancestors',
    ])
  })

  it('says who may frame a page', () => {
    expect(restrictsFrames("frame-ancestors 'self'")).toBe(true)
    expect(restrictsFrames('frame-ancestors *')).toBe(false)
    expect(restrictsFrames("default-src 'self'")).toBe(false)
  })
})
