import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startJsonApi, type ApiAnswer, type JsonApi } from '../../test/servers/json-api.ts'
import { askJson } from './ask-json.ts'

let api: JsonApi
let next: ApiAnswer = {}
beforeAll(async () => {
  api = await startJsonApi(() => next)
})
afterAll(() => api.stop())

const ask = (answer: ApiAnswer, more: object = {}) => {
  next = answer
  return askJson({ system: 'GitHub', url: api.url, timeoutMs: 10_000, ...more }, new AbortController().signal)
}
const refused = async (answer: ApiAnswer): Promise<{ message: string; hint: string; retryable: boolean }> =>
  ask(answer).then(
    () => Promise.reject(new Error('it was answered')),
    ({ message, hint, retryable }) => ({ message, hint, retryable }),
  )

describe('askJson', () => {
  it('gives the parsed answer, and nothing for an empty one', async () => {
    expect(await ask({ body: { a: [1] } })).toMatchObject({ status: 200, data: { a: [1] } })
    expect(await ask({ status: 204, body: '' })).toMatchObject({ status: 204, data: undefined })
  })

  it('gives wanted statuses as an answer, in JSON or not', async () => {
    expect(await ask({ status: 404, body: '<html>' }, { statuses: [404] })).toMatchObject({
      status: 404,
      data: undefined,
    })
  })

  it('says what the error says, and what to do', async () => {
    expect(await refused({ status: 403, body: { message: 'Resource not accessible' } })).toMatchObject({
      message: 'answered 403: Resource not accessible',
      hint: expect.stringContaining('token'),
    })
    expect(await refused({ status: 404 })).toMatchObject({ hint: expect.stringContaining('private') })
    expect(await refused({ status: 200, body: '<html>' })).toMatchObject({ message: 'answered 200, and not in JSON' })
    expect(await refused({ status: 502, body: 'bad gateway' })).toMatchObject({ retryable: true })
  })

  it.each<[string, ApiAnswer]>([
    ['retry-after in seconds', { status: 429, headers: { 'retry-after': '3600' } }],
    [
      'retry-after as a date',
      { status: 403, headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() } },
    ],
    [
      'a reset in seconds of the epoch',
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.round(Date.now() / 1000) + 3600) },
      },
    ],
    ['a reset in seconds from now', { status: 429, headers: { 'ratelimit-reset': '3600' } }],
  ])('says when to come back: %s', async (_, answer) => {
    const { message, retryable } = await refused(answer)
    const at = /until (\S+)$/.exec(message)?.[1] ?? ''
    expect(retryable).toBe(true)
    expect(Math.abs(Date.parse(at) - Date.now() - 3_600_000)).toBeLessThan(60_000)
  })

  it('takes a plain 403 for no rate limit', async () => {
    const { message } = await refused({
      status: 403,
      headers: { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '99999999999' },
    })
    expect(message).toBe('answered 403')
  })
})
