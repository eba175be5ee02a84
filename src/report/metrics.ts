// Before and after: the stable version's figures before the release against the candidate's.
import { signalTitle } from './format.ts'
import { figureOf, type Recording, type Stretch } from './recording.ts'
import type { Figure, MetricRow, ReportModel, ReportRollback, ReportStage } from './shape.ts'
import { isVerdictSignal } from './verdict/evidence-series.ts'

/** The order of the table; all other signals that were sampled follow. */
const FIRST = ['error-rate', 'response-time', 'response-time-p95', 'response-time-p99', 'memory', 'memory-bytes', 'cpu']
/** 1 is good, 0 is bad: the worst is the lowest. */
const LOW_IS_BAD = new Set(['health', 'integrity'])

interface MetricContext {
  recording: Recording
  versions: ReportModel['versions']
  stages: readonly ReportStage[]
  rollback: ReportRollback | null
  until: number
}

/** One row a signal that was sampled by version. */
export function reportMetrics(context: MetricContext): ReportModel['metrics'] {
  const { recording, versions, stages, rollback, until } = context
  const releasedAt = stages.find(({ startedAt }) => startedAt !== null)?.startedAt ?? until
  const candidate = candidateStretch(stages, rollback, until)
  const backAt = rollback && rollback.trafficMs !== null ? rollback.startedAt + rollback.trafficMs : null
  const stretches = {
    before: { from: 0, to: releasedAt },
    candidate: candidate.stretch,
    afterRollback: backAt === null ? null : { from: backAt, to: Number.POSITIVE_INFINITY },
  }
  const signals = [...new Set([...FIRST, ...recording.signals().toSorted()])]
  // A rate and the requests of a look follow the share of traffic: they say nothing about the version.
  const own = signals.filter(
    (signal) => recording.unitOf(signal) !== 'per-second' && signal !== 'requests' && !isVerdictSignal(signal),
  )
  const rows = own.flatMap((signal) => metricRow(signal, recording, versions, stretches) ?? [])
  return { candidateStretch: candidate.words, rows }
}

function metricRow(
  signal: string,
  recording: Recording,
  versions: ReportModel['versions'],
  stretches: { before: Stretch; candidate: Stretch | null; afterRollback: Stretch | null },
): MetricRow | null {
  const figure = (version: string | null, stretch: Stretch | null): Figure | null =>
    version && stretch ? figureOf(recording.of(signal, version, stretch), LOW_IS_BAD.has(signal)) : null
  const before = figure(versions.stable, stretches.before)
  const candidate = figure(versions.candidate, stretches.candidate)
  const afterRollback = figure(versions.stable, stretches.afterRollback)
  if (!before && !candidate && !afterRollback) return null
  return {
    signal,
    title: signalTitle(signal),
    unit: recording.unitOf(signal),
    before,
    candidate,
    afterRollback,
    change: LOW_IS_BAD.has(signal) ? null : changeOf(before, candidate, recording.unitOf(signal)),
  }
}

/** Percentages are compared by their difference: twice nothing is still nothing. */
function changeOf(before: Figure | null, after: Figure | null, unit: string): MetricRow['change'] {
  if (!before || !after) return null
  const difference = after.average - before.average
  if (unit === 'percent') return { value: difference, unit: 'points' }
  const value = (difference / before.average) * 100
  return Number.isFinite(value) ? { value, unit: 'percent' } : null
}

/** With all traffic where it got there; else from its first traffic to the way back. */
function candidateStretch(
  stages: readonly ReportStage[],
  rollback: ReportRollback | null,
  until: number,
): { stretch: Stretch | null; words: string } {
  const started = stages.filter(({ startedAt }) => startedAt !== null)
  const full = rollback ? undefined : started.find(({ weight }) => weight >= 100)
  if (full) return { stretch: { from: full.startedAt ?? 0, to: Number.POSITIVE_INFINITY }, words: 'with all traffic' }
  const first = started[0]
  if (!first) return { stretch: null, words: 'it got no traffic' }
  const to = rollback?.startedAt ?? until
  return { stretch: { from: first.startedAt ?? 0, to }, words: rollback ? 'until the rollback' : 'so far' }
}
