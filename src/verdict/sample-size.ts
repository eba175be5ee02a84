// How much traffic a fault takes to be shown.

export interface ExpectedTraffic {
  requestsPerSecond: number
  /** Of the stable version, 0..1. */
  failingShare: number
  /** The candidate's share of the traffic, 0..1. */
  weight: number
}

/** What evidence costs beyond ln(1 / alpha): not knowing the size of the fault, and the capital held back. By simulation, set C. */
const PRICE = 1.2

/**
 * Seconds until a candidate that fails `factor` times as often is shown to be worse, about half of the time: evidence of
 * ln(1 / alpha) and a little, at the rate at which the split of failures informs (Kullback-Leibler divergence from the pooled share).
 * @returns Infinity where nothing could ever be shown
 */
export function secondsToShow(
  { requestsPerSecond, failingShare, weight }: ExpectedTraffic,
  factor: number,
  alpha: number,
): number {
  const candidate = Math.min(0.999, failingShare * factor)
  const pooled = weight * candidate + (1 - weight) * failingShare
  const perRequest = weight * divergence(candidate, pooled) + (1 - weight) * divergence(failingShare, pooled)
  const perSecond = requestsPerSecond * perRequest
  return perSecond > 0 ? (Math.log(1 / alpha) + PRICE) / perSecond : Number.POSITIVE_INFINITY
}

function divergence(p: number, q: number): number {
  const term = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b))
  return term(p, q) + term(1 - p, 1 - q)
}
