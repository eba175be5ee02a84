// Several metrics, one false-alarm budget.

/**
 * The budget of each of several metrics, by weight: the chance that any of them ever raises a false alarm is at most the whole,
 * whatever their dependence, and the one that does names the culprit.
 */
export function shareBudget(alpha: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => (alpha * weight) / total)
}
