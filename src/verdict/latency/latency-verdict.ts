// The verdict on response times as a person reads it.
import type { AlwaysValidInterval, Judgement, Verdict } from '../../plan/verdict.ts'
import { quantileLimitsMs, quantileMs } from './quantiles.ts'

/** What is known when a verdict is asked for; counts are of all requests so far, by bucket. */
export interface LatencyFacts {
  judgement: Judgement
  logE: number
  bursty: boolean
  boundsMs: readonly number[]
  candidate: ArrayLike<number>
  stable: ArrayLike<number>
  design: { alpha: number; margin: number; notWorseMargin: number | null; level: number }
}

/** "candidate p95 312 ms vs 240 ms, median ×1.28 (1.1-1.5), false-alarm budget 1 %". */
export function latencyVerdict(facts: LatencyFacts): Verdict {
  const { judgement, logE, design } = facts
  const interval = ratioInterval(facts, 0.5)
  return {
    metric: 'latency',
    judgement,
    logE,
    logThreshold: Math.log(1 / design.alpha),
    interval,
    sentence: sentenceOf(facts, interval),
  }
}

/**
 * Of the ratio of both versions' quantile `q`, candidate over stable; null before both had requests. It holds for
 * distributions that stay what they are, and requests that do not slow each other; the judgement needs neither.
 */
function ratioInterval(facts: LatencyFacts, q: number): AlwaysValidInterval | null {
  const { boundsMs, candidate, stable, design } = facts
  if (Number.isNaN(quantileMs(candidate, boundsMs, q)) || Number.isNaN(quantileMs(stable, boundsMs, q))) return null
  // Each side may miss with half the probability.
  const miss = (1 - design.level) / 2
  const above = quantileLimitsMs(candidate, boundsMs, q, miss)
  const below = quantileLimitsMs(stable, boundsMs, q, miss)
  return {
    of: 'ratio',
    low: above.lowMs / below.highMs,
    high: below.lowMs > 0 ? above.highMs / below.lowMs : Number.POSITIVE_INFINITY,
    level: design.level,
  }
}

function sentenceOf(facts: LatencyFacts, interval: AlwaysValidInterval | null): string {
  const { boundsMs, candidate, stable, design, judgement } = facts
  const budget = `false-alarm budget ${number(design.alpha * 100)} %`
  if (!interval) return `no response times of both versions yet, ${budget}`
  const quantiles = (q: number) => [quantileMs(candidate, boundsMs, q), quantileMs(stable, boundsMs, q)] as const
  const [slow, slowStable] = quantiles(0.95)
  const [middle, middleStable] = quantiles(0.5)
  const parts = [
    `canary p95 ${time(slow)} vs ${time(slowStable)}`,
    `median ×${number(middle / middleStable)} (${limits(interval)})`,
  ]
  if (design.margin > 0) parts.push(`margin ${number(design.margin * 100)} %`)
  if (judgement === 'not-worse') parts.push(`shown less than ${number((design.notWorseMargin ?? 0) * 100)} % slower`)
  if (facts.bursty) parts.push('slow requests come in bursts: counted by burst')
  return [...parts, budget].join(', ')
}

function limits({ low, high }: AlwaysValidInterval): string {
  if (Number.isFinite(high)) return `${number(low)}-${number(high)}`
  return low > 0 ? `at least ${number(low)}` : 'interval still open'
}

function time(ms: number): string {
  return ms >= 10_000 ? `${number(ms / 1000)} s` : `${number(ms)} ms`
}

/** Three digits are enough to compare by. */
function number(value: number): string {
  return String(Number(value.toPrecision(value >= 1000 ? 4 : 3)))
}
