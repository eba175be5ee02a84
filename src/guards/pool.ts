// Samples too small to judge by, put together until they are large enough. Pure, constant memory.

export interface Pool {
  observations: number
  /** Of value times observations. */
  sum: number
  /** The baseline over the same looks, weighted by its own observations. */
  baselineWeight: number
  baselineSum: number
}

export const emptyPool: Pool = { observations: 0, sum: 0, baselineWeight: 0, baselineSum: 0 }

/** Signals whose value is a mean over their observations: only these can be pooled exactly. A percentile cannot. */
const MEANS = new Set(['error-rate', 'response-time'])

/** Whether samples of the signal can be pooled. */
export function isMean(signal: string): boolean {
  return MEANS.has(signal)
}

/** The pool with one more sample, and with the baseline at that look. A baseline without a count weighs one. */
export function poured(
  pool: Pool,
  sample: { value: number; observations: number },
  baseline: { value: number; observations: number | null } | null,
): Pool {
  const weight = baseline ? (baseline.observations ?? 1) : 0
  return {
    observations: pool.observations + sample.observations,
    sum: pool.sum + sample.value * sample.observations,
    baselineWeight: pool.baselineWeight + weight,
    baselineSum: pool.baselineSum + (baseline ? baseline.value * weight : 0),
  }
}
