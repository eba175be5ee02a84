import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, hasOpenssl, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { redirects } from './redirects.ts'
import { startWeb, type Web } from './web.fixture.ts'

const SECRET = 'canary-of-the-redirects'
let web: Web
let hostile: HostileServer

beforeAll(async () => {
  web = await startWeb(
    (request, response) => {
      const to = (status: number, location: string): void => void response.writeHead(status, { location }).end()
      switch (request.url?.split('?')[0]) {
        case '/silent':
          return
        case '/old':
          return to(301, `${web.tlsUrl}/new`)
        case '/found':
          return to(302, `${web.tlsUrl}/new`)
        case '/far':
          return to(308, '/old')
        case '/back':
          return to(301, `${web.url}/new`)
        case '/round':
          return to(301, '/round')
        case '/script':
          return to(301, 'javascript:alert(1)')
        case '/nowhere':
          return void response.writeHead(301).end()
        case '/lost':
          return to(301, '/missing')
        case '/escapes':
          return to(301, encodeURI(`/x${ANSI}`))
        case '/missing':
          return void response.writeHead(404).end()
        default:
          return void response.end(`here ${request.headers['x-token']}`)
      }
    },
    { overTls: true },
  )
  hostile = await startHostile()
})
afterAll(async () => {
  await web.stop()
  await hostile.stop()
})

const at = (path: string, extra: Record<string, unknown> = {}) => ({
  options: { url: `${web.url}${path}`, caFile: 'cert.pem', ...extra },
  context: { directory: web.directory },
})
const on = (path: string) => ({ options: { url: `${hostile.url}${path}` } })

describe.skipIf(!hasOpenssl())('redirects between http and https', () => {
  checkContract(redirects, {
    passing: () => at('/old', { to: `${web.tlsUrl}/new` }),
    failing: () => at('/found'),
    unverified: () => at('/old', { caFile: 'no-such-file.pem' }),
    slow: () => at('/silent', { timeoutMs: 20_000 }),
    unreachable: { status: 'failed', case: () => ({ options: { url: 'http://127.0.0.1:1/' } }) },
    hostile: {
      'redirects without end': { status: 'failed', case: () => on('/redirects') },
      'a body without end': { status: 'failed', case: () => on('/endless') },
      'a certificate nobody trusts': { status: 'failed', case: () => at('/old', { caFile: undefined }) },
      'no HTTP': { status: 'failed', case: () => ({ options: { url: hostile.garbageUrl } }) },
      'escapes in the address': { status: 'failed', case: () => at('/escapes') },
      'an address that is code': { status: 'failed', case: () => at('/script') },
    },
    secret: {
      value: SECRET,
      case: () =>
        at(`/old?token=${SECRET}`, { headers: { 'x-token': SECRET }, to: `${web.tlsUrl}/new?token=${SECRET}` }),
    },
    mentions: () => [`${web.url}/old`, `${web.tlsUrl}/new`, 'permanent', 'at most 3 hops'],
    recognises: {
      clear: [
        'http://www.shop.internal/ redirects to https://shop.internal/',
        'HTTP redirects to HTTPS',
        'HTTPS redirect enabled for shop.internal',
      ],
      unclear: [
        'Redirect URIs match',
        'Users are redirected after login',
        'Redirects reviewed',
        'http://your-domain.com redirects to https://your-domain.com',
        'Configure the HTTPS redirect',
        'Redirect output to a file',
      ],
    },
  })

  const outcome = (path: string, extra: Record<string, unknown> = {}) => runCheck(redirects, at(path, extra))

  it.each<[string, string, Record<string, unknown>]>([
    ['/round', 'goes round in circles', {}],
    ['/nowhere', 'without saying where to', {}],
    ['/new', 'does not redirect (200)', {}],
    ['/lost', 'the end answered 404', { secure: false }],
    ['/found', 'not permanent: 302', {}],
    ['/far', 'does not end after 1 redirect', { hopsMax: 1 }],
    ['/back', 'does not end at https', {}],
  ])('fails at %s: %s', async (path, words, extra) => {
    expect(await outcome(path, extra)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it('sees a way that leads from https back to http', async () => {
    expect((await outcome('/', { url: `${web.tlsUrl}/back` })).summary).toContain('from https back to http')
    expect((await outcome('/', { url: `${web.tlsUrl}/back`, secure: false })).status).toBe('passed')
  })

  it('compares the way and the end', async () => {
    const to = `${web.tlsUrl}/new`
    expect((await outcome('/far', { to, via: [`${web.url}/old`] })).status).toBe('passed')
    expect((await outcome('/far', { to, via: [] })).summary).toContain('nothing else wanted')
    expect((await outcome('/old', { to: `${web.tlsUrl}/other` })).summary).toContain('/other wanted')
    expect((await outcome('/old', { to: `${to}?page=2` })).summary).toContain('another query wanted')
    expect((await outcome('/far')).measurements).toEqual([{ name: 'redirects', value: 2, unit: 'count' }])
  })

  it('takes redirects that are not permanent where told so', async () => {
    expect((await outcome('/found', { permanent: false })).status).toBe('passed')
  })
})

it('names an address that cannot be reached once', async () => {
  const { summary } = await runCheck(redirects, { options: { url: 'http://127.0.0.1:1/' } })
  expect(summary).toBe('http://127.0.0.1:1/: connect ECONNREFUSED 127.0.0.1:1')
})
