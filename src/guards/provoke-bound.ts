// The negative control of a bound: good looks, then a plain fault, and how long it takes at the worst until it trips. Pure.
import type { Sample } from '../plan/signal.ts'
import { satisfies } from '../plan/threshold.ts'
import { usualUnit } from '../plan/signal.ts'
import type { Provocation, ProvocationContext, Reaction } from './guard-kind.ts'
import { isMean } from './pool.ts'
import { distance, isUpperBound, type Bound } from './reading.ts'
import { isState, observed } from './sentence.ts'
import { plural } from '../lib/plural.ts'

/** What a bad state has to do before it counts. */
export interface Sustained {
  consecutive: number
  forMs: number
}

const GOOD_LOOKS = 5
/** Looks of a provocation; a state that must last for longer than these is looked at less often. */
const LOOKS_MAX = 2000
/** What the stable version has in the provocation of a rule that compares. */
function baselineOf({ signal, relativeTo, value }: Bound): number {
  if (signal !== 'error-rate') return 100
  return relativeTo === 'baseline' ? 1 : value >= 0 ? 0 : 100
}

/** Time from look to look at a signal. */
export function intervalMsOf(signal: string, { samplingMs, everyMs }: ProvocationContext): number {
  return Math.max(samplingMs, everyMs[signal] ?? 0)
}

/** Good looks, then as many bad ones as it takes and some more. */
export function provokeBound(bound: Bound, sustained: Sustained, context: ProvocationContext): Provocation {
  const usualMs = intervalMsOf(bound.signal, context)
  const intervalMs = Math.max(usualMs, Math.ceil(sustained.forMs / LOOKS_MAX))
  const bad = sustained.consecutive + Math.ceil(sustained.forMs / intervalMs) + 2
  const values = valuesOf(bound)
  const looks = Array.from({ length: GOOD_LOOKS + bad }, (_, index) =>
    lookOf(bound, index * intervalMs, index < GOOD_LOOKS ? values.good : values.bad, context),
  )
  return { looks, faultAt: GOOD_LOOKS * intervalMs }
}

/** One look at both versions, or at the service, where the judged one has this value. */
function lookOf(bound: Bound, at: number, value: number, { candidate, stable }: ProvocationContext): Sample[] {
  const { signal, scope } = bound
  const observations = isState(bound) ? null : Math.max(1, bound.observationsMin)
  const sample = (version: string | null, measured: number): Sample => {
    return { signal, version, at, value: measured, unit: usualUnit(signal), observations }
  }
  if (scope === 'service') return [sample(null, value)]
  if (scope === 'stable') return [sample(stable, value)]
  const others = bound.relativeTo === null ? [] : [sample(stable, baselineOf(bound))]
  return [sample(candidate, value), ...others]
}

/**
 * Values plainly in the good and in the bad state. The good one may not exist ("memory >= 0"): then both are bad, and the rule
 * trips before the fault, which the negative control says.
 */
function valuesOf(bound: Bound): { good: number; bad: number } {
  const baseline = baselineOf(bound)
  const absolute = (measured: number): number => {
    if (bound.relativeTo === 'baseline') return baseline * (1 + measured / 100)
    return bound.relativeTo === 'baseline-points' ? baseline + measured : measured
  }
  const candidates = candidatesFor(bound)
    .map(absolute)
    .filter((value) => isPossible(bound.signal, value))
  const isBad = (value: number): boolean => {
    const measured = distance(bound.relativeTo, value, baseline)
    return measured !== null && satisfies(bound, measured) === true
  }
  const bad = candidates.find(isBad) ?? candidates[0] ?? bound.value
  const good = candidates.find((value) => !isBad(value)) ?? bad
  return { good, bad }
}

/** Values to try, plain ones first: twice the bound, nothing, all of a share, a hair beyond the bound. */
function candidatesFor({ operator, value, valueMax }: Bound): number[] {
  const step = Math.max(1, Math.abs(value))
  const inside = operator === 'between' ? [(value + (valueMax ?? value)) / 2] : []
  const above = (valueMax ?? value) + step
  return [...inside, above, value - step, 0, 100, 1, value, value + 1e-6 * step, value - 1e-6 * step]
}

/** Shares lie between 0 and 100 (CPU and memory may be counted over several cores), states are 0 or 1, nothing else is below 0. */
function isPossible(signal: string, value: number): boolean {
  if (isState({ signal })) return value === 0 || value === 1
  return value >= 0 && (signal !== 'error-rate' || value <= 100)
}

/**
 * At the worst the fault begins a moment after a look and the next look's window is not all fault, so that only the one after it
 * is bad; a state, which is not measured over a window, is bad at the next look.
 */
export function reactionOfBound(bound: Bound, sustained: Sustained, context: ProvocationContext): Reaction {
  const intervalMs = intervalMsOf(bound.signal, context)
  const more = Math.max(sustained.consecutive - 1, Math.ceil(sustained.forMs / intervalMs))
  const looks = (isState(bound) ? 1 : 2) + more
  return { ms: looks * intervalMs, given: givenFor(bound) }
}

function givenFor(bound: Bound): string | null {
  const { signal, observationsMin, operator, value, relativeTo } = bound
  if (observationsMin <= 1 || isState(bound)) return null
  if (!isMean(signal)) return `${plural(observationsMin, observed(signal))} a look`
  if (signal !== 'error-rate' || relativeTo !== null || !isUpperBound(bound))
    return `${plural(observationsMin, observed(signal))}`
  // Pooled: bad as soon as even perfect answers from here on could not mend it.
  const share = (value / 100) * observationsMin
  const failed = operator === '>' ? Math.floor(share) + 1 : Math.ceil(share)
  return failed > observationsMin ? plural(observationsMin, 'request') : plural(Math.max(1, failed), 'failed request')
}
