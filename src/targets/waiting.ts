// Waiting for what another program supervises: up, healthy several looks in a row, and not starting again and again.
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import type { Backend } from '../plan/traffic.ts'
import type { StartHealth } from './health.ts'
import { probe } from './probe.ts'
import type { InstanceState } from './target.ts'

/** An instance as the supervisor tells it. */
export interface Seen {
  backend: Backend
  pid: number | null
  /** Runs, as far as its supervisor knows. */
  isUp: boolean
  restarts: number
  /** Since its last start; null where that is not told. */
  upMs: number | null
  /** What its supervisor says of it: `online`, `errored`. */
  status: string
}

/** Starts again within one wait beyond which waiting is no use. */
const RESTARTS_MAX = 3

/** Up long enough to be believed, and answering right. */
export async function stateOf(
  seen: Seen,
  health: StartHealth | null,
  settleMs: number,
  signal?: AbortSignal,
): Promise<InstanceState & { said: string }> {
  const { backend, pid, isUp, restarts, upMs, status } = seen
  const settled = isUp && (upMs === null || upMs >= settleMs)
  const told = { backend, pid, restarts }
  if (!settled) return { ...told, healthy: false, said: isUp ? `${status} for ${upMs} ms only` : status }
  if (!health) return { ...told, healthy: true, said: status }
  const { healthy, said } = await probe(backend, health, signal)
  return { ...told, healthy, said: `${status}, ${describeAsked(backend, health)} gives ${said}` }
}

function describeAsked({ host, port }: Backend, { kind, path }: StartHealth): string {
  return kind === 'http' ? `http://${host}:${port}${path}` : `TCP port ${port}`
}

export interface Wait {
  /** For errors: `target app`. */
  system: string
  version: string
  count: number
  health: StartHealth | null
  /** Longest until it is healthy. */
  timeoutMs: number
  everyMs: number
  /** So many looks in a row must be right. */
  consecutive: number
  settleMs: number
  look(): Promise<Seen[]>
  signal: AbortSignal
}

/** @throws OutsideError what is wrong with the version, when it is not healthy in time, restarts all the time, or the wait is cancelled. */
export async function awaitHealthy(wait: Wait): Promise<Seen[]> {
  const { system, version, count, health, timeoutMs, everyMs, consecutive, settleMs, signal } = wait
  let right = 0
  let last = 'nothing of it runs'
  let restartsBefore: number | null = null
  let restartsFirst = 0
  const look = async (): Promise<Seen[] | 'hopeless' | null> => {
    const seen = await wait.look()
    const states = await Promise.all(seen.map((one) => stateOf(one, health, settleMs, signal)))
    const restarts = seen.reduce((sum, one) => sum + one.restarts, 0)
    restartsFirst = restartsBefore === null ? restarts : restartsFirst
    const isRight =
      seen.length === count && states.every(({ healthy }) => healthy) && restarts <= (restartsBefore ?? restarts)
    restartsBefore = restarts
    right = isRight ? right + 1 : 0
    const bad = states.find(({ healthy }) => !healthy)
    last = bad ? `${bad.backend.id} is ${bad.said}` : `${seen.length} of ${count} instances run`
    if (right >= consecutive) return seen
    return restarts - restartsFirst > RESTARTS_MAX ? 'hopeless' : null
  }
  const outcome = await poll(look, { everyMs, timeoutMs, signal })
  if (Array.isArray(outcome)) return outcome
  const why = signal.aborted
    ? `starting ${version} was cancelled`
    : outcome === 'hopeless'
      ? `${version} ends and is started again all the time`
      : `${version} did not become healthy within ${timeoutMs / 1000} s`
  throw new OutsideError(system, `${why} (${last})`, { retryable: signal.aborted })
}
