// Proposes a guard for a bound that speaks of a period: growth over a window, events counted in one. Pure; abstains rather than guesses.
import { formatDuration } from '../lib/duration.ts'
import type { Scope } from '../plan/guard-rule.ts'
import type { Threshold } from '../plan/threshold.ts'

/** Options of the kind `growth`, as gonogo.yaml writes them. */
export interface ProposedGrowth {
  signal: string
  scope: Scope
  moreThan: number
  over: number
}

/** Options of the kind `count`, as gonogo.yaml writes them. */
export interface ProposedCount {
  signal: string
  scope: Scope
  of: 'values' | 'failures'
  moreThan: number
  within?: number
  first?: number
}

export type ProposedPeriod = (
  | { kind: 'growth'; options: ProposedGrowth }
  | { kind: 'count'; options: ProposedCount }
) & {
  /** For the person who confirms it. */
  why: string
}

/** What grows by itself, and is not compared with another version. */
const GROWING: Record<string, string> = { memory: 'memory', 'memory usage': 'memory', 'memory utilization': 'memory' }
const GROWTH_WORDS = /\b(?:increase[sd]?|increasing|growth|grows?|growing)\b/gi

/** Requests that failed, whatever they are called. */
const FAILURES = new Set([
  'failed requests',
  'request failures',
  'request errors',
  'http errors',
  'server errors',
  '5xx errors',
  '5xx responses',
  'http 5xx errors',
])

/** A guard of kind `growth` or `count` for a bad state, or null. `signals`: those that are measured, where that is known. */
export function guardOverPeriod(
  threshold: Threshold,
  signals: { has(signal: string): boolean } | undefined,
): ProposedPeriod | null {
  const { windowMs, value, operator } = threshold
  if (windowMs === null || windowMs <= 0 || value === null || (operator !== '>' && operator !== '>=')) return null
  // "After 1 hour", "per minute", "for 5 minutes", "for new features" say something else about time, or for whom.
  if (/\b(?:after|per|for)\b/i.test(threshold.text)) return null
  return growthOver(threshold, value, windowMs) ?? countIn(threshold, value, windowMs, signals)
}

/** "Memory increases by more than 10 % over 30 minutes". */
function growthOver(
  { subject, unit, relativeTo, text }: Threshold,
  value: number,
  over: number,
): ProposedPeriod | null {
  const grows = GROWTH_WORDS.test(`${subject} ${text}`)
  GROWTH_WORDS.lastIndex = 0
  const signal = GROWING[plain(subject.replaceAll(GROWTH_WORDS, ' '))]
  if (!signal || !grows || unit !== 'percent' || relativeTo === 'previous' || /\bfirst\b/i.test(text)) return null
  const why = `"${subject.trim()}": growth of ${signal} of the new version over ${formatDuration(over)}, in percent of what it was`
  return { kind: 'growth', options: { signal, scope: 'candidate', moreThan: value, over }, why }
}

/** "More than 10 critical errors in the first hour", "failed requests > 50 in 5 min". */
function countIn(
  { subject, unit, relativeTo, operator, text }: Threshold,
  value: number,
  periodMs: number,
  signals: { has(signal: string): boolean } | undefined,
): ProposedPeriod | null {
  if (unit !== 'count' || relativeTo !== null || !Number.isInteger(value)) return null
  const period = /\bfirst\b/i.test(text) ? { first: periodMs } : { within: periodMs }
  const moreThan = operator === '>' ? value : value - 1
  const words = plain(subject)
  const when = `${'first' in period ? 'in the first' : 'within'} ${formatDuration(periodMs)}`
  if (FAILURES.has(words)) {
    const why = `"${subject.trim()}": failed requests of the new version, counted ${when}`
    return {
      kind: 'count',
      options: { signal: 'error-rate', scope: 'candidate', of: 'failures', moreThan, ...period },
      why,
    }
  }
  const signal = words.replaceAll(' ', '-')
  if (!signals?.has(signal)) return null
  const why = `"${subject.trim()}": values of the signal ${signal} of the service are added up ${when}, each as what came since the look before`
  return { kind: 'count', options: { signal, scope: 'service', of: 'values', moreThan, ...period }, why }
}

function plain(subject: string): string {
  return subject
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .replaceAll(/\b(?:the|of|total|count|number)\b/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
