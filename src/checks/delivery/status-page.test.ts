// Answers as Statuspage, Instatus and cState document them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { statusPage } from './status-page.ts'

const TOKEN = 'page-very-secret'
let api: JsonApi
let answers: Record<string, unknown> = {}
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    const body = answers[url.pathname]
    return body === undefined ? undefined : { body }
  })
})
afterAll(() => api.stop())

const atlassian = (more: object = {}) => ({
  '/api/v2/summary.json': {
    status: { indicator: 'none', description: 'All Systems Operational' },
    components: [
      { name: 'API', status: 'operational' },
      { name: 'Mail', status: 'partial_outage' },
    ],
    incidents: [],
    scheduled_maintenances: [{ name: 'Release of the shop', status: 'scheduled' }],
    ...more,
  },
})
const given = (now: Record<string, unknown>, options: object = {}) => {
  answers = now
  return { options: { url: api.url, ...options } }
}
const ask = (now: Record<string, unknown>, options: object = {}) => runCheck(statusPage, given(now, options))
const trouble = atlassian({
  status: { indicator: 'major' },
  incidents: [{ name: 'Shop is slow', status: 'investigating' }],
})

checkContract(statusPage, {
  passing: () => given(atlassian(), { components: ['API'], maintenance: 'told' }),
  failing: () => given(trouble),
  ...instrumentCases((url) => ({ url })),
  secret: { value: TOKEN, case: () => given(trouble, { token: TOKEN }) },
  mentions: () => [api.url, 'API operational', 'no open incident', 'maintenance announced'],
  failingExample: { against: () => given(trouble) },
  recognises: {
    clear: [
      'Status page https://status.acme.test shows all systems operational',
      'No open incidents on the status page https://status.acme.test',
      'Maintenance is announced on the status page (https://status.acme.test)',
    ],
    unclear: [
      'Status page updated',
      'Status page https://status.acme.test',
      'No open incidents',
      'Prepare status page https://status.acme.test: no incidents',
    ],
  },
})

describe('status-page', () => {
  it('wants components to be operational, and says which was meant', async () => {
    expect((await ask(atlassian(), { components: ['Mail'] })).summary).toContain('Mail is partial outage')
    expect((await ask(atlassian(), { components: ['APi'] })).summary).toContain('but "API"')
  })

  it('wants an incident open or not, about something', async () => {
    const open = { indicatorMax: 'major', incident: 'open' }
    expect((await ask(trouble, open)).status).toBe('passed')
    expect((await ask(trouble, { ...open, about: 'shop' })).status).toBe('passed')
    expect((await ask(trouble, { ...open, about: 'mail' })).status).toBe('failed')
    expect((await ask(trouble, { indicatorMax: 'major', about: 'mail' })).status).toBe('passed')
    expect((await ask(atlassian(), { maintenance: 'told', about: 'mail' })).status).toBe('failed')
  })

  it('does not know what an unknown indicator means', async () => {
    expect((await ask(atlassian({ status: { indicator: 'purple' } }))).status).toBe('unverified')
  })

  it('reads pages of Instatus', async () => {
    const page = (status: string, activeIncidents: object[] = []) => ({
      '/summary.json': { page: { name: 'acme', status }, activeIncidents },
      '/v2/components.json': { components: [{ name: 'API', status: 'OPERATIONAL' }] },
    })
    const options = { service: 'instatus', components: ['API'] }
    expect((await ask(page('UP'), options)).status).toBe('passed')
    expect((await ask(page('HASISSUES', [{ name: 'Slow', impact: 'PARTIALOUTAGE' }]), options)).summary).toContain(
      'it says major; open: Slow',
    )
  })

  it('reads pages of cState', async () => {
    const page = (status: string) => ({
      '/index.json': {
        is: 'index',
        summaryStatus: status,
        systems: [{ name: 'API', status, unresolvedIssues: status === 'ok' ? [] : [{ title: 'Down' }, 'Slow'] }],
      },
    })
    expect((await ask(page('ok'), { service: 'cstate', components: ['API'] })).status).toBe('passed')
    expect((await ask(page('down'), { service: 'cstate', components: ['API'] })).summary).toMatch(
      /it says critical; API is down; open: Down, Slow/,
    )
  })
})
