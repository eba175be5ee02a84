// The executive summary: what happened, in sentences with figures.
import { formatDuration } from '../lib/duration.ts'
import type { Pace, RunState } from '../plan/run-record.ts'
import { plural } from '../lib/plural.ts'
import { formatMoment, formatNumber, formatReading, listWords } from './format.ts'
import type { Counts, Incident, ReportGuard, ReportItem, ReportModel, ReportRollback, ReportStage } from './shape.ts'
import type { ReportVerdict } from './verdict/shape.ts'
import { verdictSentence } from './verdict/words.ts'

const BACK_WORDS: Record<ReportRollback['mode'], string> = {
  automatic: 'was rolled back automatically',
  emergency: 'was rolled back by emergency rollback',
  gradual: 'was rolled back gradually, on request',
  watchdog: 'was taken back by the watchdog',
}

const STATE_WORDS: Record<RunState, string> = {
  planned: 'has not started',
  waiting: 'is waiting',
  running: 'is running',
  paused: 'is paused',
  succeeded: 'succeeded',
  'rolled-back': 'was rolled back',
  failed: 'failed',
  aborted: 'was aborted',
}

type Subject = Pick<ReportModel, 'run' | 'versions' | 'rollback'>

/** "The release of shop v2 to production was rolled back automatically." */
export function writeHeadline({ run, versions, rollback }: Subject): string {
  const what =
    versions.candidate === null ? `checklist of ${run.service}` : `release of ${run.service} ${versions.candidate}`
  const how = run.state === 'rolled-back' && rollback ? BACK_WORDS[rollback.mode] : STATE_WORDS[run.state]
  return `The ${what} ${versions.candidate === null ? 'in' : 'to'} ${run.environment} ${how}.`
}

/** Sentences behind the headline; each carries a figure or a name. */
export function writeSummary(
  model: Subject & {
    counts: Counts
    stages: readonly ReportStage[]
    guards: readonly ReportGuard[]
    verdicts: readonly ReportVerdict[]
    incident: Incident | null
  },
): string[] {
  return [
    writeDuration(model),
    ...writeRollback(model),
    ...writeStages(model.stages),
    ...model.verdicts.map((verdict, _, { length }) => verdictSentence(verdict, length === 1)),
    writeItems(model.counts),
    ...writeGuards(model.guards),
  ]
}

function writeDuration({ run, rollback }: Subject): string {
  const began = `${run.startedBy} started it at ${formatMoment(run.startedAt)}`
  const why = run.reason && !rollback ? ` (${run.reason})` : ''
  if (run.endedAt === null) return `${began}; it has taken ${formatDuration(run.durationMs)} so far${why}.`
  return `${began}; it ended after ${formatDuration(run.durationMs)}${why}.`
}

function writeRollback({ rollback, incident, versions }: Subject & { incident: Incident | null }): string[] {
  if (!rollback || !incident) return []
  const stable = versions.stable ?? 'the stable version'
  const sentences = [`Why it went back: ${incident.what}.`]
  const parts: string[] = []
  if (rollback.trafficMs !== null)
    parts.push(`all traffic was on ${stable} again after ${formatDuration(rollback.trafficMs)}`)
  if (rollback.finishedMs === null) parts.push('there is no record that everything is back')
  else parts.push(`the way back was complete after ${formatDuration(rollback.finishedMs)}`)
  sentences.push(`${upperFirst(listWords(parts))}.`)
  if (incident.candidateRequests !== null)
    sentences.push(
      `${versions.candidate} answered ${plural(incident.candidateRequests, 'request')} in all, ${formatNumber(incident.candidateErrors ?? 0)} of them with an error.`,
    )
  return sentences
}

function writeStages(stages: readonly ReportStage[]): string[] {
  if (stages.length === 0) return []
  const reached = stages.filter(({ startedAt }) => startedAt !== null)
  const last = reached.at(-1)
  if (!last) return [`None of the ${plural(stages.length, 'stage')} of the delivery was reached.`]
  const top = Math.max(...reached.map(({ weight }) => weight))
  return [
    `The delivery reached stage ${last.name}, ${reached.length} of ${stages.length}; the candidate was given up to ${formatNumber(top)} % of traffic.`,
  ]
}

function writeItems(counts: Counts): string {
  return `Of ${plural(counts.total, 'item')}, ${countWords(counts)}.`
}

/** "30 passed (6 by people), 1 failed": zeros are left out, except that nothing passed. */
export function countWords(counts: Counts): string {
  const people = counts.passedByPeople > 0 ? ` (${counts.passedByPeople} by people)` : ''
  const words: [number, string][] = [
    [counts.failed, 'failed'],
    [counts.unverified, 'unverified'],
    [counts.waived, 'waived'],
    [counts.skipped, 'skipped'],
    [counts.notReached, 'not reached'],
  ]
  const rest = words.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return [`${counts.passed} passed${people}`, ...rest].join(', ')
}

function writeGuards(guards: readonly ReportGuard[]): string[] {
  if (guards.length === 0) return []
  const tripped = guards.filter(({ trips }) => trips.length > 0)
  const blind = guards.filter(({ samples }) => samples === 0)
  const watched = `${plural(guards.length, 'guard')} watched it`
  const parts = [tripped.length === 0 ? 'none tripped' : `${tripped.length} tripped`]
  if (blind.length > 0) parts.push(`${blind.length} never had a sample to judge`)
  return [`${watched}: ${listWords(parts)}.`]
}

/** What a run with shortened waits does not prove; null at full pace. */
export function writeRehearsal({ timeScale, waitMsMax }: Pace): string | null {
  const ways: string[] = []
  if (timeScale !== 1) ways.push(`waits were divided by ${formatNumber(timeScale)}`)
  if (waitMsMax !== null) ways.push(`no wait was longer than ${formatDuration(waitMsMax)}`)
  if (ways.length === 0) return null
  return `This was a rehearsal: ${listWords(ways)}. Stages and watch windows were shorter than the document asks; what only shows with time was not looked for.`
}

/** Counts by status. */
export function countItems(items: readonly ReportItem[]): Counts {
  const count = (status: ReportItem['status']): number => items.filter((item) => item.status === status).length
  return {
    total: items.length,
    passed: count('passed'),
    passedByPeople: items.filter(({ status, by }) => status === 'passed' && !by.includes('gonogo')).length,
    failed: count('failed'),
    unverified: count('unverified'),
    waived: count('waived'),
    skipped: count('skipped'),
    notReached: count('not-reached'),
  }
}

/** "v2 error rate 100 % from 37 requests at 10:15:02": the sample that decided. */
export function describeSample(sample: NonNullable<Incident['sample']>): string {
  const value = sample.value === null ? 'unknown' : formatReading(sample.signal, sample.value, sample.unit)
  const basis = sample.observations === null ? '' : `, ${plural(sample.observations, 'observation')}`
  return `${sample.version ?? 'service'}: ${sample.signal} ${value}${basis}${sample.detail ? ` (${sample.detail})` : ''}`
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
