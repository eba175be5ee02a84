// Scores of 0 to 1 for how slow a request is against past baseline: what is left of a look when its requests are not
// independent.
import { memoized } from '../memoized.ts'

export interface Scores {
  buckets: number
  /** By bucket, then by kind of score: `values[bucket * SCORE_KINDS + kind]`, nondecreasing in the bucket. */
  values: Float64Array
  /** Variance of one baseline request's score, by kind. */
  variances: Float64Array
}

/** The rank, and being among the slowest half, tenth and fiftieth. */
const SLOWEST = [1, 0.5, 0.1, 0.02]
export const SCORE_KINDS = SLOWEST.length

/** Scores from counts of past baseline by bucket, not all zero. */
export const scoresOf = memoized(makeScores, 16)

function makeScores(counts: ArrayLike<number>): Scores {
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
      values[bucket * SCORE_KINDS + kind] = value
      mean += share * value
      square += share * value * value
      below += share
    }
    variances[kind] = Math.max(square - mean * mean, 0)
  }
  return { buckets, values, variances }
}

/** Means of the scores over counts by bucket, into `means`. @returns the requests counted. */
export function meanScores({ buckets, values }: Scores, counts: ArrayLike<number>, means: number[]): number {
  let total = 0
  let rank = 0
  let half = 0
  let tenth = 0
  let fiftieth = 0
  for (let bucket = 0, at = 0; bucket < buckets; bucket++, at += SCORE_KINDS) {
    const count = counts[bucket]!
    if (count === 0) continue
    total += count
    // One by one: of all that is done at a look this is done most often.
    rank += count * values[at]!
    half += count * values[at + 1]!
    tenth += count * values[at + 2]!
    fiftieth += count * values[at + 3]!
  }
  const each = total > 0 ? 1 / total : 0
  means[0] = rank * each
  means[1] = half * each
  means[2] = tenth * each
  means[3] = fiftieth * each
  return total
}

/** Which part of a bucket, of `share` of the baseline with `below` under it, is above quantile `q`. */
function partAbove(q: number, below: number, share: number): number {
  if (below >= q - 1e-12) return 1
  return share > 0 ? Math.max(0, (below + share - q) / share) : 0
}
