// A delivery begins when the calendar lets it: outside of its windows the run waits, hears people, and goes on by itself.
import { formatDuration } from '../../lib/duration.ts'
import { calendarTime, mayBegin } from '../../plan/release-calendar.ts'
import { insistOnWaiting, listen } from '../mailbox.ts'
import { note, type RunContext } from '../run-context.ts'
import { paced } from '../services.ts'

/** Longest single wait: the calendar is looked at again, clocks may have been set. */
const WAIT_MS_MAX = 3_600_000

/**
 * Waits until the calendar of the plan is open, or the approver lets the delivery begin all the same.
 * @throws Diverted where this process may not wait, or the run is to end.
 */
export async function awaitOpening(context: RunContext, id: string): Promise<void> {
  const { plan, services, runId, durable, pace } = context
  const calendar = plan.delivery?.calendar
  if (!calendar) return
  for (let round = 1; ; round++) {
    const now = await durable.now()
    const verdict = mayBegin(calendar, now)
    if (verdict.open) return
    if (context.outsideWindow !== null) {
      const text = `begins although it is ${verdict.why}: ${context.outsideWindow}`
      return void (await note(context, { key: `note:calendar:${id}`, kind: 'note', item: id, body: { text } }))
    }
    const opens =
      verdict.opensMs === null
        ? 'does not open within a year'
        : `opens ${calendarTime(verdict.opensMs, calendar.timeZone)}`
    const why = `the delivery may not begin: ${verdict.why}; the calendar ${opens}`
    if (round === 1) {
      services.emit({ type: 'needs', reason: why, commands: [`gonogo promote ${runId}`, `gonogo abort ${runId}`] })
      await note(context, { key: `note:waits-for-calendar:${id}`, kind: 'note', item: id, body: { text: why } })
    }
    await services.runs.update(runId, { state: 'waiting', position: why })
    await insistOnWaiting(context, why)
    const leftMs = verdict.opensMs === null ? WAIT_MS_MAX : verdict.opensMs - now
    const waitMs = Math.min(paced(leftMs, pace), WAIT_MS_MAX)
    const heard = await listen(context, waitMs)
    if (heard.type === 'promote') {
      const text = `${heard.by} lets it begin although it is ${verdict.why}`
      await note(context, { key: `note:calendar:${id}`, kind: 'note', item: id, body: { text } })
      return
    }
    // A rehearsal shortens this wait like every other.
    if (heard.type === 'timeout' && waitMs < leftMs && waitMs < WAIT_MS_MAX) return
  }
}

/** Whether a delivery could begin now, in a sentence; null where nothing is said about it. */
export function openingInWords(
  calendar: NonNullable<RunContext['plan']['delivery']>['calendar'],
  now: number,
): string | null {
  if (!calendar) return null
  const verdict = mayBegin(calendar, now)
  if (verdict.open)
    return verdict.untilMs === null
      ? null
      : `the release window is open for another ${formatDuration(verdict.untilMs - now)}`
  const opens = verdict.opensMs === null ? 'not within a year' : calendarTime(verdict.opensMs, calendar.timeZone)
  return `${verdict.why}: the delivery waits until ${opens}; --outside-window REASON begins all the same`
}
