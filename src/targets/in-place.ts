// Targets where one version takes the place of the other: the switch is verified, and taken back when the new version does not serve.
import { messageOf, OutsideError } from '../lib/errors.ts'
import { underLock, withLines } from './beside.ts'
import type { StartHealth } from './health.ts'
import type { InPlaceSwitch, InstanceState, Target, TargetContext } from './target.ts'
import { awaitHealthy, stateOf, type Seen } from './waiting.ts'

/** What differs between programs. */
export interface Exchanger {
  /** The version that serves, read back from what runs; null when nothing does. */
  current(signal: AbortSignal): Promise<string | null>
  /** Its instances, as `version`. */
  look(version: string, signal: AbortSignal): Promise<Seen[]>
  /** Makes whatever the switch needs, without touching what serves. @throws OutsideError, PlanError */
  makeReady(version: string, signal: AbortSignal): Promise<void>
  /** Puts `version` in the place of what serves; it need not be healthy yet when this returns. */
  apply(version: string, signal: AbortSignal): Promise<void>
  lastLines(version: string): Promise<string[]>
}

export interface InPlace {
  context: TargetContext
  exchanger: Exchanger
  /** Null: whoever keeps it up is believed. */
  health: StartHealth | null
  startTimeoutMs: number
  instances: number
  settleMs: number
}

const LOOK_MS_MAX = 15_000
const LOCK_EXTRA_MS = 60_000
const EVERY_MS = 500

/** The methods of such a target. What it takes down in place of another needs no retiring. */
export function inPlaceTarget(
  parts: InPlace,
): Pick<Target, 'current' | 'prepare' | 'ready' | 'retire'> & { exchange: Omit<InPlaceSwitch, 'capsule'> } {
  const { context, exchanger, health, settleMs, instances, startTimeoutMs } = parts
  const now = (): AbortSignal => AbortSignal.timeout(LOOK_MS_MAX)
  async function states(version: string): Promise<InstanceState[]> {
    const signal = now()
    const seen = await exchanger.look(version, signal)
    const all = await Promise.all(seen.map((one) => stateOf(one, health, settleMs, signal)))
    return all.map(({ backend, pid, healthy, restarts }) => ({ backend, pid, healthy, restarts }))
  }
  return {
    async current() {
      const version = await exchanger.current(now())
      return version === null ? {} : { [version]: await states(version) }
    },
    async prepare(version, signal) {
      await exchanger.makeReady(version, signal)
      return []
    },
    async ready(version) {
      if ((await exchanger.current(now())) !== version) return { healthy: 0, wanted: instances }
      return { healthy: (await states(version)).filter(({ healthy }) => healthy).length, wanted: instances }
    },
    retire: async () => {},
    exchange: {
      current: () => exchanger.current(now()),
      switchTo: (version, signal) =>
        underLock(context, { timeoutMs: startTimeoutMs + LOCK_EXTRA_MS, signal }, () =>
          switchTo(parts, version, signal),
        ),
    },
  }
}

async function switchTo(parts: InPlace, version: string, signal: AbortSignal): Promise<void> {
  const { exchanger, startTimeoutMs } = parts
  const before = await exchanger.current(signal)
  try {
    await exchanger.makeReady(version, signal)
    await exchange(parts, version, before, signal)
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    const lines = await exchanger.lastLines(version).catch(() => [])
    if (before === null || before === version) throw withLines(error, lines, '')
    let ending = `; ${before} serves again`
    try {
      // The caller's signal may be what ended the switch.
      await exchange(parts, before, null, AbortSignal.timeout(startTimeoutMs + LOOK_MS_MAX))
    } catch (back) {
      ending = `; and ${before} does not serve again: ${messageOf(back)}`
    }
    throw withLines(error, lines, ending)
  }
}

async function exchange(parts: InPlace, version: string, before: string | null, signal: AbortSignal): Promise<void> {
  const { context, exchanger, health, settleMs, instances, startTimeoutMs } = parts
  const system = `target ${context.name}`
  // What serves well already is left alone; what does not may have lost more than its health.
  if (before !== version || !(await servesWell(parts, version, signal))) await exchanger.apply(version, signal)
  await awaitHealthy({
    system,
    version,
    count: instances,
    health,
    timeoutMs: startTimeoutMs,
    everyMs: health?.intervalMs ?? EVERY_MS,
    consecutive: health?.consecutive ?? 2,
    settleMs,
    look: () => exchanger.look(version, signal),
    signal,
  })
  const serving = await exchanger.current(signal)
  if (serving === version) return
  throw new OutsideError(system, `${version} was put in place, but ${serving ?? 'no one version'} serves`, {
    retryable: true,
    hint: 'is somebody else deploying?',
  })
}

async function servesWell({ exchanger, health, settleMs, instances }: InPlace, version: string, signal: AbortSignal) {
  const seen = await exchanger.look(version, signal)
  const states = await Promise.all(seen.map((one) => stateOf(one, health, settleMs, signal)))
  return states.length === instances && states.every(({ healthy }) => healthy)
}
