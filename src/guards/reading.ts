// What one sample means to one bound: good, bad, or nothing that may be built on. Pure.
import type { RelativeTo, Scope } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { satisfies, type Operator } from '../plan/threshold.ts'
import { emptyPool, isMean, poured, type Pool } from './pool.ts'

/** A bound on one signal: the bad state. */
export interface Bound {
  signal: string
  scope: Scope
  operator: Operator
  value: number
  valueMax: number | null
  /** Null: absolute. */
  relativeTo: RelativeTo | null
  /** A sample that rests on fewer observations says nothing. */
  observationsMin: number
}

/**
 * `unknown`: the source could not tell. `idle`: it could, but there was too little to judge by (no or too few
 * requests). Neither is good, neither is bad.
 */
export type Reading =
  | { kind: 'good' | 'bad'; judged: Judged }
  | { kind: 'idle'; why: string }
  | { kind: 'unknown'; why: string }

/** The figures a verdict rests on. */
export interface Judged {
  /** What was compared with the bound: the value, or its distance to the baseline. */
  measured: number
  value: number
  baseline: number | null
  observations: number | null
}

/** The stable version's value to compare with. */
export interface Baseline {
  value: number
  observations: number | null
}

/**
 * Reads one sample. Samples of means (error rate, mean response time) that rest on too few observations are pooled with
 * the following ones until they suffice, so that a rule also sees a canary with little traffic.
 */
export function readSample(
  bound: Bound,
  sample: Sample,
  baselineNow: Baseline | 'idle' | null,
  pool: Pool,
): { reading: Reading; pool: Pool } {
  const { value, observations } = sample
  if (observations === 0) return { reading: { kind: 'idle', why: sample.detail ?? 'no observations' }, pool }
  if (value === null || !Number.isFinite(value))
    return { reading: { kind: 'unknown', why: sample.detail ?? 'no value' }, pool }
  const baseline = baselineNow === 'idle' ? null : baselineNow
  if (bound.relativeTo && !baseline)
    return { reading: { kind: baselineNow === 'idle' ? 'idle' : 'unknown', why: 'nothing to compare with' }, pool }
  if (observations === null || observations >= bound.observationsMin)
    return { reading: compare(bound, value, baseline?.value ?? null, observations), pool: emptyPool }
  const tooFew = `${observations} observations, at least ${bound.observationsMin} wanted`
  if (!isMean(sample.signal)) return { reading: { kind: 'idle', why: tooFew }, pool }
  return readPool(bound, poured(pool, { value, observations }, baseline), tooFew)
}

function readPool(bound: Bound, pool: Pool, tooFew: string): { reading: Reading; pool: Pool } {
  const value = pool.sum / pool.observations
  const baseline = pool.baselineWeight > 0 ? pool.baselineSum / pool.baselineWeight : null
  if (pool.observations >= bound.observationsMin)
    return { reading: compare(bound, value, baseline, pool.observations), pool: emptyPool }
  // Bad enough that even if all that is still to come were perfect, it would stay bad: no need to wait for it.
  const atBest = compare(bound, pool.sum / bound.observationsMin, baseline, pool.observations)
  if (isUpperBound(bound) && atBest.kind === 'bad')
    return { reading: compare(bound, value, baseline, pool.observations), pool: emptyPool }
  return { reading: { kind: 'idle', why: tooFew }, pool }
}

/** Whether more is worse. */
export function isUpperBound(bound: Pick<Bound, 'operator'>): boolean {
  return bound.operator === '>' || bound.operator === '>='
}

function compare(bound: Bound, value: number, baseline: number | null, observations: number | null): Reading {
  const measured = distance(bound.relativeTo, value, baseline)
  if (measured === null || !Number.isFinite(measured))
    return { kind: 'unknown', why: `the baseline is ${baseline ?? 'unknown'}` }
  const bad = satisfies(bound, measured)
  if (bad === null) return { kind: 'unknown', why: 'the bound has no number' }
  return { kind: bad ? 'bad' : 'good', judged: { measured, value, baseline, observations } }
}

/**
 * `baseline`: percent above it; `baseline-points`: difference to it; null: the value itself.
 * @returns null where it cannot be said: no baseline, or percent of nothing.
 */
export function distance(relativeTo: RelativeTo | null, value: number, baseline: number | null): number | null {
  if (relativeTo === null) return value
  if (baseline === null || !Number.isFinite(baseline)) return null
  if (relativeTo === 'baseline-points') return value - baseline
  return baseline > 0 ? (100 * (value - baseline)) / baseline : null
}
