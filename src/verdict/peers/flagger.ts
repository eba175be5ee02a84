// Flagger's analysis of a canary: checks at every tick, failed ones added up, weight moved on by one step where none failed.

/** Settings of a Canary's `analysis`. */
export interface FlaggerRule {
  /** So many failed checks in all are a rollback. @default 1 */
  threshold: number
  /** Weights after each step; the last one is the weight that is promoted. */
  weights: readonly number[]
}

/** What the ticks so far have come to. Plain data of constant size. */
export interface FlaggerProgress {
  failedChecks: number
  /** Steps of weight made; 0: the canary has no traffic yet. */
  steps: number
  phase: 'progressing' | 'rolled-back' | 'promoted'
}

export const BEFORE_FIRST_TICK: Readonly<FlaggerProgress> = { failedChecks: 0, steps: 0, phase: 'progressing' }

/** `no-values`: the query answered nothing, or could not be asked. */
export type FlaggerCheck = 'passed' | 'failed' | 'no-values'

/** The range a value must lie in, both ends included; null: open. */
export interface ThresholdRange {
  min: number | null
  max: number | null
}

/** `request-success-rate` in percent, `request-duration` the 99th percentile in milliseconds; as in its documentation. */
export const FLAGGER_BUILTIN: Readonly<Record<'request-success-rate' | 'request-duration', ThresholdRange>> = {
  'request-success-rate': { min: 99, max: null },
  'request-duration': { min: null, max: 500 },
}

/** @param value null or NaN: the query answered nothing. */
export function flaggerCheck(value: number | null, { min, max }: ThresholdRange): FlaggerCheck {
  if (value === null || Number.isNaN(value)) return 'no-values'
  return (min !== null && value < min) || (max !== null && value > max) ? 'failed' : 'passed'
}

/**
 * One tick. The failed checks are looked at before this tick's own are made: a rollback comes one tick after its last straw.
 * @param check the worst of this tick's checks; not asked for before the canary has traffic.
 * @returns facts of `advanceCanary`, `runAnalysis`, `runCanary` (fluxcd/flagger, pkg/controller), where a query without values counts as
 *   a failed check.
 */
export function flaggerTick(before: FlaggerProgress, rule: FlaggerRule, check: () => FlaggerCheck): FlaggerProgress {
  if (before.phase !== 'progressing') return before
  if (before.failedChecks >= rule.threshold) return { ...before, phase: 'rolled-back' }
  if (before.steps > 0 && check() !== 'passed') return { ...before, failedChecks: before.failedChecks + 1 }
  if (before.steps >= rule.weights.length) return { ...before, phase: 'promoted' }
  return { ...before, steps: before.steps + 1 }
}

/** The weights that `stepWeight` and `maxWeight`, or `stepWeights`, lead through. Both are percent of the traffic. */
export function flaggerWeights(step: number | readonly number[], maxWeight = 100): number[] {
  if (typeof step !== 'number') return step.map((weight) => Math.min(100, weight))
  if (step <= 0) return []
  const weights: number[] = []
  // The last step may lead beyond the highest weight, never beyond all of the traffic.
  for (let weight = step; weights.length < 100; weight += step) {
    weights.push(Math.min(100, weight))
    if (weight >= maxWeight) break
  }
  return weights
}
