// What a guard says when something happens, for a person who did not write the rule. Pure.
import { plural } from '../lib/plural.ts'
import { formatDuration } from '../lib/duration.ts'
import { formatSize } from '../lib/size.ts'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import type { Judged } from './reading.ts'

/** `v2 error rate 100 % > 50 %, 1 sample, 37 requests`. */
export function trippedSentence(
  rule: GuardRule,
  sample: Sample,
  judged: Judged,
  stretch: { samples: number; durationMs: number; stable: string },
): string {
  const lasted = stretch.durationMs > 0 && rule.forMs > 0 ? `for ${formatDuration(stretch.durationMs)}` : null
  const rests =
    judged.observations === null || isState(rule) ? null : plural(judged.observations, observed(rule.signal))
  const seen = sample.detail ? `(${sample.detail})` : null
  return [claim(rule, sample, judged, stretch.stable), plural(stretch.samples, 'sample'), lasted, rests, seen]
    .filter((part) => part !== null)
    .join(', ')
    .replace(', (', ' (')
}

function claim(rule: GuardRule, sample: Sample, judged: Judged, stable: string): string {
  const subject = subjectOf(rule.signal, sample.version)
  if (isState(rule)) return `${subject} ${judged.measured === 0 ? 'failed' : `is ${judged.measured}`}`
  const value = formatValue(judged.value, sample.unit)
  const unit = distanceUnit(rule, sample.unit)
  if (rule.relativeTo === null || judged.baseline === null) return `${subject} ${value} ${boundOf(rule, unit)}`
  const difference = `${judged.measured >= 0 ? '+' : ''}${formatValue(judged.measured, unit)}`
  return `${subject} ${value} against ${formatValue(judged.baseline, sample.unit)} of ${stable}: ${difference} ${boundOf(rule, unit)}`
}

/** Unit of the figure that is compared with the bound, for a signal measured in `unit`. */
export function distanceUnit({ relativeTo }: Pick<GuardRule, 'relativeTo'>, unit: string): string {
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
export function boundOf(bound: Pick<GuardRule, 'operator' | 'value' | 'valueMax'>, unit: string): string {
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
function isState({ signal }: GuardRule): boolean {
  return signal === 'health' || signal === 'integrity'
}

function observed(signal: string): string {
  return /^(error|response|request)-/.test(signal) ? 'request' : 'observation'
}
