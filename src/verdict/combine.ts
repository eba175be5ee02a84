// Several metrics, one false-alarm budget.

/**
 * The budget of each of several metrics, by weight: the chance that any of them ever raises a false alarm is at most the whole,
 * whatever their dependence, and the one that does names the culprit.
 */
export function shareBudget(alpha: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => (alpha * weight) / total)
}

/**
 * ln of the average of several e-values: an e-value under any dependence (Vovk & Wang, "E-values: calibration, combination and
 * applications", Annals of Statistics 2021, section 3). One verdict for all, which names no culprit.
 */
export function averageEvidence(logEs: readonly number[]): number {
  if (logEs.length === 0) return 0
  const top = Math.max(...logEs)
  if (!Number.isFinite(top)) return top
  return top + Math.log(logEs.reduce((sum, logE) => sum + Math.exp(logE - top), 0) / logEs.length)
}
