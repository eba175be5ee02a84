// The way back as it went, and the incident note that explains it.
import type { GuardBody, RollbackBody } from '../plan/run-record.ts'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { LedgerReading, Read } from './entries.ts'
import { countRequests, type Recording } from './recording.ts'
import type { Incident, ReportRollback, ReportStage, TimelineEntry } from './shape.ts'

/** All `rollback` entries as one way back; null when the run did not go back. */
export function reportRollback(entries: readonly Read<RollbackBody>[]): ReportRollback | null {
  const first = entries[0]
  if (!first) return null
  const startedAt = first.entry.at - (first.body.event === 'started' ? 0 : (first.body.durationMs ?? 0))
  const since = (event: RollbackBody['event']): number | null => {
    const step = entries.findLast(({ body }) => body.event === event)
    return step && step.body.ok !== false ? (step.body.durationMs ?? step.entry.at - startedAt) : null
  }
  return {
    mode: first.body.mode,
    reason: entries.find(({ body }) => body.reason !== null)?.body.reason ?? null,
    startedAt,
    trafficMs: since('traffic'),
    finishedMs: entries.every(({ body }) => body.ok !== false) ? since('finished') : null,
    steps: entries.map(({ entry, body: { event, durationMs, ok = true, detail = null } }) => {
      return { event, at: entry.at, durationMs, ok, detail }
    }),
  }
}

interface IncidentContext {
  reading: LedgerReading
  rules: readonly GuardRule[]
  recording: Recording
  candidate: string | null
  stages: readonly ReportStage[]
  timeline: readonly TimelineEntry[]
}

/** What tripped, on which sample, how fast traffic was back, and the entries around it. */
export function reportIncident(rollback: ReportRollback | null, context: IncidentContext): Incident | null {
  if (!rollback) return null
  const { reading, rules, recording, candidate, stages, timeline } = context
  const startSeq = reading.rollback[0]?.entry.seq ?? 0
  const trip = rollback.mode === 'automatic' ? tripBefore(reading.guard, startSeq) : null
  const rule = rules.find(({ id }) => id === trip?.body.rule)
  const sample = trip?.body.sample ?? null
  const trafficBackAt = rollback.trafficMs === null ? null : rollback.startedAt + rollback.trafficMs
  const served = candidate === null ? null : countRequests(recording.of('error-rate', candidate))
  return {
    rule: trip?.body.rule ?? null,
    title: rule?.title ?? rollback.reason ?? `${rollback.mode} rollback`,
    what: trip?.body.sentence ?? rollback.reason ?? 'no reason was recorded',
    sample,
    reactionMs: sample && trafficBackAt !== null ? Math.max(0, trafficBackAt - sample.at) : null,
    candidateRequests: served?.requests ?? null,
    candidateErrors: served?.errors ?? null,
    timeline: entriesAround(timeline, startSeq, stages.findLast(({ startedAt }) => startedAt !== null)?.startedAt ?? 0),
  }
}

/** The last rule with severity `rollback` that tripped before the way back began. */
function tripBefore(guards: readonly Read<GuardBody>[], seq: number): Read<GuardBody> | null {
  return guards.findLast(({ entry, body }) => entry.seq < seq && body.severity === 'rollback') ?? null
}

/** From the start of the last stage to the end; at most 200 entries. */
function entriesAround(timeline: readonly TimelineEntry[], startSeq: number, stageAt: number): TimelineEntry[] {
  return timeline.filter(({ seq, at }) => seq >= startSeq || at >= stageAt).slice(0, 200)
}
