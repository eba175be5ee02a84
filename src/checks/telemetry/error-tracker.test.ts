// Answers as Sentry and Bugsnag document them: neither can be had on a test machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type ApiAnswer, type JsonApi } from '../../../test/servers/json-api.ts'
import { errorTracker } from './error-tracker.ts'

const TOKEN = 'sntrys-very-secret'
let api: JsonApi
let answer: ApiAnswer = {}
beforeAll(async () => {
  api = await startJsonApi(() => answer)
})
afterAll(() => api.stop())

const given = (now: ApiAnswer, options: object = {}) => {
  answer = now
  return { options: { service: 'sentry', organization: 'acme', project: 'shop', url: api.url, ...options } }
}
const ask = (now: ApiAnswer, options: object = {}) => runCheck(errorTracker, given(now, options))
const issue = (title: string) => ({ id: '1', title, level: 'error', count: '12' })
const json = (more: object) => ({ service: 'json', organization: undefined, project: undefined, ...more })

checkContract(errorTracker, {
  passing: () => given({ body: [] }, { release: 'shop@1.4.0' }),
  failing: () => given({ body: [issue('TypeError: x is undefined')] }),
  ...instrumentCases((url) => ({ service: 'sentry', organization: 'acme', project: 'shop', url })),
  secret: { value: TOKEN, case: () => given({ body: [issue('boom')] }, { token: TOKEN }) },
  mentions: () => ['sentry', 'shop@1.4.0', 'at most 0 unresolved issues'],
  failingExample: { against: () => given({ body: { total: 3 } }) },
  recognises: {
    clear: [
      'No new errors in Sentry',
      'Sentry shows no unresolved issues',
      'No critical exceptions reported to Bugsnag',
    ],
    unclear: ['Sentry configured', 'No errors in the logs', 'Watch Sentry for errors', 'If no errors in Sentry, go on'],
  },
})

describe('error-tracker', () => {
  it('asks Sentry for what is new in a release or since a time', async () => {
    await ask({ body: [] }, { release: 'shop@1.4.0', since: '2026-11-21T20:00:00+01:00', environment: 'production' })
    const asked = api.requests.at(-1)?.url
    expect(asked?.pathname).toBe('/api/0/projects/acme/shop/issues/')
    expect(asked?.searchParams.get('query')).toBe(
      'is:unresolved firstRelease:"shop@1.4.0" firstSeen:>=2026-11-21T19:00:00',
    )
    expect(asked?.searchParams.get('environment')).toBe('production')
  })

  it('takes the number in all from the header, and names some', async () => {
    expect(await ask({ body: [issue('A'), issue('B')], headers: { 'x-hits': '240' } })).toMatchObject({
      status: 'failed',
      summary: '240 issues, at most 0 wanted: A, B',
      measurements: [{ name: 'issues', value: 240, unit: 'count' }],
    })
  })

  it('does not take one page for all of them', async () => {
    const link = (results: boolean) => ({ link: `<${api.url}/x>; rel="next"; results="${results}"; cursor="0:100:0"` })
    expect((await ask({ body: [issue('A')], headers: link(true) }, { countMax: 5 })).status).toBe('unverified')
    expect((await ask({ body: [issue('A')], headers: link(false) }, { countMax: 5 })).status).toBe('passed')
  })

  it('asks Bugsnag for open errors', async () => {
    const options = {
      service: 'bugsnag',
      organization: undefined,
      release: '1.4.0',
      headers: { authorization: `token ${TOKEN}` },
    }
    const body = [{ error_class: 'TypeError', message: 'x is undefined' }]
    expect(await ask({ body, headers: { 'x-total-count': '3' } }, options)).toMatchObject({
      status: 'failed',
      summary: '3 issues, at most 0 wanted: TypeError x is undefined',
    })
    const { url, headers } = api.requests.at(-1) ?? {}
    expect(url?.searchParams.get('filters[version.introduced_in][][value]')).toBe('1.4.0')
    expect(headers?.authorization).toBe(`token ${TOKEN}`)
  })

  it('reads any JSON by path, by the length of a list, or by a header', async () => {
    const now = { body: { data: { total: 2, items: [1, 2, 3] } }, headers: { 'x-issues': '4' } }
    expect((await ask(now, json({ countAt: 'data.total', countMax: 2 }))).status).toBe('passed')
    expect((await ask(now, json({ listAt: 'data.items', countMax: 2 }))).status).toBe('failed')
    expect((await ask(now, json({ countHeader: 'X-Issues', countMax: 3 }))).status).toBe('failed')
    expect((await ask({ body: [1] }, json({ listAt: '', countMax: 1 }))).status).toBe('passed')
    for (const countAt of ['data.nothing', 'data.items'])
      expect((await ask(now, json({ countAt }))).status).toBe('unverified')
  })

  it('wants the options of its service', () => {
    expect(errorTracker.options.safeParse({ service: 'sentry' }).success).toBe(false)
    expect(
      errorTracker.options.safeParse({ service: 'json', url: 'http://x', countAt: 'a', listAt: 'b' }).success,
    ).toBe(false)
  })
})
