// The checks of Alertmanager against a real one, Debian's: routed, notified at a webhook, silenced.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { startAlertmanager, type AlertmanagerServer } from '../../../test/servers/alertmanager.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import { alertmanagerAlerts } from './alertmanager-alerts.ts'
import { alertmanagerRoute } from './alertmanager-route.ts'

const installed = isProgramThere('prometheus-alertmanager', 'prometheus-alertmanager')
if (!installed)
  console.warn('SKIPPED: alertmanager.services.test.ts needs prometheus-alertmanager, which could not be installed')

describe.skipIf(!installed)('the checks of a real Alertmanager', () => {
  let server: AlertmanagerServer
  let port = 0
  beforeAll(async () => {
    port = await freePort()
    server = await startAlertmanager({
      route: {
        receiver: 'mail',
        group_by: ['alertname', 'gonogo_test'],
        group_wait: '100ms',
        routes: [{ receiver: 'on-call', matchers: ['severity="critical"'] }],
      },
      receivers: [{ name: 'mail' }, { name: 'on-call', webhook_configs: [{ url: `http://127.0.0.1:${port}/hook` }] }],
    })
  }, 60_000)
  afterAll(() => server.stop())

  const route = (options: object) =>
    runCheck(alertmanagerRoute, {
      options: { url: server.url, receivers: ['on-call'], arrivesWithinMs: '20 s', ...options },
    })
  const alerts = (options: object = {}) => runCheck(alertmanagerAlerts, { options: { url: server.url, ...options } })
  const post = (path: string, body: unknown) =>
    fetch(`${server.url}/api/v2/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  /** Until no test alert is active any more. */
  const quiet = () =>
    poll(async () => ((await alerts()).status === 'passed' ? true : null), { everyMs: 100, timeoutMs: 20_000 })

  it('sees a test alert routed by its labels, and ends it', async () => {
    expect(await route({})).toMatchObject({ status: 'passed', summary: expect.stringContaining('routed to on-call') })
    expect(await route({ labels: { severity: 'info' } })).toMatchObject({
      status: 'failed',
      summary: 'the test alert is routed to mail, not to on-call',
    })
    expect((await route(alertmanagerRoute.failingExample as object)).status).toBe('failed')
    expect(await quiet()).toBe(true)
  })

  it('sees the notification arrive, and not arrive where another receiver gets it', async () => {
    expect(await route({ webhook: { port } })).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(/arrived from on-call in/),
    })
    const elsewhere = { labels: { severity: 'info' }, receivers: ['mail'], webhook: { port }, arrivesWithinMs: '1 s' }
    expect(await route(elsewhere)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('did not arrive'),
    })
  })

  it('names the silence that keeps it quiet, and counts silences', async () => {
    expect((await alerts({ silencesMax: 0 })).status).toBe('passed')
    const silence = {
      matchers: [{ name: 'severity', value: 'critical', isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'test',
      comment: 'release',
    }
    const { silenceID } = (await (await post('silences', silence)).json()) as { silenceID: string }
    expect(await route({})).toMatchObject({ status: 'failed', summary: `the test alert is kept quiet by ${silenceID}` })
    expect(await alerts({ silencesMax: 0 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 silence in force'),
    })
    await fetch(`${server.url}/api/v2/silence/${silenceID}`, { method: 'DELETE' })
    expect((await alerts({ silencesMax: 0 })).status).toBe('passed')
  })

  it('knows of active alerts, by matchers, and what must be active', async () => {
    await post('alerts', [{ labels: { alertname: 'DiskFull', severity: 'warning' } }])
    await poll(async () => ((await alerts()).status === 'failed' ? true : null), { everyMs: 50, timeoutMs: 20_000 })
    expect((await alerts()).summary).toContain('1 active alert: DiskFull')
    expect((await alerts({ matchers: ['severity="critical"'] })).status).toBe('passed')
    expect((await alerts({ allowed: ['DiskFull'], expected: ['DiskFull'] })).status).toBe('passed')
    expect((await alerts({ allowed: ['DiskFull'], expected: ['Watchdog'] })).status).toBe('unverified')
    expect((await alerts({ matchers: ['no matcher at all'] })).status).toBe('unverified')
  })
})
