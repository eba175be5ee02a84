// The ways of being slower that the test bets on, as density ratios made from past baseline alone.
import { makeNondecreasing } from './monotone.ts'
import { risenShares, shapeOf, shiftedShares } from './shape.ts'

/** `weight` of the capital is on a share of the requests being slower. */
export type Slowness = { share: number; weight: number } & (
  | { /** They take this multiple of their time. */ factor: number }
  | { /** Their normal scores in the baseline are higher by this: for a lognormal, ln(factor) / sigma. */ rise: number }
)

export interface Tilts {
  /** Class of each bucket: buckets in which the baseline stands about alike are judged as one. */
  classOf: Uint8Array
  classes: number
  /** By way, then by class: `ratios[way * classes + class]`, nondecreasing in the class. */
  ratios: Float64Array
  logRatios: Float64Array
}

/**
 * The density ratios "slower in this way" over baseline, made nondecreasing: whatever the baseline is now, a bet on
 * them is fair or worse when the candidate is not slower.
 * @param counts of past baseline by bucket, not all zero.
 */
export function tiltsOf(ways: readonly Slowness[], counts: ArrayLike<number>, logBounds: Float64Array): Tilts {
  const shape = shapeOf(counts, logBounds)
  const { classOf, classes } = classesOf(shape.scores)
  const base = sharesByClass(shiftedShares(shape, 0), classOf, classes)
  const ratios = new Float64Array(ways.length * classes)
  for (const [way, slowness] of ways.entries()) {
    const { share } = slowness
    const shares =
      'rise' in slowness ? risenShares(shape, slowness.rise) : shiftedShares(shape, Math.log(slowness.factor))
    const slower = sharesByClass(shares, classOf, classes)
    const row = ratios.subarray(way * classes, (way + 1) * classes)
    for (let index = 0; index < classes; index++)
      row[index] = Math.min(1 - share + (share * slower[index]!) / base[index]!, RATIO_MAX)
    makeNondecreasing(row, base)
  }
  return { classOf, classes, ratios, logRatios: ratios.map(Math.log) }
}

/** Cuts the baseline's normal scores into equal steps; below the first and above the last is one class each. */
function classesOf(scores: Float64Array) {
  const classOf = new Uint8Array(scores.length + 1)
  let classes = 0
  let cellBefore = Number.NaN
  for (let bucket = 0; bucket < classOf.length; bucket++) {
    // The middle, so that a bucket that holds all of the baseline is one with neither side.
    const middle = ((scores[bucket - 1] ?? -SCORE_END) + (scores[bucket] ?? SCORE_END)) / 2
    const cell = Math.ceil((Math.min(Math.max(middle, SCORE_FIRST), SCORE_LAST) - SCORE_FIRST) / SCORE_STEP)
    if (cell !== cellBefore) classes++
    cellBefore = cell
    classOf[bucket] = classes - 1
  }
  return { classOf, classes }
}

function sharesByClass(shares: Float64Array, classOf: Uint8Array, classes: number): Float64Array {
  const sums = new Float64Array(classes).fill(SHARE_FLOOR)
  for (let bucket = 0; bucket < shares.length; bucket++) sums[classOf[bucket]!]! += shares[bucket]!
  return sums
}

/** A step of 0.3 loses one percent of the information of a shifted normal. */
const SCORE_STEP = 0.3
const SCORE_FIRST = -2.5
const SCORE_LAST = 5
/** Of what lies below the first bound and above the last. */
const SCORE_END = 8
const SHARE_FLOOR = 1e-9
const RATIO_MAX = 1e4
