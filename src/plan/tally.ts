// Whole counts of what one version answered: what statistics need, and rates do not give.
import type { Histogram } from './signal.ts'

/** The answers of the stretch between the look before and this one. */
export interface Tally {
  requests: number
  /** Of these requests, those that failed: 5xx answers and answers that never came. */
  errors: number
  /** Of the same requests, how long they took; null where the source has no histogram. */
  latency: Histogram | null
}
