import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { prometheusTargets } from './prometheus-targets.ts'

const TOKEN = 'prom-very-secret'
let api: JsonApi
beforeAll(async () => {
  // The path says which targets: /shop:up,shop:down,node:unknown/api/v1/targets
  api = await startJsonApi(({ url }) => {
    const given = decodeURIComponent(url.pathname.split('/')[1] ?? '')
    const activeTargets = given.split(',').flatMap((pair, index) => {
      const [job = '', health = ''] = pair.split(':')
      if (health === '') return []
      const lastError = health === 'down' ? `Get "http://me:${TOKEN}@10.0.0.${index}/metrics": connection refused` : ''
      return [{ labels: { job, instance: `10.0.0.${index}:80` }, scrapeUrl: 'http://x/metrics', health, lastError }]
    })
    return { body: { status: 'success', data: { activeTargets, droppedTargets: [] } } }
  })
})
afterAll(() => api.stop())

const options = (targets: string, more: object = {}) => ({ url: `${api.url}/${encodeURIComponent(targets)}`, ...more })

checkContract(prometheusTargets, {
  passing: () => ({ options: options('shop:up,node:up', { jobs: ['shop'] }) }),
  failing: () => ({ options: options('shop:up,shop:down') }),
  ...instrumentCases((url) => ({ url })),
  secret: { value: TOKEN, case: () => ({ options: options('shop:down', { token: TOKEN }) }) },
  mentions: () => [api.url, 'shop', '100 %'],
  failingExample: { against: () => ({ options: options('shop:up,shop:down') }) },
  recognises: {
    clear: [
      'Prometheus scrapes the metrics of all services',
      'Metrics are being scraped by Prometheus',
      'Prometheus targets are all up',
    ],
    unclear: [
      'Prometheus installed',
      'Prometheus metrics endpoint configured',
      'Metrics look normal',
      'Configure Prometheus to scrape the shop',
    ],
  },
})

const ask = (targets: string, more: object = {}) => runCheck(prometheusTargets, { options: options(targets, more) })

describe('prometheus-targets', () => {
  it('names what is down, with its error', async () => {
    expect(await ask('shop:up,shop:down')).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/1 of 2 targets up; down: shop 10\.0\.0\.1:80 .*connection refused/),
    })
  })

  it('wants named jobs to be there, and says which was meant', async () => {
    expect(await ask('shop:up', { jobs: ['shoq'] })).toMatchObject({
      status: 'failed',
      remedy: 'did you mean job "shop"?',
    })
  })

  it('knows nothing of targets that were not scraped yet, and of none at all', async () => {
    expect((await ask('shop:up,shop:unknown')).status).toBe('unverified')
    expect((await ask('')).status).toBe('unverified')
  })

  it('lets a share be down, and jobs be ignored, and judges the others', async () => {
    expect((await ask('shop:up,shop:down', { upPercentMin: 50 })).status).toBe('passed')
    expect((await ask('shop:up,shop:unknown,shop:down', { upPercentMin: 50 })).status).toBe('unverified')
    expect((await ask('shop:up,lab:down', { ignoredJobs: ['lab'] })).status).toBe('passed')
    expect((await ask('shop:up,lab:down', { jobs: ['shop'] })).status).toBe('passed')
    expect((await ask('shop:up', { targetsMin: 2 })).status).toBe('failed')
  })
})
