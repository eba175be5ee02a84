// The ways of being slower that the test bets on, as density ratios made from past baseline alone.
import { memoized } from '../memoized.ts'
import { joinAlike, makeNondecreasing } from './monotone.ts'
import { risenShares, shapeOf, shiftedShares, type Shape } from './shape.ts'

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
  /** The same by runs of classes of one ratio: those of a way are from `runsOf[way]` to before `runsOf[way + 1]`. */
  runsOf: Uint16Array
  /** The class after the last of a run. */
  runEnds: Uint8Array
  runRatios: Float64Array
  runLogRatios: Float64Array
}

/**
 * The density ratios "slower in this way" over baseline, made nondecreasing: whatever the baseline is now, a bet on
 * them is fair or worse when the candidate is not slower.
 * @param counts of past baseline by bucket, not all zero.
 */
export const tiltsOf = memoized(makeTilts, 16)

function makeTilts(ways: readonly Slowness[], counts: ArrayLike<number>, logBounds: Float64Array): Tilts {
  const shape = shapeOf(counts, logBounds)
  const { classOf, classes, bounds } = classesOf(shape.scores)
  const base = risenShares(shape, bounds, 0).map(floored)
  const ratios = new Float64Array(ways.length * classes)
  const runs: { end: number; ratio: number }[] = []
  const runsOf = new Uint16Array(ways.length + 1)
  for (const [way, slowness] of ways.entries()) {
    const slower = slowerShares(slowness, shape, bounds)
    const row = ratios.subarray(way * classes, (way + 1) * classes)
    const { share } = slowness
    for (let index = 0; index < classes; index++)
      row[index] = Math.min(1 - share + (share * floored(slower[index]!)) / base[index]!, RATIO_MAX)
    makeNondecreasing(row, base)
    joinAlike(row, base, LOSS_MAX)
    for (let end = 1; end <= classes; end++)
      if (row[end] !== row[end - 1] || end === classes) runs.push({ end, ratio: row[end - 1]! })
    runsOf[way + 1] = runs.length
  }
  const runRatios = Float64Array.from(runs, ({ ratio }) => ratio)
  const runEnds = Uint8Array.from(runs, ({ end }) => end)
  return { classOf, classes, ratios, runsOf, runEnds, runRatios, runLogRatios: runRatios.map(Math.log) }
}

function slowerShares(slowness: Slowness, shape: Shape, bounds: readonly number[]): Float64Array {
  if ('rise' in slowness) return risenShares(shape, bounds, slowness.rise)
  return shiftedShares(shape, bounds, Math.log(slowness.factor))
}

/** Cuts the baseline's normal scores into equal steps; below the first and above the last is one class each. */
function classesOf(scores: Float64Array) {
  const classOf = new Uint8Array(scores.length + 1)
  /** Numbers of the bounds between classes. */
  const bounds: number[] = []
  let cellBefore = Number.NaN
  for (let bucket = 0; bucket < classOf.length; bucket++) {
    // The middle, so that a bucket that holds all of the baseline is one with neither side.
    const middle = ((scores[bucket - 1] ?? -SCORE_END) + (scores[bucket] ?? SCORE_END)) / 2
    const cell = Math.ceil((Math.min(Math.max(middle, SCORE_FIRST), SCORE_LAST) - SCORE_FIRST) / SCORE_STEP)
    if (cell !== cellBefore && bucket > 0) bounds.push(bucket - 1)
    cellBefore = cell
    classOf[bucket] = bounds.length
  }
  return { classOf, classes: bounds.length + 1, bounds }
}

const floored = (share: number) => share + SHARE_FLOOR

/** A step of 0.3 loses one percent of the information of a shifted normal. */
const SCORE_STEP = 0.3
const SCORE_FIRST = -2.5
const SCORE_LAST = 5
/** The steps, and one more at each end. */
export const CLASSES_MAX = Math.ceil((SCORE_LAST - SCORE_FIRST) / SCORE_STEP) + 2
/** Of what lies below the first bound and above the last. */
const SCORE_END = 8
const SHARE_FLOOR = 1e-9
const RATIO_MAX = 1e4
/** Of a way's information, for the sake of fewer runs. */
const LOSS_MAX = 0.01
