// Argo Rollouts' analysis: what a measurement is, what the measurements of a metric come to, and what a run of metrics does.
import type { Truth } from './argo-evaluate.ts'

/** Of a measurement, a metric and a run alike. */
export type ArgoPhase = 'Pending' | 'Running' | 'Successful' | 'Inconclusive' | 'Error' | 'Failed'

/** Limits of a metric, with the names and defaults of an AnalysisTemplate. */
export interface ArgoLimits {
  /** So many failures are accepted in all; one more fails the metric. Negative: failures are not counted. @default 0 */
  failureLimit: number
  /** @default 0 */
  inconclusiveLimit: number
  /** So many errors of the provider in a row are accepted. @default 4 */
  consecutiveErrorLimit: number
  /** So many successes in a row end the metric well; 0: not looked at. From 1.8 on. @default 0 */
  consecutiveSuccessLimit: number
  /** How many measurements; 0: one, or with an interval as long as the run lasts. @default 0 */
  count: number
  /** Null: measured once. */
  intervalMs: number | null
}

export const ARGO_DEFAULTS: Readonly<ArgoLimits> = {
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
  consecutiveSuccessLimit: 0,
  count: 0,
  intervalMs: null,
}

/** What the measurements of a metric add up to. Plain data of constant size. */
export interface ArgoProgress {
  /** Without those that were errors. */
  count: number
  successful: number
  failed: number
  inconclusive: number
  consecutiveError: number
  consecutiveSuccess: number
  last: 'Successful' | 'Inconclusive' | 'Error' | 'Failed' | null
}

export const NO_MEASUREMENT: Readonly<ArgoProgress> = {
  count: 0,
  successful: 0,
  failed: 0,
  inconclusive: 0,
  consecutiveError: 0,
  consecutiveSuccess: 0,
  last: null,
}

/**
 * What one measurement is.
 * @param success, failure what the conditions came to; null: the metric has no such condition.
 * @returns facts of `EvaluateResult` (argoproj/argo-rollouts, utils/evaluate).
 */
export function measurementPhase(success: Truth | null, failure: Truth | null): NonNullable<ArgoProgress['last']> {
  if (success === 'error' || failure === 'error') return 'Error'
  if (success === null && failure === null) return 'Successful'
  if (failure ?? !success) return 'Failed'
  return (success ?? !failure) ? 'Successful' : 'Inconclusive'
}

/** The sums after one more measurement. */
export function afterMeasurement(before: ArgoProgress, phase: NonNullable<ArgoProgress['last']>): ArgoProgress {
  if (phase === 'Error')
    return { ...before, consecutiveError: before.consecutiveError + 1, consecutiveSuccess: 0, last: phase }
  return {
    count: before.count + 1,
    successful: before.successful + Number(phase === 'Successful'),
    failed: before.failed + Number(phase === 'Failed'),
    inconclusive: before.inconclusive + Number(phase === 'Inconclusive'),
    consecutiveError: 0,
    consecutiveSuccess: phase === 'Successful' ? before.consecutiveSuccess + 1 : 0,
    last: phase,
  }
}

/**
 * The phase of a metric.
 * @param terminating the run ends: the rollout is through, or another metric has ended badly.
 * @returns facts of `assessMetricStatus` (argoproj/argo-rollouts, analysis); successes in a row as its issue 3969 has them.
 */
export function assessMetric(progress: ArgoProgress, limits: ArgoLimits, terminating = false): ArgoPhase {
  if (progress.last === null) return terminating ? 'Successful' : 'Pending'
  if (limits.failureLimit >= 0 && progress.failed > limits.failureLimit) return 'Failed'
  if (progress.inconclusive > limits.inconclusiveLimit) return 'Inconclusive'
  if (progress.consecutiveError > limits.consecutiveErrorLimit) return 'Error'
  const wanted = limits.consecutiveSuccessLimit
  if (wanted > 0 && progress.consecutiveSuccess >= wanted) return 'Successful'
  if (!terminating && !isCounted(progress, limits)) return 'Running'
  return wanted > 0 ? 'Inconclusive' : 'Successful'
}

/** Whether the metric has as many measurements as it wants. */
function isCounted({ count }: ArgoProgress, limits: ArgoLimits): boolean {
  const wanted = limits.count > 0 ? limits.count : limits.intervalMs === null ? 1 : Number.POSITIVE_INFINITY
  return count >= wanted
}

/** From the best to the worst. */
const ORDER: readonly ArgoPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed']

/** The worse one of the two. */
export function worsePhase(a: ArgoPhase, b: ArgoPhase): ArgoPhase {
  return ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a
}

export interface ArgoMetric {
  limits: ArgoLimits
  progress: ArgoProgress
  /** Measured and shown, without a say in the phase of the run. */
  dryRun?: boolean
}

/**
 * The phase of a run: the worst of its metrics when all of them have ended. One that ends badly ends the others.
 * @returns facts of `assessRunStatus` and `IsTerminating` (argoproj/argo-rollouts, analysis).
 */
export function assessRun(metrics: readonly ArgoMetric[], terminate = false): ArgoPhase {
  const voting = metrics.filter(({ dryRun }) => !dryRun)
  const broken = voting.some(({ progress, limits }) => isBad(assessMetric(progress, limits)))
  const phases = (broken || terminate ? voting : metrics).map(({ progress, limits, dryRun }) => ({
    phase: assessMetric(progress, limits, broken || terminate),
    dryRun: dryRun ?? false,
  }))
  if (phases.some(({ phase }) => phase === 'Running' || phase === 'Pending')) return 'Running'
  return phases
    .filter(({ dryRun }) => !dryRun)
    .reduce<ArgoPhase>((worst, { phase }) => worsePhase(worst, phase), 'Successful')
}

function isBad(phase: ArgoPhase): boolean {
  return phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive'
}
