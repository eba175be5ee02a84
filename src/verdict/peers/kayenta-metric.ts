// How Kayenta's NetflixACAJudge classifies one metric: the canary's values against the baseline's.
import { meanRatio, preparedValues, type NanStrategy } from './kayenta-values.ts'
import { commonLanguageEffect, mannWhitneyShift, type Shift } from './mann-whitney.ts'

/** `NodataFailMetric`: no data where there had to be some. `Error`: it could not be judged. */
export type KayentaClass = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric' | 'Error'

/** Settings of a metric, with the names and defaults of a canary configuration. */
export interface KayentaMetricRule {
  /** Which change is bad. @default either */
  direction: 'increase' | 'decrease' | 'either'
  nanStrategy: NanStrategy
  /** null: outliers are kept. */
  outlierFactor: number | null
  /** A failure of this metric fails the canary whatever the score. */
  critical: boolean
  /** No data counts as a failure. */
  mustHaveData: boolean
  /** `cles`: the share of pairs in which the canary's value is higher; 0.5 is no effect, where for `meanRatio` it is 1. */
  effectSize: 'meanRatio' | 'cles'
  /** An effect smaller than these is no failure; null: any counts. */
  allowedIncrease: number | null
  allowedDecrease: number | null
  /** From these on a critical metric fails the canary; null: from any. */
  criticalIncrease: number | null
  criticalDecrease: number | null
  /** Of the test. @default 0.98 */
  confidence: number
  /** The interval must lie farther from 0 than this share of the estimate. @default 0.25 */
  tolerance: number
}

export const KAYENTA_DEFAULTS: Readonly<KayentaMetricRule> = {
  direction: 'either',
  nanStrategy: 'remove',
  outlierFactor: null,
  critical: false,
  mustHaveData: false,
  effectSize: 'meanRatio',
  allowedIncrease: null,
  allowedDecrease: null,
  criticalIncrease: null,
  criticalDecrease: null,
  confidence: 0.98,
  tolerance: 0.25,
}

export interface KayentaClassification {
  class: KayentaClass
  /** Fails the canary on its own. */
  critical: boolean
  /** Mean of the canary over mean of the baseline; NaN where one is 0; 1 where nothing was compared. */
  ratio: number
  /** What was compared; null where it did not come to that. */
  shift: Shift | null
}

/**
 * @param canary, baseline one value per interval; NaN where the source had none.
 * @returns facts of kayenta-judge: `NetflixACAJudge`, `MannWhitneyClassifier`, `EffectSizes` (spinnaker/kayenta).
 */
export function classifyMetric(
  canary: readonly number[],
  baseline: readonly number[],
  rule: KayentaMetricRule = KAYENTA_DEFAULTS,
): KayentaClassification {
  const experiment = preparedValues(canary, rule.nanStrategy, rule.outlierFactor)
  const control = preparedValues(baseline, rule.nanStrategy, rule.outlierFactor)
  if (experiment.length === 0 || control.length === 0) return withoutData(rule)
  if (![...experiment, ...control].every(Number.isFinite)) return uncompared('Error', rule.critical)
  if (isSame(experiment, control)) return uncompared('Pass')
  return compare(experiment, control, rule)
}

function uncompared(label: KayentaClass, critical = false): KayentaClassification {
  return { class: label, critical, ratio: 1, shift: null }
}

/** Where gaps count as 0 there is nothing amiss about an empty series. */
function withoutData({ nanStrategy, mustHaveData, critical }: KayentaMetricRule): KayentaClassification {
  if (nanStrategy === 'replace') return uncompared('Pass')
  return mustHaveData && !critical ? uncompared('NodataFailMetric') : uncompared('Nodata', critical)
}

/** The same values in whatever order, or one and the same value throughout. */
function isSame(experiment: readonly number[], control: readonly number[]): boolean {
  if (new Set([...experiment, ...control]).size === 1) return true
  if (experiment.length !== control.length) return false
  const [a, b] = [experiment.toSorted((x, y) => x - y), control.toSorted((x, y) => x - y)]
  return a.every((value, index) => value === b[index])
}

function compare(
  experiment: readonly number[],
  control: readonly number[],
  rule: KayentaMetricRule,
): KayentaClassification {
  const shift = shiftOf(experiment, control, rule.confidence)
  const ratio = meanRatio(experiment, control)
  const effect = rule.effectSize === 'cles' ? commonLanguageEffect(experiment, control) : ratio
  const none = rule.effectSize === 'cles' ? 0.5 : 1
  // An effect that cannot be computed (a mean of 0) does not excuse a difference.
  const reaches = (bound: number | null): boolean => Number.isNaN(effect) || effect >= (bound ?? none)
  const falls = (bound: number | null): boolean => Number.isNaN(effect) || effect <= (bound ?? none)
  const margin = rule.tolerance * Math.abs(shift.estimate)
  if (rule.direction !== 'decrease' && shift.low > margin && reaches(rule.allowedIncrease))
    return { class: 'High', critical: rule.critical && reaches(rule.criticalIncrease), ratio, shift }
  if (rule.direction !== 'increase' && shift.high < -margin && falls(rule.allowedDecrease))
    return { class: 'Low', critical: rule.critical && falls(rule.criticalDecrease), ratio, shift }
  return { class: 'Pass', critical: false, ratio, shift }
}

/** Two constants differ by one number: Kayenta adds noise of a hundred-thousandth before its test and finds the same. */
function shiftOf(experiment: readonly number[], control: readonly number[], confidence: number): Shift {
  if (new Set(experiment).size > 1 || new Set(control).size > 1)
    return mannWhitneyShift(experiment, control, confidence)
  const difference = (experiment[0] ?? 0) - (control[0] ?? 0)
  return { low: difference, high: difference, estimate: difference }
}
