// Checks that must hold for a while: looked at again and again, side by side; each ends with its first look that is not green, or with its time.
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import type { Outcome } from '../../plan/outcome.ts'

export interface Soak {
  forMs: number
  everyMs: number
}

/** The world of a soak; a run's is durable, so that a soak goes on where it was after a crash. */
export interface SoakWorld<T> {
  now(): Promise<number>
  /** May end early, when somebody spoke. */
  wait(durationMs: number): Promise<void>
  /** Looks at all of these. Results stand in their order. */
  look(batch: readonly T[]): Promise<Outcome[]>
}

interface Held<T> {
  subject: T
  soak: Soak
  startedAt: number
  nextAt: number
  looks: number
  ended: Outcome | null
}

/** What each subject comes to, in the order given. It takes as long as the longest that holds. */
export async function holdSoaks<T>(
  subjects: readonly { subject: T; soak: Soak }[],
  world: SoakWorld<T>,
): Promise<Outcome[]> {
  const startedAt = await world.now()
  const all = subjects.map(({ subject, soak }): Held<T> => ({
    subject,
    soak,
    startedAt,
    nextAt: startedAt,
    looks: 0,
    ended: null,
  }))
  for (;;) {
    const now = await world.now()
    const due = all.filter(({ ended, nextAt }) => ended === null && nextAt <= now)
    const outcomes = due.length > 0 ? await world.look(due.map(({ subject }) => subject)) : []
    for (const [index, held] of due.entries()) take(held, outcomes[index] as Outcome, now)
    const nextAt = Math.min(...all.filter(({ ended }) => ended === null).map((held) => held.nextAt))
    if (nextAt === Number.POSITIVE_INFINITY) return all.map(({ ended }) => ended as Outcome)
    await world.wait(Math.max(0, nextAt - (await world.now())))
  }
}

function take<T>(held: Held<T>, outcome: Outcome, now: number): void {
  const { soak, startedAt } = held
  const endsAt = startedAt + soak.forMs
  held.looks++
  const heldMs = now - startedAt
  if (outcome.status !== 'passed') {
    const after = held.looks === 1 ? '' : ` (held for ${formatDuration(heldMs)} of ${formatDuration(soak.forMs)})`
    held.ended = { ...outcome, summary: `${outcome.summary}${after}` }
  } else if (now >= endsAt && held.looks > 1) {
    const measurements = [...outcome.measurements, { name: 'looks', value: held.looks, unit: 'count' }]
    const summary = `${outcome.summary} (${plural(held.looks, 'look')} in ${formatDuration(heldMs)}, all green)`
    held.ended = { ...outcome, summary, measurements }
  } else held.nextAt = Math.min(now + soak.everyMs, Math.max(endsAt, now + 1))
}
