import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { hasOpenssl, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { startJsonApi, type ApiAnswer, type JsonApi } from '../../../test/servers/json-api.ts'
import { cdnInvalidation } from './cdn-invalidation.ts'

const TOKEN = 'cdn-very-secret'
let cdn: JsonApi
let origin: JsonApi
let hostile: HostileServer
/** What the CDN answers, look by look; the last one stays. */
let copies: ApiAnswer[] = []
let original: ApiAnswer = {}
beforeAll(async () => {
  cdn = await startJsonApi(() => (copies.length > 1 ? copies.shift() : copies[0]))
  origin = await startJsonApi(() => original)
  hostile = await startHostile()
})
afterAll(() => Promise.all([cdn, origin, hostile].map((server) => server.stop())))

const given = (now: ApiAnswer[], from: ApiAnswer, options: object = {}) => {
  copies = [...now]
  original = from
  return { options: { url: cdn.url, origin: origin.url, ...options } }
}
const ask = (now: ApiAnswer[], from: ApiAnswer, options: object = {}) =>
  runCheck(cdnInvalidation, given(now, from, options))
const text = (body: string, headers = {}): ApiAnswer => ({ body, headers })
const at = (name: string) => ({ options: { url: `${hostile.url}/${name}`, marker: 'v2' } })

checkContract(cdnInvalidation, {
  passing: () => given([text('v2')], text('v2'), { marker: 'v2' }),
  failing: () => given([text('v1')], text('v2')),
  unverified: () => given([text('v1')], { status: 503 }),
  slow: () => ({ options: { url: `${hostile.url}/silent`, marker: 'v2' } }),
  unreachable: { status: 'failed', case: () => ({ options: { url: 'http://127.0.0.1:1', marker: 'v2' } }) },
  hostile: {
    ...Object.fromEntries(
      ['endless', 'redirects', 'ansi', '500', '401'].map((name) => [
        name,
        { status: 'failed' as const, case: () => at(name) },
      ]),
    ),
    'no HTTP': { status: 'failed', case: () => ({ options: { url: hostile.garbageUrl, marker: 'v2' } }) },
    ...(hasOpenssl()
      ? {
          'a certificate that nobody trusts': {
            status: 'failed' as const,
            case: () => ({ options: { url: `${hostile.tlsUrl}/ansi`, marker: 'red' } }),
          },
        }
      : {}),
  },
  secret: {
    value: TOKEN,
    case: () =>
      given([text('v1')], text('v2'), { url: cdn.url.replace('//', `//me:${TOKEN}@`), headers: { 'x-key': TOKEN } }),
  },
  mentions: () => [cdn.url, origin.url, 'the same content', '"v2"'],
})

describe('cdn-invalidation', () => {
  it('asks again until the new content is there', async () => {
    const outcome = await ask([text('v1'), text('v1'), text('v2')], text('v2'), { withinMs: '20 s', everyMs: 10 })
    expect(outcome).toMatchObject({ status: 'passed', measurements: [{ name: 'time until it was new', unit: 'ms' }] })
  })

  it('gives up when the time is over, and says what the CDN says of its copy', async () => {
    expect(
      await ask([text('v1', { age: '812', 'x-cache': 'HIT' })], text('v2'), { withinMs: 50, everyMs: 10 }),
    ).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/within 50 ms: \/: not what the origin has \(age 812, x-cache HIT\)/),
    })
  })

  it('compares ETags, strong or weak, where told to', async () => {
    const etag = (tag: string) => text(tag, { etag: tag })
    expect((await ask([etag('W/"1"')], etag('"1"'), { compare: 'etag' })).status).toBe('passed')
    expect((await ask([etag('"1"')], etag('"2"'), { compare: 'etag' })).status).toBe('failed')
    expect((await ask([text('v1')], etag('"2"'), { compare: 'etag' })).status).toBe('unverified')
  })

  it('judges every path', async () => {
    expect((await ask([text('v2'), text('v1')], text('v2'), { paths: ['/a?b=1', '/c'] })).status).toBe('failed')
    expect(
      cdn.requests
        .slice(-2)
        .map(({ url }) => url.pathname + url.search)
        .toSorted(),
    ).toEqual(['/a?b=1', '/c'])
  })
})
