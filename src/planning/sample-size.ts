// How long a canary has to last before a fault can be seen at all: advice for the stages of a plan. Pure.
import { budgetsOf, verdictOptionsOf } from '../guards/kinds/verdict.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Delivery, ReleasePlan } from '../plan/release-plan.ts'
import type { Stage } from '../plan/stage.ts'
import { secondsToShow, type ExpectedTraffic } from '../verdict/sample-size.ts'

export interface StageAdvice {
  stage: string
  /** Percent of the traffic. */
  weight: number
  durationMs: number
  /** Until a doubling of the errors is shown in half of the releases, were this stage to last so long; null: it never is. */
  doublingMs: number | null
}

/** Shares of traffic that a stage could have. */
const WEIGHTS = [1, 2, 5, 10, 20, 25, 50]
const DOUBLING = 2

/** One row a stage that compares versions; null where no guard judges errors by statistics or nobody said what traffic to expect. */
export function sampleSizes({ delivery, guards }: Pick<ReleasePlan, 'delivery' | 'guards'>): StageAdvice[] | null {
  const alpha = errorBudget(guards)
  const traffic = delivery?.traffic
  if (!delivery || !traffic || alpha === null) return null
  return delivery.stages.filter(isComparing).map(({ name, weight, durationMs }) => ({
    stage: name,
    weight,
    durationMs,
    doublingMs: doublingMs(traffic, weight, alpha),
  }))
}

/**
 * "at 20 requests/s and 1 % weight a doubling of 0.5 % errors takes about 4 h to be shown, stage smoke lasts 5 min: start at 25 %"; null
 * where the first stage is long enough, or nothing can be said.
 */
export function sampleSizeAdvice(plan: Pick<ReleasePlan, 'delivery' | 'guards'>): string | null {
  const [first] = sampleSizes(plan) ?? []
  const traffic = plan.delivery?.traffic
  const alpha = errorBudget(plan.guards)
  if (!first || !traffic || alpha === null) return null
  if (first.doublingMs !== null && first.doublingMs <= first.durationMs) return null
  const start = WEIGHTS.find((weight) => {
    const neededMs = doublingMs(traffic, weight, alpha)
    return weight > first.weight && neededMs !== null && neededMs <= first.durationMs
  })
  const takes = first.doublingMs === null ? 'is never shown' : `takes about ${aboutText(first.doublingMs)} to be shown`
  const remedy = start ? `start at ${start} %` : `no share of this traffic shows it within a stage of that length`
  return (
    `at ${traffic.requestsPerSecond} requests/s and ${first.weight} % weight a doubling of ${traffic.errors} % errors ` +
    `${takes}, stage ${first.stage} lasts ${formatDuration(first.durationMs)}: ${remedy}`
  )
}

function doublingMs({ requestsPerSecond, errors }: NonNullable<Delivery['traffic']>, weight: number, alpha: number) {
  const traffic: ExpectedTraffic = { requestsPerSecond, failingShare: errors / 100, weight: weight / 100 }
  const seconds = secondsToShow(traffic, DOUBLING, alpha)
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : null
}

/** What the first guard that judges errors may spend on false alarms, 0..1. */
function errorBudget(guards: ReleasePlan['guards']): number | null {
  const given = guards.map(verdictOptionsOf).find((options) => options?.errors)
  return given ? budgetsOf(given).errors : null
}

function isComparing({ weight }: Stage): boolean {
  return weight > 0 && weight < 100
}

/** `31 min`, `4 h 30 min`: more figures would be a promise. */
export function aboutText(durationMs: number): string {
  const unitMs = durationMs >= 3_600_000 ? 1_800_000 : durationMs >= 60_000 ? 60_000 : 1000
  return formatDuration(Math.max(unitMs, Math.round(durationMs / unitMs) * unitMs))
}
