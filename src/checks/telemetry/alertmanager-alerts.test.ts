import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { alertmanagerAlerts } from './alertmanager-alerts.ts'

const TOKEN = 'am-very-secret'
let api: JsonApi
let active: string[] = []
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    if (url.pathname === '/api/v2/silences')
      return {
        body: [
          { id: 's-1', status: { state: 'active' } },
          { id: 's-2', status: { state: 'expired' } },
        ],
      }
    const alerts = active.map((alertname) => ({
      labels: { alertname },
      status: { state: 'active' },
      receivers: [{ name: 'ops' }],
    }))
    return { body: alerts }
  })
})
afterAll(() => api.stop())

const given = (names: string[], options: object = {}) => {
  active = names
  return { options: { url: api.url, ...options } }
}
const ask = (names: string[], options: object = {}) => runCheck(alertmanagerAlerts, given(names, options))

checkContract(alertmanagerAlerts, {
  passing: () => given(['Watchdog'], { expected: ['Watchdog'], matchers: ['severity="critical"'] }),
  failing: () => given(['DiskFull']),
  ...instrumentCases((url) => ({ url })),
  secret: { value: TOKEN, case: () => given([], { token: TOKEN }) },
  mentions: () => [api.url, '0 active alerts', 'severity="critical"', 'Watchdog'],
  failingExample: { against: () => given(['DiskFull']) },
  recognises: {
    clear: ['Alertmanager shows no alerts', 'No critical alerts in Alertmanager', 'Alertmanager silences removed'],
    unclear: ['No alerts', 'Alertmanager configured', 'If Alertmanager shows no alerts, go on'],
  },
})

describe('alertmanager-alerts', () => {
  it('sends the matchers, and names what is active', async () => {
    expect(await ask(['DiskFull', 'Slow'], { matchers: ['team="shop"', 'severity="page"'] })).toMatchObject({
      status: 'failed',
      summary: '2 active alerts: DiskFull, Slow; at most 0 alerts wanted',
    })
    expect(api.requests.at(-1)?.url.searchParams.getAll('filter')).toEqual(['team="shop"', 'severity="page"'])
  })

  it('counts silences in force', async () => {
    expect((await ask([], { silencesMax: 0 })).status).toBe('failed')
    expect((await ask([], { silencesMax: 1 })).status).toBe('passed')
  })

  it('trusts silence only where what is always active is there', async () => {
    expect((await ask([], { expected: ['Watchdog'] })).status).toBe('unverified')
    expect((await ask(['DiskFull'], { expected: ['Watchdog'] })).status).toBe('failed')
    expect((await ask([])).status).toBe('passed')
  })
})
