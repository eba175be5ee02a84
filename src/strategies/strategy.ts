// Contract of a strategy: pure; says in which stages traffic moves.
import type { z } from 'zod'
import type { Stage } from '../plan/stage.ts'

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
