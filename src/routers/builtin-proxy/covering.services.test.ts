// A canary that begins to answer nothing but 500 under load: when its clients see the last of it. The measured figures are printed.
import { Pool } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { pause, poll } from '../../lib/deadline.ts'
import { startBackend } from './backend.fixture.ts'
import { startProxy, tableOf } from './proxy.fixture.ts'

const TRIALS = 20
/** Per 10 ms: 500 requests/s, of which the canary has a tenth. */
const BURST = 5
const AFTER_FAULT_MS = 400

interface Trial {
  /** From the fault to the last failed answer; 0 when there was none. */
  lastMs: number
  failed: number
}

/** A proxy with a canary of two backends at 10 %, under steady load of one method. */
async function trials(settings: Record<string, unknown>, method: 'GET' | 'POST'): Promise<Trial[]> {
  const { proxy, url } = await startProxy(settings)
  let broken = false
  const canaries = await Promise.all(
    ['v2-1', 'v2-2'].map((id) => startBackend(id, (_, response) => response.writeHead(broken ? 500 : 200).end(id))),
  )
  proxy.apply(tableOf({ v1: 90, v2: 10 }, [await startBackend('v1-1'), ...canaries]))
  const clients = new Pool(url, { connections: 64 })
  const failures: number[] = []
  const ask = async (): Promise<void> => {
    const { statusCode, body } = await clients.request({ path: '/', method, body: method === 'POST' ? 'x' : null })
    await body.dump()
    if (statusCode >= 500) failures.push(performance.now())
  }
  const load = setInterval(() => void Promise.all(Array.from({ length: BURST }, ask)), 10)
  onTestFinished(async () => {
    clearInterval(load)
    await clients.close()
  })
  const results: Trial[] = []
  for (let trial = 0; trial < TRIALS; trial++) {
    await poll(() => (proxy.routing.outOfTurn().broken.length === 0 ? true : null), { everyMs: 10, timeoutMs: 20_000 })
    await pause(100 + Math.random() * 50)
    failures.length = 0
    const faultAt = performance.now()
    broken = true
    await pause(AFTER_FAULT_MS)
    results.push({ lastMs: (failures.at(-1) ?? faultAt) - faultAt, failed: failures.length })
    broken = false
  }
  return results
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

function tell(what: string, all: readonly Trial[]): void {
  const times = all.map(({ lastMs }) => lastMs)
  const failed = median(all.map((trial) => trial.failed))
  console.log(
    `${what}: last failed answer ${median(times).toFixed(0)} ms, at most ${Math.max(...times).toFixed(0)} ms; failed ${failed}`,
  )
}

test('with the shield no idempotent request fails', { timeout: 60_000 }, async () => {
  const all = await trials({}, 'GET')
  tell('shield', all)
  expect(all.map(({ failed }) => failed)).toEqual(all.map(() => 0))
})

test('with the breaker alone the last failed answer comes soon', { timeout: 60_000 }, async () => {
  const all = await trials({ shield: { enabled: false } }, 'GET')
  tell('breaker, GET', all)
  expect(median(all.map(({ lastMs }) => lastMs))).toBeLessThanOrEqual(50)
})

test(
  'requests that cannot be sent again fail until the breaker opens, and no longer',
  { timeout: 60_000 },
  async () => {
    const all = await trials({ breaker: { openMs: 400 } }, 'POST')
    tell('breaker, POST', all)
    // Five in a row open it; what is under way on the other backend at that moment comes on top.
    expect(median(all.map(({ failed }) => failed))).toBeLessThanOrEqual(8)
  },
)
