// Proposes a guard rule or a watch for a threshold of the document. Pure. It abstains rather than guesses.
//
// Two decisions on "increase": for an error rate it is a difference in percentage points ("error rate increase < 5 %" is
// broken by 1 % → 6.1 %), because a relative one would be broken by the second failed request; for response times it is
// relative ("performance regression < 10 %" is broken by 100 ms → 111 ms).
import { formatDuration } from '../lib/duration.ts'
import type { WatchSpec } from '../plan/binding.ts'
import type { Severity } from '../plan/guard-rule.ts'
import { oppositeOf, type Operator, type Threshold } from '../plan/threshold.ts'
import { guardOverPeriod, type ProposedCount, type ProposedGrowth } from './from-period.ts'
import type { Bound } from './reading.ts'
import { meaningOf, type Meaning } from './words.ts'

export interface GuardContext {
  /** Unique in the run. */
  id: string
  title: string
  /** Item of the document, or null. */
  item: string | null
  severity: Severity
  /** `good`: the threshold states what should be; `bad-state`: what must not be. */
  polarity: 'good' | 'bad-state'
  /** Signals that are measured: lets names of theirs be recognised. Left out: only the usual ones are. */
  signals?: { has(signal: string): boolean }
}

/** An entry of gonogo.yaml with every common field filled in, and about what it is. */
interface ProposedCommon {
  id: string
  title: string
  item: string | null
  severity: Severity
  restoreData: boolean
  unknownMax: number
}

/** What a proposal is made of besides. */
export type ProposedKind =
  | { kind: 'bound'; options: ProposedBound }
  | { kind: 'growth'; options: ProposedGrowth }
  | { kind: 'count'; options: ProposedCount }

export type ProposedGuard = ProposedCommon & ProposedKind

/** Options of the kind `bound`. */
export interface ProposedBound extends Omit<Bound, 'operator'> {
  is: Operator
  consecutive: number
  for: number
}

export interface GuardProposal {
  rule: ProposedGuard
  /** For the person who confirms it. */
  why: string
}

export interface WatchProposal {
  watch: WatchSpec
  /** For the person who confirms it. */
  why: string
}

/** "Sustained", with no time said. */
const SUSTAINED_MS = 60_000
/** "Health check failures", with no number said; and comparisons of two noisy figures. */
const CONSECUTIVE_DEFAULT = 3
/** Looks without a value that are borne before the run pauses. */
const UNKNOWN_MAX = 10

/** A rule that trips in the state which the threshold forbids, or null. */
export function guardFromThreshold(threshold: Threshold, context: GuardContext): GuardProposal | null {
  const overPeriod = context.polarity === 'bad-state' ? guardOverPeriod(threshold, context.signals) : null
  if (overPeriod) {
    const { why, ...kind } = overPeriod
    return { rule: { ...commonOf(context, UNKNOWN_MAX), ...kind }, why }
  }
  const meaning = meaningFor(threshold)
  if (!meaning) return null
  if (meaning.unit === 'state')
    return stateGuard(meaning, { consecutive: threshold.consecutive, forMs: lastingSaid(threshold) }, context)
  const bound = boundIn(threshold, meaning)
  const operator = context.polarity === 'good' ? oppositeOf(threshold.operator) : threshold.operator
  if (!bound || !operator) return null
  const lasting = lastingOf(threshold, meaning, context.polarity)
  const observationsMin = observationsMinFor(meaning, bound.value)
  const { consecutive, forMs } = lasting
  const rule = ruleOf(context, meaning, { ...bound, is: operator, consecutive, for: forMs, observationsMin })
  const few = observationsMin > 1 ? `judged on at least ${observationsMin} requests` : null
  return { rule, why: [meaning.why, lasting.why, few].filter(Boolean).join('; ') }
}

/** A rule for a trigger that has no number: "Database integrity failures", "Health check failures"; or null. */
export function guardFromWords(text: string, context: Omit<GuardContext, 'polarity'>): GuardProposal | null {
  const meaning = meaningOf(text, { unit: null, aggregate: null, relativeTo: null })
  return meaning?.unit === 'state' ? stateGuard(meaning, { consecutive: null, forMs: null }, context) : null
}

/** A watch that passes in the state which the threshold wants, judged over `forMs` (0: over what was recorded); or null. */
export function watchFromThreshold(
  threshold: Threshold,
  context: { polarity: GuardContext['polarity']; forMs: number },
): WatchProposal | null {
  const meaning = meaningFor(threshold)
  if (!meaning || meaning.unit === 'state') return null
  const bound = boundIn(threshold, meaning)
  const operator = context.polarity === 'bad-state' ? oppositeOf(threshold.operator) : threshold.operator
  if (!bound || !operator) return null
  const { signal, scope, relativeTo } = meaning
  const aggregate = threshold.aggregate === 'max' || meaning.signal.startsWith('memory') ? 'max' : 'avg'
  const watch: WatchSpec = { signal, scope, relativeTo, ...bound, operator, aggregate, forMs: context.forMs }
  return { watch, why: `${meaning.why}; ${aggregate} over the stretch` }
}

function meaningFor(threshold: Threshold): Meaning | null {
  // "in the first hour", "after 1 hour", "for new features": says when or for whom, which no rule here can express.
  if (/\b(first|after|within|per|for (?!\d|more|over|at least|longer|a minute|an hour))\b/i.test(threshold.text))
    return null
  return meaningOf(threshold.subject, { ...threshold, unit: baseUnit(threshold.unit) })
}

function ruleOf(
  context: Omit<GuardContext, 'polarity'>,
  meaning: Meaning,
  bound: Omit<ProposedBound, 'signal' | 'scope' | 'relativeTo'>,
): ProposedCommon & { kind: 'bound'; options: ProposedBound } {
  const { signal, scope, relativeTo } = meaning
  const common = commonOf(context, unknownMaxFor(meaning))
  // A damaged database does not mend by moving traffic.
  const restoreData = signal === 'integrity' && common.severity === 'rollback'
  return { ...common, restoreData, kind: 'bound', options: { signal, scope, relativeTo, ...bound } }
}

function commonOf(context: Omit<GuardContext, 'polarity'>, unknownMax: number): ProposedCommon {
  const { id, title, item, severity } = context
  return { id, title, item, severity, restoreData: false, unknownMax }
}

function stateGuard(
  meaning: Meaning,
  said: { consecutive: number | null; forMs: number | null },
  context: Omit<GuardContext, 'polarity'>,
): GuardProposal {
  const unsaid = said.consecutive === null && said.forMs === null && meaning.signal === 'health'
  const consecutive = said.consecutive ?? (unsaid ? CONSECUTIVE_DEFAULT : 1)
  const bad = { is: '==', value: 0, valueMax: null } as const
  const rule = ruleOf(context, meaning, { ...bad, consecutive, for: said.forMs ?? 0, observationsMin: 0 })
  const lasting = said.forMs === null ? `${consecutive} bad in a row` : `bad for ${formatDuration(said.forMs)}`
  const assumed = unsaid ? ' (the document does not say how many)' : ''
  const restore = rule.restoreData ? '; the rollback also restores the backup of the data' : ''
  return { rule, why: `${meaning.why}; ${lasting}${assumed}${restore}` }
}

/** "Health checks failing for > 10 minutes": the time is the bound itself, or stands beside it. */
function lastingSaid({ windowMs, unit, value, operator }: Threshold): number | null {
  if (windowMs !== null) return windowMs
  const conversion = unit === null ? undefined : UNIT_FACTORS[unit]
  const atLeast = operator === '>' || operator === '>='
  return value !== null && atLeast && conversion?.unit === 'ms' ? value * conversion.factor : null
}

/** How long the bad state must last. What a document says of the good state ("< 1 % for 30 minutes") is no such thing. */
function lastingOf(
  threshold: Threshold,
  { relativeTo }: Meaning,
  polarity: GuardContext['polarity'],
): { consecutive: number; forMs: number; why: string | null } {
  const { text } = threshold
  const { consecutive, windowMs } = polarity === 'good' ? { consecutive: null, windowMs: null } : threshold
  if (consecutive !== null) return { consecutive, forMs: windowMs ?? 0, why: `${consecutive} in a row` }
  if (windowMs !== null) return { consecutive: 1, forMs: windowMs, why: `held for ${formatDuration(windowMs)}` }
  if (/\bsustained\b/i.test(text))
    return { consecutive: 1, forMs: SUSTAINED_MS, why: `"sustained" taken as ${formatDuration(SUSTAINED_MS)}` }
  return relativeTo === null
    ? { consecutive: 1, forMs: 0, why: null }
    : {
        consecutive: CONSECUTIVE_DEFAULT,
        forMs: 0,
        why: `${CONSECUTIVE_DEFAULT} in a row, two noisy figures are compared`,
      }
}

/**
 * So many requests that one failure among them cannot break the bound by itself: 200 for 1 %, 5 for 50 %. A total
 * outage does not wait for them: the judge sees early that no further request could mend it.
 */
function observationsMinFor({ signal, relativeTo }: Meaning, value: number): number {
  if (signal === 'error-rate') return Math.min(10_000, Math.max(5, Math.ceil(200 / Math.abs(value))))
  if (signal === 'response-time') return relativeTo === null ? 5 : 50
  if (signal === 'response-time-p95') return 20
  return signal === 'response-time-p99' ? 100 : 0
}

/** How much not knowing is borne before the run pauses: a look at a database is rarer than one at a router. */
function unknownMaxFor({ signal }: Meaning): number {
  return signal === 'integrity' ? 3 : UNKNOWN_MAX
}

const UNIT_FACTORS: Record<string, { unit: 'ms' | 'bytes' | 'percent'; factor: number }> = {
  ms: { unit: 'ms', factor: 1 },
  s: { unit: 'ms', factor: 1000 },
  seconds: { unit: 'ms', factor: 1000 },
  min: { unit: 'ms', factor: 60_000 },
  minutes: { unit: 'ms', factor: 60_000 },
  bytes: { unit: 'bytes', factor: 1 },
  percent: { unit: 'percent', factor: 1 },
}

function baseUnit(unit: string | null): string | null {
  return unit === null ? null : (UNIT_FACTORS[unit]?.unit ?? unit)
}

/** The bound in the signal's unit, or null when the document gives none, or one of another kind. */
function boundIn(threshold: Threshold, meaning: Meaning): Pick<Bound, 'value' | 'valueMax'> | null {
  const conversion = threshold.unit === null ? undefined : UNIT_FACTORS[threshold.unit]
  if (threshold.value === null || conversion?.unit !== meaning.unit) return null
  const valueMax = threshold.valueMax === null ? null : threshold.valueMax * conversion.factor
  return { value: threshold.value * conversion.factor, valueMax }
}
