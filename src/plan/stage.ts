// One stretch of the delivery: this share of traffic for this long.
export interface Stage {
  name: string
  /** Percent of traffic for the candidate. */
  weight: number
  durationMs: number
  /** Header preview only: real users do not see it. */
  preview: boolean
}
