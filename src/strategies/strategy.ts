// Contract of a strategy: pure; says in which stages traffic moves.
import type { z } from 'zod'

/** One stretch of the delivery: this share of traffic for this long. */
export interface Stage {
  name: string
  /** Percent of traffic for the candidate. */
  weight: number
  durationMs: number
  /** Header preview only: real users do not see it. */
  preview: boolean
}

/** A kind of strategy. */
export interface Strategy<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  stages(options: Options): Stage[]
}

/** Keeps the option type while declaring a kind. */
export function defineStrategy<Options>(strategy: Strategy<Options>): Strategy<Options> {
  return strategy
}
