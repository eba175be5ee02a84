// What a guard says when something happens, for a person who did not write the rule. Pure.
import { plural } from '../lib/plural.ts'
import { formatDuration } from '../lib/duration.ts'
import { formatSize } from '../lib/size.ts'
import type { GuardSeries, Scope } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { usualUnit } from '../plan/signal.ts'
import type { GuardReading, Lasting } from './guard-kind.ts'
import type { Bound, Judged } from './reading.ts'
import type { Stretch } from './stretch.ts'

/** `v2 error rate 100 % > 50 %, 1 sample, 37 requests`; how long it lasted only of what has to last. */
export function trippedSentence(reading: GuardReading, stretch: Stretch, at: number, lasting: Lasting | null): string {
  const durationMs = at - (stretch.badSinceAt ?? at)
  const lasted = durationMs > 0 && lasting && lasting.forMs > 0 ? [`for ${formatDuration(durationMs)}`] : []
  const samples = lasting ? [plural(stretch.bad, 'sample'), ...lasted] : []
  return [reading.sentence, ...samples, ...(reading.rests ?? [])].join(', ').replaceAll(', (', ' (')
}

/** What a bad sample claims of a bound: `v2 error rate 7 % against 1 % of v1: +6 points > 5 points`. */
export function claimOf(bound: Bound, sample: Sample, judged: Judged, stable: string): string {
  const subject = subjectOf(bound.signal, sample.version)
  if (isState(bound)) return `${subject} ${judged.measured === 0 ? 'failed' : `is ${judged.measured}`}`
  const value = formatValue(judged.value, sample.unit)
  const unit = distanceUnit(bound, sample.unit)
  if (bound.relativeTo === null || judged.baseline === null) return `${subject} ${value} ${boundOf(bound, unit)}`
  const difference = `${judged.measured >= 0 ? '+' : ''}${formatValue(judged.measured, unit)}`
  return `${subject} ${value} against ${formatValue(judged.baseline, sample.unit)} of ${stable}: ${difference} ${boundOf(bound, unit)}`
}

/** What a claim rests on: `37 requests`, `(2 of 3 refused)`. */
export function restsOf(bound: Bound, { detail }: Sample, { observations }: Judged): string[] {
  const counted = observations === null || isState(bound) ? [] : [plural(observations, observed(bound.signal))]
  return [...counted, ...(detail ? [`(${detail})`] : [])]
}

/** Unit of the figure that is compared with the bound, for a signal measured in `unit`. */
export function distanceUnit({ relativeTo }: Pick<Bound, 'relativeTo'>, unit: string): string {
  if (relativeTo === 'baseline') return 'percent'
  return relativeTo === 'baseline-points' && unit === 'percent' ? 'points' : unit
}

/** `v2 error rate`, `database integrity`. */
export function subjectOf(signal: string, version: string | null): string {
  const words = signal.replaceAll('-', ' ')
  const name = { integrity: 'database integrity', health: 'health check' }[signal] ?? words
  return version === null ? (signal === 'integrity' ? name : `service ${name}`) : `${version} ${name}`
}

/** `> 50 %`, `between 1 s and 2 s`. */
export function boundOf(bound: Pick<Bound, 'operator' | 'value' | 'valueMax'>, unit: string): string {
  if (bound.operator === 'between')
    return `between ${formatValue(bound.value, unit)} and ${bound.valueMax === null ? 'any' : formatValue(bound.valueMax, unit)}`
  return `${bound.operator} ${formatValue(bound.value, unit)}`
}

/** `100 %`, `12 s`, `1.2 GB`, `37`, in the words of its unit. */
export function formatValue(value: number, unit: string): string {
  const sign = value < 0 ? '-' : ''
  if (unit === 'ms') return `${sign}${formatDuration(Math.abs(value))}`
  if (unit === 'bytes') return formatSize(value)
  const number = String(Number(value.toPrecision(3)) === value ? value : Number(value.toPrecision(4)))
  if (unit === 'percent') return `${number} %`
  if (unit === 'points') return `${number} points`
  return unit === 'per-second' ? `${number}/s` : number
}

/** `health` and `integrity` are states, not amounts. */
export function isState({ signal }: Pick<GuardSeries, 'signal'>): boolean {
  return signal === 'health' || signal === 'integrity'
}

/** What the observations of a signal are. */
export function observed(signal: string): string {
  return /^(error|response|request)-/.test(signal) ? 'request' : 'observation'
}

const SCOPE_WORDS: Record<Scope, string> = {
  candidate: ' of the candidate',
  stable: ' of the stable version',
  any: ' of any version',
  service: '',
}

/** `error rate of the candidate`: a series before anything was measured. */
export function seriesWords({ signal, scope }: Pick<GuardSeries, 'signal' | 'scope'>): string {
  return `${signal.replaceAll('-', ' ')}${SCOPE_WORDS[scope]}`
}

/** `error rate of the candidate > 50 %`, `integrity is bad`, `response time of the candidate > 10 % above baseline`. */
export function conditionOf(bound: Omit<Bound, 'observationsMin'>): string {
  const show = (value: number): string => {
    if (bound.relativeTo === 'baseline') return `${formatValue(value, 'percent')} above baseline`
    const reading = isState(bound) ? (value >= 1 ? 'good' : 'bad') : formatValue(value, usualUnit(bound.signal))
    return bound.relativeTo === 'baseline-points' ? `baseline plus ${reading}` : reading
  }
  const { operator, value, valueMax } = bound
  const limit =
    operator === 'between'
      ? `between ${show(value)} and ${valueMax === null ? 'any' : show(valueMax)}`
      : `${operator === '==' ? 'is' : operator === '!=' ? 'is not' : operator} ${show(value)}`
  return `${seriesWords(bound)} ${limit}`
}
