// Targets whose versions run side by side, kept up by a program of somebody else: pm2, systemd, Docker. What differs is a `Supervisor`.
import { join } from 'node:path'
import { messageOf, OutsideError } from '../lib/errors.ts'
import type { Backend } from '../plan/traffic.ts'
import type { StartHealth } from './health.ts'
import { withLock } from './lock.ts'
import { targetDirectory, type Place, type Places } from './places.ts'
import type { InstanceState, Target, TargetContext } from './target.ts'
import { awaitHealthy, stateOf, type Seen } from './waiting.ts'

/** What a program that keeps instances up is asked and told. */
export interface Supervisor {
  /** Instances of a version that it knows, also those that are down. @throws OutsideError when it does not answer. */
  look(place: Place, signal: AbortSignal): Promise<Seen[]>
  /** So many instances are started afterwards; more are stopped. Says nothing about their health. */
  start(place: Place, instances: number, signal: AbortSignal): Promise<void>
  /** Nothing of the version is left. Nothing running is fine. */
  stop(place: Place, signal: AbortSignal): Promise<void>
  /** What a version that does not come up said last. */
  lastLines(place: Place): Promise<string[]>
}

export interface Beside {
  context: TargetContext
  supervisor: Supervisor
  places: Places
  instances: number
  health: StartHealth
  /** Up for so long before it is believed. */
  settleMs: number
  /** Longest that stopping, or a look, may take. */
  stopTimeoutMs: number
}

const LOCK_EXTRA_MS = 60_000
const LOOK_MS_MAX = 15_000

/** The methods of a target that do not depend on who keeps the instances up. */
export function besideTarget(
  parts: Beside,
): Pick<Target, 'current' | 'prepare' | 'ready' | 'retire'> & Required<Pick<Target, 'resize'>> {
  const { context, supervisor, places, instances, health, settleMs } = parts
  const system = `target ${context.name}`
  const place = (version: string): Place => places.find(version) ?? { version, slot: null, ports: [] }
  const states = async (one: Place): Promise<InstanceState[]> => {
    const signal = AbortSignal.timeout(LOOK_MS_MAX)
    const seen = await supervisor.look(one, signal)
    const all = await Promise.all(seen.map((instance) => stateOf(instance, health, settleMs, signal)))
    return all.map(({ backend, pid, healthy, restarts }) => ({ backend, pid, healthy, restarts }))
  }
  const locked = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    underLock(context, { timeoutMs: health.startTimeoutMs + LOCK_EXTRA_MS, signal }, work)

  return {
    async current() {
      const found: Record<string, InstanceState[]> = {}
      for (const one of places.all()) {
        const running = (await states(one)).filter(({ pid, healthy }) => pid !== null || healthy)
        if (running.length > 0) found[one.version] = running
      }
      return found
    },

    prepare: (version, signal) => locked(signal, () => bringUp(parts, version, instances, signal)),

    resize: (version, count, signal) => locked(signal, () => bringUp(parts, version, count, signal)),

    async ready(version) {
      const one = places.find(version)
      const seen = one ? await states(one) : []
      return { healthy: seen.filter(({ healthy }) => healthy).length, wanted: instances }
    },

    retire: (version, signal) =>
      locked(signal, async () => {
        await supervisor.stop(place(version), signal)
        const left = (await supervisor.look(place(version), signal)).filter(({ isUp }) => isUp)
        if (left.length > 0)
          throw new OutsideError(system, `${version} could not be stopped: ${left[0]?.status}`, { retryable: true })
        places.release(version)
      }),
  }
}

/** One gonogo at a time changes a target. @throws OutsideError when another one does not come to an end. */
export async function underLock<T>(
  context: TargetContext,
  wait: { timeoutMs: number; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const done = await withLock(join(targetDirectory(context), 'changing.lock'), wait, work)
  if (done) return done.value
  const why = wait.signal.aborted ? 'the change was cancelled' : 'another gonogo is changing it'
  throw new OutsideError(`target ${context.name}`, why, { retryable: true, hint: 'is another release under way?' })
}

async function bringUp(parts: Beside, version: string, count: number, signal: AbortSignal): Promise<Backend[]> {
  const { supervisor, places, health, settleMs, context } = parts
  const isUp = (one: Place): Promise<boolean> =>
    supervisor.look(one, signal).then((seen) => seen.some((instance) => instance.isUp))
  const hadPlace = places.find(version) !== null
  const place = await places.take(version, isUp)
  // Of what did not run before nothing is left when it does not come up.
  const isNew = !hadPlace || !(await isUp(place))
  try {
    const before = await supervisor.look(place, signal)
    if (before.length !== count || before.some((one) => !one.isUp)) await supervisor.start(place, count, signal)
    const seen = await awaitHealthy({
      system: `target ${context.name}`,
      version,
      count,
      health,
      timeoutMs: health.startTimeoutMs,
      everyMs: health.intervalMs,
      consecutive: health.consecutive,
      settleMs,
      look: () => supervisor.look(place, signal),
      signal,
    })
    return backendsOf(seen)
  } catch (error) {
    throw await undone(parts, place, isNew, error)
  }
}

/** Several instances may share an address: workers of one port. The first gives it its name. */
function backendsOf(seen: readonly Seen[]): Backend[] {
  return [
    ...new Map(seen.toReversed().map(({ backend }) => [`${backend.host}:${backend.port}`, backend])).values(),
  ].toReversed()
}

/** The error with what the version said last, after what was started was stopped again. */
async function undone(parts: Beside, place: Place, isNew: boolean, error: unknown): Promise<unknown> {
  const { supervisor, places, stopTimeoutMs } = parts
  if (!(error instanceof OutsideError)) return error
  const lines = await supervisor.lastLines(place).catch(() => [])
  let ending = ''
  if (isNew) {
    try {
      // The caller's signal may be what ended the start.
      await supervisor.stop(place, AbortSignal.timeout(stopTimeoutMs))
      places.release(place.version)
      ending = '; it was stopped again'
    } catch (stopping) {
      ending = `; and could not be stopped: ${messageOf(stopping)}`
    }
  }
  return withLines(error, lines, ending)
}

/** The error, saying what the version said last and what became of it. */
export function withLines(error: OutsideError, lines: readonly string[], ending: string): OutsideError {
  const said = lines.length > 0 ? `; its last lines:\n  ${lines.join('\n  ')}\n` : ''
  return new OutsideError(error.system, `${error.message}${ending}${said}`, {
    retryable: error.retryable,
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}
