import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { prometheusQuery } from './prometheus-query.ts'

const TOKEN = 'glsa-very-secret'
let api: JsonApi

/** Queries of these tests are the values to answer with: `shop=1 admin=NaN`. */
function series(query: string): { metric: Record<string, string>; text: string }[] {
  return query.split(' ').flatMap((pair) => {
    const [job = '', text = ''] = pair.split('=')
    return text === '' ? [] : [{ metric: { job }, text }]
  })
}

beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    const found = series(url.searchParams.get('query') ?? '')
    if (url.pathname === '/api/v1/query') {
      const result = found.map(({ metric, text }) => ({ metric, value: [1000, text] }))
      return { body: { status: 'success', data: { resultType: 'vector', result } } }
    }
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(url.searchParams.get(name)))
    const moments = Array.from(
      { length: Math.floor(((end ?? 0) - (start ?? 0)) / (step ?? 1)) + 1 },
      (_, index) => (start ?? 0) + index * (step ?? 1),
    )
    const result = found.map(({ metric, text }) => {
      const values = text.split('/')
      return {
        metric,
        values: moments.flatMap((at, index) =>
          values[index % values.length] === '-' ? [] : [[at, values[index % values.length]]],
        ),
      }
    })
    return { body: { status: 'success', data: { resultType: 'matrix', result } } }
  })
})
afterAll(() => api.stop())

checkContract(prometheusQuery, {
  passing: () => ({ options: { url: api.url, query: 'shop=1 admin=2', valueMax: 5, unit: 'percent' } }),
  failing: () => ({ options: { url: api.url, query: 'shop=1 admin=7', valueMax: 5 } }),
  ...instrumentCases((url) => ({ url, query: 'up', valueMin: 1 })),
  secret: {
    value: TOKEN,
    case: () => ({
      options: { url: api.url.replace('//', `//me:${TOKEN}@`), query: 'shop=7', valueMax: 1, token: TOKEN },
    }),
  },
  mentions: () => [api.url, 'shop=1 admin=2', 'at most 5 %'],
  failingExample: {
    skipped: 'only a Prometheus knows what a query means; done against a real one in the services suite',
  },
  recognises: {
    clear: [
      {
        text: '`histogram_quantile(0.95, sum(rate(job_seconds_bucket[5m])) by (le))` stays < 3',
        thresholds: [thresholdOf('<', 3, 'count', '< 3')],
      },
      {
        text: 'Errors: `sum(rate(errors_total[5m])) / sum(rate(all_total[5m])) * 100` below 2%',
        thresholds: [thresholdOf('<', 2, 'percent', 'below 2%')],
      },
      { text: '`count(up{job="api"})` is at least 3', thresholds: [thresholdOf('>=', 3, 'count', 'at least 3')] },
    ],
    unclear: [
      { text: '`rate(errors_total[5m])` is low' },
      { text: 'Error rate below 1%', thresholds: [thresholdOf('<', 1, 'percent', 'below 1%')] },
      { text: '`sum(rate(errors_total[5m]))` below 2%', thresholds: [thresholdOf('<', 2, 'percent', 'below 2%')] },
      { text: '`SELECT count(*) FROM jobs` below 10', thresholds: [thresholdOf('<', 10, 'count', 'below 10')] },
    ],
  },
})

const ask = (query: string, more: object = {}) =>
  runCheck(prometheusQuery, { options: { url: api.url, query, valueMax: 5, ...more } })

describe('prometheus-query', () => {
  it('wants every series to hold, and names the worst', async () => {
    expect(await ask('shop=6 admin=9 api=1')).toMatchObject({
      status: 'failed',
      summary: '{job="admin"} is 9, at most 5 wanted (2 of 3 series)',
      measurements: [{ name: 'worst value', value: 9, unit: 'count' }],
    })
    expect(await ask('shop=3 admin=4', { valueMin: 4 })).toMatchObject({
      summary: expect.stringContaining('{job="shop"} is 3'),
    })
  })

  it('takes no series and no number for no pass, and infinity for too much but never enough', async () => {
    expect(await ask('none')).toMatchObject({ status: 'unverified', remedy: expect.stringContaining('or vector(0)') })
    expect(await ask('shop=NaN admin=1')).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('shop'),
    })
    expect((await ask('shop=NaN admin=7')).status).toBe('failed')
    expect((await ask('shop=+Inf')).status).toBe('failed')
    expect((await ask('shop=+Inf', { valueMax: undefined, valueMin: 1 })).status).toBe('unverified')
    expect((await ask('shop=nonsense')).status).toBe('unverified')
  })

  it('wants as many series as are asked for', async () => {
    expect(await ask('shop=1', { seriesMin: 2 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 series'),
    })
  })

  it('judges every sample of a window, or what they are made into', async () => {
    const window = { overMs: '10 min' }
    expect(await ask('shop=1/9', window)).toMatchObject({
      status: 'failed',
      summary: '{job="shop"} is 9 over 10 min, at most 5 wanted',
    })
    expect((await ask('shop=1/8', { ...window, aggregate: 'avg' })).status).toBe('passed')
    expect((await ask('shop=1/8', { ...window, aggregate: 'max' })).status).toBe('failed')
    expect((await ask('shop=1/1/1/8', { ...window, aggregate: 'p50' })).status).toBe('passed')
    expect((await ask('shop=1/2/8', { ...window, valueMax: undefined, valueMin: 2 })).summary).toContain('is 1 over')
  })

  it('does not take half a window for a whole one, but one bad sample in it for bad', async () => {
    const window = { overMs: '10 min' }
    expect(await ask('shop=1/-', window)).toMatchObject({
      status: 'unverified',
      summary: expect.stringMatching(/only 50(?:\.\d+)? % of the window/),
    })
    expect((await ask('shop=1/NaN', window)).status).toBe('unverified')
    expect((await ask('shop=9/-', window)).status).toBe('failed')
    expect((await ask('shop=1/-', { ...window, coveragePercentMin: 40 })).status).toBe('passed')
  })

  it('multiplies first where it is told to', async () => {
    expect(await ask('shop=0.25', { scale: 1000, unit: 'ms', valueMax: 200 })).toMatchObject({
      status: 'failed',
      summary: '{job="shop"} is 250 ms, at most 200 ms wanted',
    })
  })

  it('sends the token', async () => {
    await ask('shop=1', { token: TOKEN })
    expect(api.requests.at(-1)?.headers.authorization).toBe(`Bearer ${TOKEN}`)
  })
})
