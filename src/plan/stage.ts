// One stretch of the delivery: this share of traffic for this long.
export interface Stage {
  name: string
  /** Percent of traffic for the candidate. */
  weight: number
  durationMs: number
  /** Header preview only: real users do not see it. */
  preview: boolean
  /** The service it moves, where the delivery has several; those before it in order have all their traffic on the candidate by then. */
  service?: string
  /** Rolling: so many percent of the old version's instances have made way for new ones when it begins. */
  replaced?: number
  /** Percent of the requests that change nothing which the candidate gets a copy of. */
  mirror?: number
}
