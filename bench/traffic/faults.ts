// A candidate that has 10 % of the requests and from a moment on answers nothing but 500: what its clients see, with shield and breaker
// as they are by default, and with the breaker alone.
import { join } from 'node:path'
import { pause, poll } from '../../src/lib/deadline.ts'
import { askRuntime } from '../../src/lib/haproxy-runtime.ts'
import { parseServers, SERVERS } from '../../src/routers/haproxy/runtime.ts'
import { median } from '../result.ts'
import type { Measure } from '../result.ts'
import { startClients } from './clients.ts'
import type { Clients } from './clients.ts'
import { startVersions } from './instance.ts'
import type { Versions } from './instance.ts'
import { haproxyByHand } from './scenes.ts'
import type { Scene, SceneKind } from './scenes.ts'
import { scratch } from './scratch.ts'

const CONNECTIONS = 64
const WEIGHT = 10
const FAULT_MS = 400
const LAST_FAILURE_MS_MAX = 50
/** Answers of the candidate by which it shows that it has its traffic again. */
const BACK_ANSWERS = 100
const BACK_TIMEOUT_MS = 20_000
/** No breaker closes again while a trial lasts. */
const BACK_AFTER_MS = 60_000
/** nginx has a shield and no breaker. */
const WITH_BREAKER: readonly string[] = ['built-in proxy', 'HAProxy']

interface Trial {
  failed: number
  /** From the fault to the last failed answer that a client got; 0: there was none. */
  lastMs: number
}

export async function measureFaults(
  kinds: readonly SceneKind[],
  { trials, progress }: { trials: number; progress(line: string): void },
): Promise<{ measures: Measure[]; notes: string[] }> {
  using directory = scratch()
  const versions = await startVersions(join(directory.path, 'uploads.log'))
  const measures: Measure[] = []
  try {
    for (const kind of kinds.filter(({ name }) => WITH_BREAKER.includes(name))) {
      for (const shield of [true, false]) {
        const seen = await tryOut(kind, versions, shield, trials)
        const failed = seen.reduce((sum, trial) => sum + trial.failed, 0)
        progress(`${kind.name}: ${shield ? 'shield' : 'breaker alone'}: ${failed} failed in ${trials} trials`)
        measures.push(...(shield ? shieldRows(kind, failed, trials) : breakerRows(kind, seen)))
      }
    }
  } finally {
    await versions.end()
  }
  return {
    measures,
    notes: [
      `faults: the candidate has ${WEIGHT} % of ${CONNECTIONS} keep-alive connections' GETs and answers only 500 for ${FAULT_MS} ms, ${trials} times`,
    ],
  }
}

function shieldRows({ name }: SceneKind, failed: number, trials: number): Measure[] {
  const what = `${name}: candidate answers only 500, shield: failed idempotent requests of ${trials} trials`
  return [{ what, measured: failed, unit: 'failed', target: { atMost: 0 } }]
}

function breakerRows({ name }: SceneKind, seen: readonly Trial[]): Measure[] {
  const what = `${name}: the same, breaker alone`
  const times = seen.map(({ lastMs }) => lastMs)
  const target = { atMost: LAST_FAILURE_MS_MAX }
  return [
    { what: `${what}: fault -> last failed answer, median`, measured: median(times), unit: 'ms', target },
    { what: `${what}: fault -> last failed answer, max`, measured: Math.max(...times), unit: 'ms' },
    { what: `${what}: failed answers, median`, measured: median(seen.map(({ failed }) => failed)), unit: 'answers' },
  ]
}

async function tryOut(kind: SceneKind, versions: Versions, shield: boolean, trials: number): Promise<Trial[]> {
  const guarding = { shield, breaker: true, backAfterMs: BACK_AFTER_MS }
  await using scene = await kind.start(versions.table(WEIGHT), guarding)
  const clients = startClients({ port: scene.port, connections: CONNECTIONS })
  const seen: Trial[] = []
  for (let i = 0; i < trials; i++) {
    await heal(scene)
    await candidateAnswers(clients)
    seen.push(await plantFault(clients, versions))
  }
  await clients.stop()
  const counters = await scene.router.counters(AbortSignal.timeout(5000))
  const shielded = counters?.find(({ version }) => version === 'v2')?.shielded ?? 0
  // Nothing failed because nothing was asked?
  if (shield && shielded < trials) throw new Error(`${kind.name}: the shield had nothing to do`)
  // Without a shield there are failures, or the fault missed the traffic.
  if (!shield && seen.some(({ failed }) => failed === 0)) throw new Error(`${kind.name}: a fault that nobody saw`)
  return seen
}

async function plantFault(clients: Clients, { candidate }: Versions): Promise<Trial> {
  const { failures } = await clients.seen()
  const states = await Promise.all(candidate.map((instance) => instance.ask({ faulty: true })))
  const plantedAt = Math.min(...states.map(({ now }) => now))
  await pause(FAULT_MS)
  await Promise.all(candidate.map((instance) => instance.ask({ faulty: false })))
  const later = (await clients.seen()).failures.slice(failures.length)
  return { failed: later.length, lastMs: Math.max(0, ...later.map(({ at }) => at - plantedAt)) }
}

async function candidateAnswers(clients: Clients): Promise<void> {
  const count = async (): Promise<number> => (await clients.seen()).answered['v2']?.count ?? 0
  const before = await count()
  const answers = async (): Promise<true | null> => ((await count()) >= before + BACK_ANSWERS ? true : null)
  if (await poll(answers, { everyMs: 20, timeoutMs: BACK_TIMEOUT_MS })) return
  throw new Error('the candidate is well and does not get its traffic back')
}

/** HAProxy would wait for long: told by hand that its servers are well. The built-in proxy finds out itself. */
async function heal(scene: Scene): Promise<void> {
  if (scene.name !== 'HAProxy') return
  const { socket } = haproxyByHand(scene)
  const ask = (line: string): Promise<string> =>
    askRuntime({ socket }, scene.directory, line, AbortSignal.timeout(5000))
  const down = parseServers(await ask(SERVERS)).filter(({ isUp, isReady }) => isReady && !isUp)
  for (const { backend, server } of down) await ask(`set server ${backend}/${server} health up`)
}
