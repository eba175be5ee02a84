// Grafana is not to be had on test machines: these are answers as its HTTP API documents them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { grafanaDashboards } from './grafana-dashboards.ts'

const TOKEN = 'glsa-very-secret'
let api: JsonApi
const ANSWERS: Record<string, unknown> = {
  '/api/search': [
    { uid: 'shop-1', title: 'Shop overview', type: 'dash-db' },
    { uid: 'empty', title: 'Draft', type: 'dash-db' },
  ],
  '/api/dashboards/uid/shop-1': {
    dashboard: {
      title: 'Shop overview',
      panels: [{ type: 'row', panels: [{ type: 'stat' }] }, { type: 'timeseries' }],
    },
  },
  '/api/dashboards/uid/empty': { dashboard: { title: 'Draft', panels: [{ type: 'row' }] } },
  '/api/datasources': [
    { uid: 'prom', name: 'Prometheus', type: 'prometheus' },
    { uid: 'bad', name: 'Loki', type: 'loki' },
    { uid: 'old', name: 'Graphite', type: 'graphite' },
  ],
  '/api/datasources/uid/prom/health': { status: 'OK', message: 'Successfully queried the Prometheus API.' },
  '/api/v1/provisioning/alert-rules': [
    { uid: 'r1', title: 'Error rate', isPaused: false },
    { uid: 'r2', title: 'Slow', isPaused: true },
  ],
}
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    if (url.pathname === '/api/datasources/uid/bad/health')
      return { status: 400, body: { status: 'ERROR', message: 'connection refused' } }
    const body = ANSWERS[url.pathname]
    return body === undefined ? undefined : { body }
  })
})
afterAll(() => api.stop())

const given = (options: object) => ({ options: { url: api.url, ...options } })
const ask = (options: object) => runCheck(grafanaDashboards, given(options))

checkContract(grafanaDashboards, {
  passing: () => given({ dashboards: ['shop overview'], datasources: ['Prometheus'], alertRules: ['Error rate'] }),
  failing: () => given({ dashboards: ['Payments'] }),
  ...instrumentCases((url) => ({ url })),
  secret: { value: TOKEN, case: () => given({ token: TOKEN, dashboards: ['Payments'] }) },
  mentions: () => [api.url, 'shop overview', 'Prometheus', 'Error rate'],
  failingExample: { against: () => given({ dashboards: ['Payments'] }) },
  recognises: {
    clear: [
      'Grafana dashboards deployed and accessible',
      'Grafana dashboard "Shop overview" imported',
      'Dashboards for the shop created in Grafana',
    ],
    unclear: [
      'Dashboards ready',
      'Review Grafana dashboards',
      'Grafana installed',
      'Team is trained on the Grafana dashboards that exist',
    ],
  },
})

describe('grafana-dashboards', () => {
  it('finds by title and by uid, and says what is nearest', async () => {
    expect((await ask({ dashboards: ['shop-1'] })).status).toBe('passed')
    expect((await ask({ dashboards: ['Shop overvew'] })).summary).toContain('there is "Shop overview"')
  })

  it('counts panels inside rows, and does not take a row for one', async () => {
    expect((await ask({ dashboards: ['shop-1'], panelsMin: 2 })).status).toBe('passed')
    expect((await ask({ dashboards: ['shop-1'], panelsMin: 3 })).status).toBe('failed')
    expect((await ask({ dashboards: ['Draft'] })).summary).toContain('"Draft" has 0 panels')
  })

  it('fails sick data sources; those without a health check are unknown', async () => {
    expect((await ask({ datasources: ['Loki'] })).summary).toContain('connection refused')
    expect((await ask({ datasources: ['Graphite'] })).status).toBe('unverified')
    expect((await ask({ datasources: ['Tempo'] })).status).toBe('failed')
  })

  it('fails alert rules that are missing or paused', async () => {
    expect((await ask({ alertRules: ['Slow'] })).summary).toContain('paused')
    expect((await ask({ alertRules: ['Disk'] })).status).toBe('failed')
  })
})
