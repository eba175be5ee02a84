import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { prometheusRules } from './prometheus-rules.ts'

const TOKEN = 'prom-very-secret'
let api: JsonApi
let rules: object[] = []
beforeAll(async () => {
  api = await startJsonApi(() => ({ body: { status: 'success', data: { groups: [{ name: 'shop', rules }] } } }))
})
afterAll(() => api.stop())

const rule = (name: string, { health = 'ok', firing = [] as string[] } = {}) => ({
  type: 'alerting',
  name,
  health,
  lastError: health === 'err' ? 'division by what is no vector' : '',
  alerts: firing.map((severity) => ({ state: 'firing', labels: { alertname: name, severity } })),
})
const given = (now: object[], options: object = {}) => {
  rules = now
  return { options: { url: api.url, ...options } }
}
const ask = (now: object[], options: object = {}) => runCheck(prometheusRules, given(now, options))

checkContract(prometheusRules, {
  passing: () =>
    given([rule('Slow'), rule('Watchdog', { firing: ['none'] })], { rules: ['Slow'], severities: ['critical'] }),
  failing: () => given([rule('Slow', { firing: ['critical'] })]),
  ...instrumentCases((url) => ({ url })),
  secret: { value: TOKEN, case: () => given([rule('Slow')], { token: TOKEN }) },
  mentions: () => ['Slow', 'no critical alert fires', 'Watchdog'],
  failingExample: { against: () => given([rule('Slow', { firing: ['critical'] })]) },
  recognises: {
    clear: [
      'No critical alerts are firing',
      'No active alerts in Prometheus',
      'Prometheus alert rules loaded for the shop',
    ],
    unclear: [
      'Alerts configured',
      'Test alert sent to the on-call channel',
      'If no alerts are firing, go on',
      'Alert thresholds documented',
    ],
  },
})

describe('prometheus-rules', () => {
  it('wants named rules to be loaded', async () => {
    expect(await ask([rule('Slow')], { rules: ['Slwo'] })).toMatchObject({
      status: 'failed',
      summary: 'not loaded: Slwo; alert rules that are: 1',
      remedy: 'did you mean "Slow"?',
    })
  })

  it('fails rules that cannot be evaluated, and does not know of those that were not', async () => {
    expect(await ask([rule('Slow', { health: 'err' })])).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no vector'),
    })
    expect((await ask([rule('Slow', { health: 'unknown' })])).status).toBe('unverified')
    expect((await ask([rule('Slow'), rule('Other', { health: 'err' })], { rules: ['Slow'] })).status).toBe('passed')
  })

  it('judges firing alerts by severity, but for those that may fire', async () => {
    const firing = [rule('Slow', { firing: ['warning'] })]
    expect((await ask(firing)).status).toBe('failed')
    expect((await ask(firing, { severities: ['critical'] })).status).toBe('passed')
    expect((await ask(firing, { allowed: ['Slow'] })).status).toBe('passed')
    expect((await ask(firing, { firing: 'any' })).status).toBe('passed')
  })

  it('takes silence without rules for no pass', async () => {
    expect(await ask([])).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('nothing could fire'),
    })
    expect((await ask([rule('Slow')], { rulesMin: 2 })).status).toBe('failed')
  })
})
