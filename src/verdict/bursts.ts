// Whether failures come one by one or in bursts (a client that retries, a lost connection that carried many requests). Bursts are not
// independent, and a test that takes them for that raises false alarms: then a burst is counted as one failure.

/** Plain JSON of constant size. */
export interface BurstState {
  /** Requests and failures of the look before; null before the first. */
  last: { requests: number; failures: number } | null
  /** Sum of the dispersion of neighbouring looks, of what it would be one by one, and of that sum's variance. */
  dispersion: number
  expected: number
  variance: number
}

export const NO_BURSTS: BurstState = { last: null, dispersion: 0, expected: 0, variance: 0 }

/** So many standard deviations above "one by one" are no accident. */
const SUSPICIOUS = 3

/**
 * Takes a look at a version that is not the candidate. Two neighbouring looks are compared, given the failures of both (an index of
 * dispersion for a pair, Fisher 1950): a rate that drifts over minutes is no burst.
 */
export function learnBursts(state: BurstState, requests: number, failures: number): BurstState {
  const { last } = state
  if (!last || requests === 0) return { ...state, last: requests === 0 ? last : { requests, failures } }
  const both = last.failures + failures
  const share = requests / (requests + last.requests)
  const distance = failures - both * share
  return {
    last: null,
    dispersion: state.dispersion + (distance * distance) / (share * (1 - share)),
    expected: state.expected + both,
    variance: state.variance + 2 * both * (both - 1) + both * Math.abs(1 / (share * (1 - share)) - 4),
  }
}

/**
 * How many failures come at once: 1 when they come one by one or nothing else is shown; else the mean size of the burst that a failure
 * is in (variance over mean).
 */
export function burstSize({ dispersion, expected, variance }: BurstState): number {
  if (dispersion - expected <= SUSPICIOUS * Math.sqrt(variance)) return 1
  return Math.max(1, dispersion / expected)
}
