// Looks at the chosen items side by side, says on a terminal which are running, and stops at once when it is told to.
import { lookAt, type LookServices } from '../../conduct/checking/look-at.ts'
import { sideBySide } from '../../conduct/checking/side-by-side.ts'
import { holdSoaks } from '../../conduct/checking/soak.ts'
import { coveringWaiver, withEndedWaiver } from '../../conduct/checking/waiver.ts'
import { pause } from '../../lib/deadline.ts'
import { plural } from '../../lib/plural.ts'
import type { StandingWaiver } from '../../plan/binding.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { plainLine } from '../display-width.ts'
import { progressLine } from '../progress-line.ts'
import type { ChosenItem } from './selection.ts'

/** So many of the running ones are named. */
const NAMED_MAX = 3

export interface CheckResult extends ChosenItem {
  outcome: Outcome
  durationMs: number
  /** False where it was cancelled before there was an answer. */
  isLookedAt: boolean
  /** What gonogo.yaml accepts of it, although it is not green. */
  waiver: StandingWaiver | null
}

/**
 * What each item comes to, in their order. Ctrl-C (or the CI system's SIGTERM) cancels all looks; a second one ends the
 * process as ever.
 */
export async function lookAtAll(
  chosen: readonly ChosenItem[],
  services: LookServices,
  atOnceMax: number,
): Promise<CheckResult[]> {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  const running = new Set<ChosenItem>()
  const progress = progressLine()
  let ended = 0
  const show = (): void => progress.show(runningInWords([...running], ended, chosen.length))
  const lookAtOne = async (one: ChosenItem): Promise<CheckResult> => {
    if (stopping.signal.aborted) return notLookedAt(one)
    running.add(one)
    show()
    const startedAt = performance.now()
    const outcome = await held(one, services, stopping.signal)
    running.delete(one)
    ended++
    show()
    const durationMs = performance.now() - startedAt
    // What to do about it would be advice about nothing.
    if (stopping.signal.aborted && outcome.status === 'unverified')
      return { ...one, outcome: unverified(outcome.summary), durationMs, isLookedAt: false, waiver: null }
    const { policy } = one.binding
    const now = services.clock()
    const waiver = coveringWaiver(policy, outcome.status, now)
    return { ...one, outcome: withEndedWaiver(outcome, policy, now), durationMs, isLookedAt: true, waiver }
  }
  const look = (some: readonly ChosenItem[], atOnce: number): Promise<CheckResult[]> =>
    sideBySide(some, atOnce, ({ binding }) => binding, lookAtOne)
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    // Those that must hold mostly wait: they keep nobody else from looking.
    const [lasting, single] = [chosen.filter(isHeld), chosen.filter((one) => !isHeld(one))]
    const results = (await Promise.all([look(single, atOnceMax), look(lasting, Math.max(1, lasting.length))])).flat()
    return chosen.map((one) => results.find(({ item }) => item === one.item) as CheckResult)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    progress.close()
  }
}

function notLookedAt(one: ChosenItem): CheckResult {
  return {
    ...one,
    outcome: unverified('cancelled before it was looked at'),
    durationMs: 0,
    isLookedAt: false,
    waiver: null,
  }
}

const isHeld = ({ binding }: ChosenItem): boolean => binding.policy?.soak != null

/** One look, or as many as it takes where it must hold for a while. */
async function held({ binding }: ChosenItem, services: LookServices, signal: AbortSignal): Promise<Outcome> {
  const soak = binding.policy?.soak
  if (!soak) return lookAt(binding, services, signal)
  const [outcome] = await holdSoaks([{ subject: binding, soak }], {
    now: async () => services.clock(),
    wait: (durationMs) => pause(durationMs, signal),
    look: async () => [await lookAt(binding, services, signal)],
  })
  return outcome as Outcome
}

/** `3 of 12 checks are done; running: Disk space, Postgres and 2 more` */
function runningInWords(running: readonly ChosenItem[], ended: number, all: number): string {
  const names = running.slice(0, NAMED_MAX).map(({ item }) => plainLine(item.label ?? item.text).slice(0, 40))
  const more = running.length - names.length
  const named = [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return `${ended} of ${plural(all, 'check')} done${named === '' ? '' : `; running: ${named}`}`
}
