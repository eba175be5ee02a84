// What a real Alertmanager does is in alertmanager.services.test.ts; here is what it does rarely.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { alertmanagerRoute } from './alertmanager-route.ts'

const TOKEN = 'am-very-secret'
let api: JsonApi
let port = 0
/** How the alert that was sent is held, and whether its notification goes out. */
let how: { state: string; silencedBy?: string[]; notifies?: boolean }
let sent: { labels: Record<string, string>; endsAt: string }[] = []

beforeAll(async () => {
  port = await freePort()
  api = await startJsonApi(async ({ method, url, body }) => {
    if (method === 'POST') {
      const [alert] = JSON.parse(body) as typeof sent
      if (alert) sent.push(alert)
      return { body: '' }
    }
    if (url.pathname.endsWith('/receivers')) return { body: [{ name: 'on-call' }, { name: 'mail' }] }
    const [alert] = sent
    if (how.notifies) {
      const notification = { receiver: 'on-call', status: 'firing', alerts: [{ labels: alert?.labels }] }
      await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: JSON.stringify(notification) })
    }
    const status = { state: how.state, silencedBy: how.silencedBy ?? [], inhibitedBy: [] }
    return { body: [{ labels: alert?.labels, receivers: [{ name: 'on-call' }], status }] }
  })
})
afterAll(() => api.stop())

const given = (held: typeof how, options: object = {}) => {
  how = held
  sent = []
  return { options: { url: api.url, receivers: ['on-call'], arrivesWithinMs: '10 s', ...options } }
}
const ask = (held: typeof how, options: object = {}) => runCheck(alertmanagerRoute, given(held, options))

checkContract(alertmanagerRoute, {
  passing: () => given({ state: 'active' }),
  failing: () => given({ state: 'active' }, { receivers: ['mail'] }),
  ...instrumentCases((url) => ({ url, receivers: ['on-call'] })),
  secret: { value: TOKEN, case: () => given({ state: 'active' }, { token: TOKEN }) },
  mentions: () => [api.url, 'sends a test alert', 'severity="critical"', 'reaches on-call', '10 s', 'ended'],
  failingExample: { against: () => given({ state: 'active' }, { receivers: ['mail'] }) },
  recognises: {
    clear: [
      'Alertmanager routes critical alerts to `on-call`',
      'Test alert is routed by Alertmanager to `slack-ops`',
      'Alertmanager delivers to `pager`',
    ],
    unclear: [
      'Alertmanager configured with routing',
      'Test alert sent',
      'Alerts go to `on-call`',
      'If Alertmanager routes to `on-call`, wait',
    ],
  },
})

describe('alertmanager-route', () => {
  it('ends the alert again, whatever came of it', async () => {
    await ask({ state: 'suppressed', silencedBy: ['s-1'] })
    expect(sent).toHaveLength(2)
    expect(sent[1]?.labels).toEqual(sent[0]?.labels)
    expect(Date.parse(sent[1]?.endsAt ?? '')).toBeLessThan(Date.now())
  })

  it('fails an alert that is kept quiet, and says by what', async () => {
    expect(await ask({ state: 'suppressed', silencedBy: ['s-1'] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('s-1'),
    })
  })

  it('knows of receivers that do not exist', async () => {
    expect(await ask({ state: 'active' }, { receivers: ['nobody'] })).toMatchObject({
      status: 'failed',
      remedy: 'receivers are: on-call, mail',
    })
  })

  it('sees the notification arrive at its own webhook, and not arrive', async () => {
    const webhook = { receivers: [], webhook: { port } }
    expect(await ask({ state: 'active', notifies: true }, webhook)).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('arrived from on-call'),
    })
    expect(await ask({ state: 'active' }, { ...webhook, arrivesWithinMs: 100 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('did not arrive'),
    })
  })

  it('is unverified where it cannot listen, or the alert is never shown', async () => {
    const taken = Number(new URL(api.url).port)
    expect(await ask({ state: 'active' }, { webhook: { port: taken } })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('could not listen'),
    })
    expect((await ask({ state: 'unprocessed' }, { arrivesWithinMs: 50 })).status).toBe('unverified')
  })
})
