// Kayenta's NetflixACAJudge as functions: metrics classified, weighed by group, scored, and the score judged.
import { KAYENTA_DEFAULTS, classifyMetric } from './kayenta-metric.ts'
import type { KayentaClassification, KayentaMetricRule } from './kayenta-metric.ts'

export interface KayentaMetric {
  name: string
  /** One value per interval; NaN where the source had none. */
  canary: readonly number[]
  baseline: readonly number[]
  groups: readonly string[]
  /** Classified and shown, not scored. */
  muted?: boolean
  /** What differs from `KAYENTA_DEFAULTS`. */
  rule?: Partial<KayentaMetricRule>
}

export interface ClassifiedMetric extends Pick<KayentaClassification, 'class' | 'critical'> {
  name: string
  groups: readonly string[]
}

export interface KayentaScore {
  /** 0 to 100, two decimals. */
  score: number
  /** Group → its own score; null where none of its metrics had data. */
  groups: Record<string, number | null>
  /** Why the score is 0 whatever the metrics say, or null. */
  failure: string | null
}

export interface KayentaJudgement extends KayentaScore {
  verdict: 'pass' | 'marginal' | 'fail'
  metrics: (KayentaClassification & { name: string })[]
}

/** Scores from which a canary passes, or is marginal. */
export interface KayentaThresholds {
  pass: number
  marginal: number
}

export const KAYENTA_THRESHOLDS: Readonly<KayentaThresholds> = { pass: 75, marginal: 50 }

/** A canary of which so many percent of the metrics have no data is not judged by the rest. */
const NODATA_PERCENT = 50

/**
 * @param groupWeights percent; groups without one share what is left of 100.
 * @returns facts of kayenta-judge: `NetflixACAJudge`, `ScoringHelper`, `ThresholdScoreClassifier` (spinnaker/kayenta).
 */
export function judgeCanary(
  metrics: readonly KayentaMetric[],
  groupWeights: Readonly<Record<string, number>> = {},
  thresholds: KayentaThresholds = KAYENTA_THRESHOLDS,
): KayentaJudgement {
  const judged = metrics.map(({ name, canary, baseline, groups, muted, rule }) => ({
    ...classifyMetric(canary, baseline, { ...KAYENTA_DEFAULTS, ...rule }),
    name,
    groups,
    muted: muted ?? false,
  }))
  const score = scoreMetrics(
    judged.filter(({ muted }) => !muted),
    groupWeights,
  )
  return { ...score, verdict: scoreVerdict(score.score, thresholds), metrics: judged }
}

/** Facts of `WeightedSumScorer` (spinnaker/kayenta). */
export function scoreMetrics(
  metrics: readonly ClassifiedMetric[],
  groupWeights: Readonly<Record<string, number>> = {},
): KayentaScore {
  const groups = groupScores(metrics)
  const failed = metrics.find((metric) => metric.critical && metric.class !== 'Pass')
  if (failed) return { score: 0, groups, failure: `critical metric ${failed.name} is ${failed.class}` }
  const silent = metrics.filter((metric) => metric.class === 'Nodata').length
  if ((silent / metrics.length) * 100 >= NODATA_PERCENT)
    return { score: 0, groups, failure: `${silent} of ${metrics.length} metrics have no data` }
  return { score: weightedScore(groups, groupWeights), groups, failure: null }
}

/** `pass` from the one threshold on, `marginal` from the other on. */
export function scoreVerdict(score: number, { pass, marginal }: KayentaThresholds): KayentaJudgement['verdict'] {
  if (score >= pass) return 'pass'
  return score >= marginal ? 'marginal' : 'fail'
}

function groupScores(metrics: readonly ClassifiedMetric[]): Record<string, number | null> {
  const names = new Set(metrics.flatMap((metric) => metric.groups))
  const scored = [...names].map((group): [string, number | null] => {
    const judged = metrics.filter((metric) => metric.groups.includes(group) && isJudged(metric))
    const passed = judged.filter((metric) => metric.class === 'Pass').length
    return [group, judged.length === 0 ? null : (passed / judged.length) * 100]
  })
  return Object.fromEntries(scored)
}

function isJudged(metric: ClassifiedMetric): boolean {
  return metric.class !== 'Nodata' && metric.class !== 'Error'
}

/** A group without data counts as passed: it is the share of silent metrics that fails a canary. */
function weightedScore(groups: Record<string, number | null>, weights: Readonly<Record<string, number>>): number {
  const entries = Object.entries(groups)
  const unweighted = entries.filter(([group]) => weights[group] === undefined).length
  const spare = 100 - Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  const total = entries.reduce(
    (sum, [group, score]) => sum + ((score ?? 100) * (weights[group] ?? spare / unweighted)) / 100,
    0,
  )
  return Math.round(total * 100) / 100
}
