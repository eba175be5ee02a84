// Multiplying a histogram's values by a factor when only its buckets are known.
import { memoized } from '../memoized.ts'

/** Which part of each bucket's requests comes to lie in which bucket: `parts[i]` of `from[i]` in `to[i]`. */
export interface Move {
  buckets: number
  from: Uint16Array
  to: Uint16Array
  parts: Float64Array
}

/**
 * Where requests come to lie when every value is `factor` times as large. Assumes the values within a bucket to be spread
 * evenly on the scale of the logarithm (in the first bucket, which reaches down to 0, on that of the value). A service
 * whose values sit just below a bound would cross it as a whole and is moved by the bucket's share only: a margin then is
 * smaller than it says; just above a bound it is larger. Single times are multiplied one by one instead.
 *
 * Parts of requests keep a bet fair: given where the bucket's values are, a bet on the parts pays at most the mean of the
 * bets on whole requests moved at random (Jensen's inequality: the logarithm of ω is averaged before exp).
 * @param boundsMs upper bounds, ascending; the last bucket is above all of them, and stays.
 */
export const moveBy = memoized(makeMove, 16)

function makeMove(boundsMs: readonly number[], factor: number): Move {
  const moves: { from: number; to: number; part: number }[] = []
  const last = boundsMs.length
  for (let from = 0; from < last; from++) {
    let below = 0
    for (let to = from; to <= last && below < 1; to++) {
      const upTo = to < last ? partBelow(boundsMs, from, boundsMs[to]! / factor) : 1
      if (upTo > below) moves.push({ from, to, part: upTo - below })
      below = Math.max(below, upTo)
    }
  }
  moves.push({ from: last, to: last, part: 1 })
  return {
    buckets: last + 1,
    from: Uint16Array.from(moves, ({ from }) => from),
    to: Uint16Array.from(moves, ({ to }) => to),
    parts: Float64Array.from(moves, ({ part }) => part),
  }
}

/** The part of a bucket's values that is at most `valueMs`. */
function partBelow(boundsMs: readonly number[], bucket: number, valueMs: number): number {
  const highMs = boundsMs[bucket]!
  if (valueMs >= highMs) return 1
  if (bucket === 0) return valueMs / highMs
  const lowMs = boundsMs[bucket - 1]!
  return Math.max(0, Math.log(valueMs / lowMs) / Math.log(highMs / lowMs))
}

/** Counts, in parts of requests, once moved. */
export function movedCounts(counts: ArrayLike<number>, { buckets, from, to, parts }: Move): Float64Array {
  const moved = new Float64Array(buckets)
  for (let index = 0; index < parts.length; index++) moved[to[index]!]! += parts[index]! * counts[from[index]!]!
  return moved
}
