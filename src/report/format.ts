// Numbers, times and words as every form of the report writes them.
import { formatDuration } from '../lib/duration.ts'
import { formatSize } from '../lib/size.ts'
import type { MetricRow } from './shape.ts'

/** Made when the first number is written: to make one takes longer than to write a report. */
const lazily = (options: Intl.NumberFormatOptions): (() => Intl.NumberFormat) => {
  let format: Intl.NumberFormat | null = null
  return () => (format ??= new Intl.NumberFormat('en-US', options))
}
const small = lazily({ maximumSignificantDigits: 3 })
const large = lazily({ maximumFractionDigits: 0 })

/** Three significant digits, whole numbers from 1,000 on. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'unknown' : 'beyond the scale'
  return (Math.abs(value) < 999.5 ? small() : large()).format(value)
}

/** `12.4 ms`, `4.2 s`, `0.12 %`, `82.1 GB`, `130/s`: a value in one of the base units, as a person reads it. */
export function formatValue(value: number, unit: string): string {
  if (!Number.isFinite(value)) return formatNumber(value)
  switch (unit) {
    case 'ms':
      return Math.abs(value) < 1000 ? `${formatNumber(value)} ms` : formatDuration(value)
    case 'percent':
      return `${formatNumber(value)} %`
    case 'bytes':
      return formatSize(value)
    case 'bytes-per-second':
      return `${formatSize(value)}/s`
    case 'per-second':
      return `${formatNumber(value)}/s`
    case 'count':
    case '':
      return formatNumber(value)
    default:
      return `${formatNumber(value)} ${unit}`
  }
}

/** Value of a sample; `health` and `integrity` say good or bad rather than 1 or 0. */
export function formatReading(signal: string, value: number, unit: string): string {
  if (signal === 'health' || signal === 'integrity') return value >= 1 ? 'good' : 'bad'
  return formatValue(value, unit)
}

/** `2026-11-21 10:15:00 UTC`. */
export function formatMoment(at: number): string {
  return `${iso(at).slice(0, 19).replace('T', ' ')} UTC`
}

/** `10:15:00.250` in UTC: for lists that name the day where it changes. */
export function formatClock(at: number): string {
  return iso(at).slice(11, 23)
}

/** `2026-11-21` where a list comes to another day than that of the line before; else null. */
export function dayAfter(at: number, before: number | undefined): string | null {
  const day = iso(at).slice(0, 10)
  return before !== undefined && iso(before).slice(0, 10) === day ? null : day
}

/** `2026-11-21T10:15:00.250Z`; a moment no calendar has is the epoch's start rather than an exception. */
export function iso(at: number): string {
  return new Date(Math.abs(at) <= 8.64e15 ? at : 0).toISOString()
}

/** `a, b and c`; more than `max` end in `and 4 more`. */
export function listWords(words: readonly string[], max = 5): string {
  const shown = words.slice(0, max)
  const rest = words.length - shown.length
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

/** At most `max` characters, the end cut at a whole character and marked. */
export function shorten(text: string, max: number): string {
  return text.length <= max
    ? text
    : `${text
        .slice(0, max - 1)
        .toWellFormed()
        .trimEnd()}…`
}

/**
 * Text without what could deceive a reader's eye or break a file: control characters, bidirectional overrides, lone
 * surrogates. Line ends become `\n`.
 */
export function plainText(text: string): string {
  const lines = text.toWellFormed().replace(/\r\n?/g, '\n')
  // oxlint-disable-next-line no-control-regex
  return lines.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '\ufffd')
}

/** `response-time-p95` → `response time p95`. */
export function signalTitle(signal: string): string {
  return signal.replaceAll('-', ' ')
}

const STATUS_WORDS: Record<string, string> = { 'not-reached': 'not reached', 'rolled-back': 'rolled back' }

/** A status or state as a word for people. */
export function statusWord(status: string): string {
  return STATUS_WORDS[status] ?? status
}

/** An item's status as a word: a bad state that did not come about is `clear` rather than `passed`, else `tripped`. */
export function itemWord({ status, badState }: { status: string; badState: boolean }): string {
  if (badState && status === 'passed') return 'clear'
  if (badState && status === 'failed') return 'tripped'
  return statusWord(status)
}

/** `+12.3 %`, `-0.4 points`. */
export function changeWords(change: MetricRow['change']): string | null {
  if (!change) return null
  return `${change.value > 0 ? '+' : ''}${formatNumber(change.value)} ${change.unit === 'percent' ? '%' : 'points'}`
}
