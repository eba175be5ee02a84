import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { uptime } from './uptime.ts'

const TOKEN = 'prom-very-secret'
let api: JsonApi
let now: { up: number[]; known: number[]; restarts: number[] }
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    if (url.pathname === '/figure') return { body: { monitors: [{ ratio: '99.95%', name: 'shop' }] } }
    const query = url.searchParams.get('query') ?? ''
    const values = query.startsWith('avg') ? now.up : query.startsWith('count') ? now.known : now.restarts
    const result = values.map((value, index) => ({ metric: { instance: `shop-${index}` }, value: [1, String(value)] }))
    return { body: { status: 'success', data: { resultType: 'vector', result } } }
  })
})
afterAll(() => api.stop())

const DAY_STEPS = 1000
const given = (seen: Partial<typeof now>, options: object = {}) => {
  now = { up: [100], known: [DAY_STEPS], restarts: [0], ...seen }
  return { options: { url: api.url, selector: 'job="shop"', ...options } }
}
const ask = (seen: Partial<typeof now>, options: object = {}) => runCheck(uptime, given(seen, options))

checkContract(uptime, {
  passing: () => given({}, { restartsMax: 0 }),
  failing: () => given({ up: [100, 98.5] }),
  ...instrumentCases((url) => ({ url })),
  secret: { value: TOKEN, case: () => given({}, { token: TOKEN }) },
  mentions: () => [api.url, 'job="shop"', '99.9 %', '1 day', '0 restarts'],
  failingExample: { against: () => given({ up: [100, 98.5] }) },
  recognises: {
    clear: [
      {
        text: 'Uptime of the shop above 99.5% over 7 days',
        thresholds: [thresholdOf('>', 99.5, 'percent', 'above 99.5%')],
      },
      'No restarts for 24 hours',
      'No crashes in the first 2 hours',
      'No unexpected restarts in 12 hours',
    ],
    unclear: [
      { text: 'Error rate over 5%', thresholds: [thresholdOf('>', 5, 'percent', 'over 5%')] },
      'Uptime monitoring configured for 24 hours',
      'No crashes',
      'If no restarts for 24 hours, close the incident',
    ],
  },
})

describe('uptime', () => {
  it('judges the worst target', async () => {
    expect(await ask({ up: [100, 98.5], known: [DAY_STEPS, DAY_STEPS] })).toMatchObject({
      status: 'failed',
      summary: '{instance="shop-1"} was up 98.5 % over 1 day, at least 99.9 % wanted',
      measurements: [{ name: 'uptime', value: 98.5, unit: 'percent' }],
    })
  })

  it('counts restarts, and does not know of them where no process says when it was started', async () => {
    expect(await ask({ restarts: [0, 2] }, { restartsMax: 0 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2 restarts'),
    })
    expect((await ask({ restarts: [0, 2] }, { restartsMax: 2 })).status).toBe('passed')
    expect((await ask({ restarts: [] }, { restartsMax: 0 })).status).toBe('unverified')
  })

  it('does not take an hour for a day', async () => {
    expect(await ask({ known: [40] })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('only 4 %'),
    })
    expect((await ask({ known: [] })).status).toBe('unverified')
    expect((await ask({ up: [] })).status).toBe('unverified')
  })

  it('takes a figure from JSON', async () => {
    const figure = (jsonPath: string, percentMin = 99.9) => ask({}, { url: `${api.url}/figure`, jsonPath, percentMin })
    expect((await figure('monitors[0].ratio')).status).toBe('passed')
    expect((await figure('monitors[0].ratio', 99.99)).status).toBe('failed')
    expect((await figure('monitors[0].name')).status).toBe('unverified')
  })
})
