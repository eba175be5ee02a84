// What a verdict guard of the plan judges, and how much evidence each metric takes. Read from the rule's options, as the plan has them.
import { z } from 'zod'
import type { GuardRule } from '../../plan/guard-rule.ts'
import type { JudgedMetric } from './shape.ts'

export interface MetricDesign {
  metric: JudgedMetric
  /** Share of the false-alarm budget, in percent. */
  budgetPercent: number
  /** log10(1 / budget): `worse` is said from there on (Ville's inequality). */
  threshold: number
  /** Ratio of candidate to stable that is still accepted. */
  accepted: number
}

const weight = z.number().positive().catch(1)
const compared = z.object({ weight, margin: z.number().optional().catch(undefined) })
const metric = compared.nullish().catch(null)

const options = z.object({
  falseAlarms: z.number().gt(0).max(100),
  errors: metric,
  latency: metric,
  objective: metric,
})

/** The guard's budget and its metrics, in the order in which they are told; none where its options are not what they should be. */
export function judgedMetrics(rule: GuardRule): { falseAlarmPercent: number; metrics: MetricDesign[] } {
  const read = options.safeParse(rule.options)
  if (!read.success) return { falseAlarmPercent: 0, metrics: [] }
  const { falseAlarms, errors, latency, objective } = read.data
  const judged = [
    errors && { metric: 'errors' as const, weight: errors.weight, accepted: errors.margin ?? 1 },
    latency && { metric: 'latency' as const, weight: latency.weight, accepted: 1 + (latency.margin ?? 0) / 100 },
    objective && { metric: 'objective' as const, weight: objective.weight, accepted: 1 },
  ].filter((one) => one != null)
  const weights = judged.reduce((sum, one) => sum + one.weight, 0)
  const metrics = judged.map((one) => {
    const budgetPercent = (falseAlarms * one.weight) / weights
    return { metric: one.metric, budgetPercent, threshold: Math.log10(100 / budgetPercent), accepted: one.accepted }
  })
  return { falseAlarmPercent: falseAlarms, metrics }
}
