// What a histogram of past baseline tells of the distribution behind it, between and beyond its bounds too.
import { normalQuantile, normalTail } from '../normal.ts'

/** Normal scores of the distribution at the logarithms of the bounds; between them straight (exact for a lognormal). */
export interface Shape {
  logBounds: Float64Array
  scores: Float64Array
}

/**
 * A distribution from counts by bucket, leaned on a lognormal of the same mean and spread while there are few.
 * @param counts one more than there are bounds, not all zero.
 */
export function shapeOf(counts: ArrayLike<number>, logBounds: Float64Array): Shape {
  const { total, mean, deviation } = momentsOf(counts, logBounds)
  const scores = new Float64Array(logBounds.length)
  let above = total
  for (let index = 0; index < logBounds.length; index++) {
    above -= counts[index]!
    const z = (logBounds[index]! - mean) / deviation
    const lean = LEAN * ((1 - HEAVY) * normalTail(z) + HEAVY * normalTail(z / 3))
    const share = (Math.max(above, 0) + lean) / (total + LEAN)
    scores[index] = -normalQuantile(Math.min(Math.max(share, SHARE_MIN), 1 - SHARE_MIN))
  }
  return { logBounds, scores }
}

/** Shares of what lies between these bounds, by their number, and beyond them, when everything takes `exp(shift)` times as long. */
export function shiftedShares({ logBounds, scores }: Shape, bounds: ArrayLike<number>, shift: number): Float64Array {
  let segment = 0
  return sharesBetween(bounds, (bound) => {
    const at = logBounds[bound]! - shift
    while (segment < logBounds.length - 2 && logBounds[segment + 1]! < at) segment++
    return scoreAt(logBounds, scores, segment, at)
  })
}

/** The same when every normal score is higher by `rise`. */
export function risenShares({ scores }: Shape, bounds: ArrayLike<number>, rise: number): Float64Array {
  return sharesBetween(bounds, (bound) => scores[bound]! - rise)
}

function sharesBetween(bounds: ArrayLike<number>, scoreOf: (bound: number) => number): Float64Array {
  const shares = new Float64Array(bounds.length + 1)
  let before = Number.NEGATIVE_INFINITY
  let below = 0
  let above = 1
  for (let index = 0; index <= bounds.length; index++) {
    const score = index < bounds.length ? Math.max(before, scoreOf(bounds[index]!)) : Number.POSITIVE_INFINITY
    const nextAbove = normalTail(score)
    const nextBelow = normalTail(-score)
    // Of the two differences the one of the smaller numbers, which loses no digits.
    shares[index] = before > 0 ? above - nextAbove : nextBelow - below
    before = score
    below = nextBelow
    above = nextAbove
  }
  return shares
}

function scoreAt(logBounds: Float64Array, scores: Float64Array, segment: number, at: number): number {
  const left = logBounds[segment]!
  if (logBounds.length === 1) return scores[0]! + (at - left)
  const slope = (scores[segment + 1]! - scores[segment]!) / (logBounds[segment + 1]! - left)
  return scores[segment]! + (at - left) * Math.max(slope, SLOPE_MIN)
}

function momentsOf(counts: ArrayLike<number>, logBounds: Float64Array) {
  let total = 0
  let sum = 0
  let squares = 0
  for (let index = 0; index < counts.length; index++) {
    const middle = middleOf(logBounds, index)
    total += counts[index]!
    sum += counts[index]! * middle
    squares += counts[index]! * middle * middle
  }
  const mean = sum / total
  const variance = (squares - sum * mean + DEVIATION_LEAN * DEVIATION_LEAN) / (total + 1)
  return { total, mean, deviation: Math.sqrt(Math.max(variance, 1e-4)) }
}

/** The open buckets at both ends count as if half as wide as a factor of two. */
function middleOf(logBounds: Float64Array, index: number): number {
  if (index === 0) return logBounds[0]! - Math.LN2 / 2
  if (index === logBounds.length) return logBounds[index - 1]! + Math.LN2 / 2
  return (logBounds[index - 1]! + logBounds[index]!) / 2
}

/** As many requests as the lognormal is worth. */
const LEAN = 40
/** Its part with three times the spread, for what lies far out. */
const HEAVY = 0.1
const DEVIATION_LEAN = 0.5
const SHARE_MIN = 1e-12
const SLOPE_MIN = 1e-3
