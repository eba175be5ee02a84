// Scores of 0 to 1 for how slow a request is against past baseline: what is left of a look when its requests are not
// independent.

export interface Scores {
  buckets: number
  /** By kind of score, then by bucket, nondecreasing in the bucket. */
  values: Float64Array
  /** Variance of one baseline request's score, by kind. */
  variances: Float64Array
}

/** The rank, and being among the slowest half, tenth and fiftieth. */
const SLOWEST = [1, 0.5, 0.1, 0.02]
export const SCORE_KINDS = SLOWEST.length

/** Scores from counts of past baseline by bucket, not all zero. */
export function scoresOf(counts: ArrayLike<number>): Scores {
  const buckets = counts.length
  const values = new Float64Array(SCORE_KINDS * buckets)
  const variances = new Float64Array(SCORE_KINDS)
  let total = 0
  for (let bucket = 0; bucket < buckets; bucket++) total += counts[bucket]!
  for (const [kind, slowest] of SLOWEST.entries()) {
    let below = 0
    let mean = 0
    let square = 0
    for (let bucket = 0; bucket < buckets; bucket++) {
      const share = counts[bucket]! / total
      const value = kind === 0 ? below + share / 2 : partAbove(1 - slowest, below, share)
      values[kind * buckets + bucket] = value
      mean += share * value
      square += share * value * value
      below += share
    }
    variances[kind] = Math.max(square - mean * mean, 0)
  }
  return { buckets, values, variances }
}

/** Means of the scores over counts by bucket, into `means`. @returns the requests counted. */
export function meanScores({ buckets, values }: Scores, counts: ArrayLike<number>, means: Float64Array): number {
  let total = 0
  for (let bucket = 0; bucket < buckets; bucket++) total += counts[bucket]!
  for (let kind = 0; kind < SCORE_KINDS; kind++) {
    let sum = 0
    for (let bucket = 0; bucket < buckets; bucket++) sum += counts[bucket]! * values[kind * buckets + bucket]!
    means[kind] = total > 0 ? sum / total : 0
  }
  return total
}

/** Which part of a bucket, of `share` of the baseline with `below` under it, is above quantile `q`. */
function partAbove(q: number, below: number, share: number): number {
  if (below >= q - 1e-12) return 1
  return share > 0 ? Math.max(0, (below + share - q) / share) : 0
}
