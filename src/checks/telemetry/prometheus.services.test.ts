// The checks of Prometheus against a real one, Debian's, that scrapes a service of this test and evaluates alert rules.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { startPrometheus, type PrometheusServer } from '../../../test/servers/prometheus.ts'
import { poll } from '../../lib/deadline.ts'
import type { Outcome } from '../../plan/outcome.ts'
import type { Check } from '../check.ts'
import { prometheusQuery } from './prometheus-query.ts'
import { prometheusRules } from './prometheus-rules.ts'
import { prometheusTargets } from './prometheus-targets.ts'
import { uptime } from './uptime.ts'

const installed = isProgramThere('prometheus', 'prometheus')
if (!installed) console.warn('SKIPPED: prometheus.services.test.ts needs prometheus, which could not be installed')

describe.skipIf(!installed)('the checks of a real Prometheus', () => {
  let service: JsonApi
  let server: PrometheusServer
  let dead = 0
  let startedAt = 1_700_000_000

  beforeAll(async () => {
    service = await startJsonApi(() => ({
      headers: { 'content-type': 'text/plain' },
      body: `queue_depth{queue="mail"} 3\nqueue_depth{queue="pay"} 12\nprocess_start_time_seconds ${startedAt}\n`,
    }))
    dead = await freePort()
    server = await startPrometheus({
      targets: [{ address: service.url.replace('http://', '') }],
      rules: [
        { alert: 'QueueLong', expr: 'queue_depth > 10', labels: { severity: 'warning' } },
        { alert: 'Down', expr: 'up == 0', labels: { severity: 'critical' } },
        {
          alert: 'Broken',
          expr: 'queue_depth * on(instance) group_left queue_depth',
          labels: { severity: 'critical' },
        },
      ],
    })
  }, 60_000)
  afterAll(async () => {
    await server.stop()
    await service.stop()
  })

  const ask = <Options>(check: Check<Options>, options: object): Promise<Outcome> =>
    runCheck(check, { options: { url: server.url, ...options } })
  /** Asks until it comes to this. */
  const until = async <Options>(status: string, check: Check<Options>, options: object): Promise<Outcome> => {
    let last: Outcome | null = null
    const found = await poll(
      async () => {
        last = await ask(check, options)
        return last.status === status ? last : null
      },
      { everyMs: 100, timeoutMs: 30_000 },
    )
    if (!found) throw new Error(`it never was ${status}: ${JSON.stringify(last)}`)
    return found
  }

  it('compares the series of a query, now and over a window', async () => {
    const query = 'queue_depth'
    expect(await until('failed', prometheusQuery, { query, valueMax: 10 })).toMatchObject({
      summary: expect.stringMatching(/queue="pay".* is 12, at most 10 wanted \(1 of 2 series\)/),
    })
    expect((await ask(prometheusQuery, { query, valueMax: 12 })).status).toBe('passed')
    await until('passed', prometheusQuery, { query, valueMax: 12, overMs: '3 s' })
    expect((await ask(prometheusQuery, { query, valueMax: 10, overMs: '3 s' })).status).toBe('failed')
    expect((await ask(prometheusQuery, { query, valueMax: 12, overMs: '1 h' })).status).toBe('unverified')
    expect((await ask(prometheusQuery, { query: 'no_such_metric', valueMax: 1 })).status).toBe('unverified')
    expect((await ask(prometheusQuery, { query: 'queue_depth * 0 / 0', valueMax: 1 })).status).toBe('unverified')
    expect(await ask(prometheusQuery, { query: 'sum(', valueMax: 1 })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('parse error'),
    })
    expect((await ask(prometheusQuery, prometheusQuery.failingExample as object)).status).toBe('failed')
  })

  it('knows which rules are loaded, can be evaluated, and fire', async () => {
    await until('passed', prometheusRules, { rules: ['QueueLong', 'Down'], firing: 'any' })
    expect(await until('failed', prometheusRules, { rules: ['QueueLong'] })).toMatchObject({
      summary: 'firing: QueueLong',
    })
    expect((await ask(prometheusRules, { rules: ['QueueLong'], allowed: ['QueueLong'] })).status).toBe('passed')
    expect((await ask(prometheusRules, { rules: ['QueueLong'], severities: ['critical'] })).status).toBe('passed')
    expect(await until('failed', prometheusRules, { firing: 'any' })).toMatchObject({
      summary: expect.stringContaining('cannot be evaluated: Broken'),
    })
    expect((await ask(prometheusRules, prometheusRules.failingExample as object)).status).toBe('failed')
  })

  it('takes uptime and restarts over a period', async () => {
    const options = { selector: 'job="app"', overMs: '1 min', percentMin: 50, coveragePercentMin: 0 }
    expect((await until('passed', uptime, { ...options, restartsMax: 0 })).summary).toMatch(/was up .*, 0 restarts/)
    expect((await ask(uptime, { ...options, overMs: '24 h', coveragePercentMin: 95 })).summary).toMatch(/but only \d/)
    startedAt += 100
    expect((await until('failed', uptime, { ...options, restartsMax: 0 })).summary).toContain('1 restart over 1 min')
    expect((await ask(uptime, uptime.failingExample as object)).status).toBe('unverified')
  })

  it('knows which targets are up', async () => {
    expect((await until('passed', prometheusTargets, { jobs: ['app'] })).summary).toBe('1 of 1 target up')
    server.setTargets([service.url, `http://127.0.0.1:${dead}`].map((url) => ({ address: url.replace('http://', '') })))
    expect(await until('failed', prometheusTargets, {})).toMatchObject({
      summary: expect.stringMatching(/1 of 2 targets up; down: app .*refused/),
    })
    expect((await ask(prometheusTargets, prometheusTargets.failingExample as object)).status).toBe('failed')
  })
})
