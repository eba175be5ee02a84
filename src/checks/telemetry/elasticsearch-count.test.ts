// Answers as the count API of Elasticsearch and OpenSearch documents them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { elasticsearchCount } from './elasticsearch-count.ts'

const TOKEN = 'es-very-secret'
let api: JsonApi
let now = { matching: 0 as unknown, all: 100 as unknown, failed: 0 }
beforeAll(async () => {
  api = await startJsonApi(({ body }) => {
    const count = body.includes('"query":"*"') ? now.all : now.matching
    return { body: { count, _shards: { total: 2, successful: 2 - now.failed, skipped: 0, failed: now.failed } } }
  })
})
afterAll(() => api.stop())

const given = (change: Partial<typeof now>, options: object = {}) => {
  now = { matching: 0, all: 100, failed: 0, ...change }
  return { options: { url: api.url, index: 'logs-*', query: 'level:error', countMax: 5, ...options } }
}
const ask = (change: Partial<typeof now>, options: object = {}) => runCheck(elasticsearchCount, given(change, options))

checkContract(elasticsearchCount, {
  passing: () => given({ matching: 5 }),
  failing: () => given({ matching: 6 }),
  ...instrumentCases((url) => ({ url, index: 'logs-*', query: 'level:error', countMax: 5 })),
  secret: { value: TOKEN, case: () => given({}, { token: TOKEN }) },
  mentions: () => [api.url, 'logs-*', 'level:error', 'at most 5', '1 h'],
  failingExample: { against: () => given({ matching: 6 }) },
})

describe('elasticsearch-count', () => {
  it('asks for the newest stretch only', async () => {
    await ask({}, { lastMs: '30 min', timeField: 'at' })
    const { url, body } = api.requests.at(-1) ?? { body: '{}' }
    expect(url?.pathname).toBe('/logs-*/_count')
    const since = JSON.parse(body).query.bool.filter[1].range.at.gte as number
    expect(Math.abs(Date.now() - since - 1_800_000)).toBeLessThan(60_000)
  })

  it('takes an empty stretch, half an answer and no number for unknown', async () => {
    expect((await ask({ all: 0 })).status).toBe('unverified')
    expect((await ask({ failed: 1 })).status).toBe('unverified')
    expect((await ask({ matching: 'many' })).status).toBe('unverified')
  })

  it('wants some where it is told to', async () => {
    expect((await ask({ matching: 2 }, { countMin: 3 })).status).toBe('failed')
  })
})
