// Looks with few candidate requests, taken one request at a time so that no evidence is wasted beyond the threshold.
import { logTotal, type Capital } from './capital.ts'
import type { ClassCounts } from './evidence.ts'
import type { Tilts } from './tilts.ts'

/** Above this many candidate requests a look is judged as a whole. */
export const DRAWS_MAX = 6

/**
 * Bets on each candidate request of the look in turn, given the pooled requests that are left: which of them is the
 * candidate's is, when both versions are alike, a draw without replacement, so the mean factor over the pool is exactly
 * 1. Where a factor would carry the capital over the threshold it is cut there and all factors are raised until the mean
 * is 1 again (Fischer & Ramdas, "Improving Wald's (approximate) sequential probability ratio test by avoiding
 * overshoot", 2024).
 * @param shuffle a number in [0, 1) that has nothing to do with the data: the order must not.
 * @returns whether the threshold was reached.
 */
export function betOnDraws(
  capital: Capital,
  counts: ClassCounts,
  tilts: Tilts,
  logThreshold: number,
  shuffle: () => number,
): boolean {
  const { classes } = tilts
  const pool = counts.both.slice(0, classes)
  const drawn = shuffledClasses(counts.candidate, shuffle)
  const weights = new Float64Array(tilts.ratios.length)
  const factors = new Float64Array(classes)
  // Relative to the capital before the look, which may be too large for a number that is not a logarithm.
  const logBefore = logTotal(capital)
  const cap = Math.exp(Math.min(logThreshold - logBefore, LOG_MAX))
  const wealth = Float64Array.from(capital.logWealth, (logWealth) => Math.exp(logWealth - logBefore))
  let kept = capital.kept * Math.exp(-logBefore)
  let reached = cap <= 1
  let left = counts.bothTotal
  for (const [turn, at] of drawn.entries()) {
    const others = drawn.length - turn - 1
    weigh(weights, pool, left, others / Math.max(1, left - others - 1), tilts)
    for (let index = 0; index < classes; index++) {
      let factor = kept
      for (let way = 0; way < wealth.length; way++) factor += wealth[way]! * weights[way * classes + index]!
      factors[index] = factor
    }
    let raise = reached ? 1 : raiseUnderCap(factors, pool, left, cap)
    if (!reached && raise * factors[at]! >= cap * (1 - 1e-12)) {
      reached = true
      raise = cap / factors[at]!
    }
    for (let way = 0; way < wealth.length; way++) wealth[way]! *= raise * weights[way * classes + at]!
    kept *= raise
    capital.kept *= raise
    pool[at]!--
    left--
  }
  for (let way = 0; way < wealth.length; way++)
    capital.logWealth[way] = logBefore + Math.log(Math.max(wealth[way]!, Number.MIN_VALUE))
  return reached
}

/** Factors by way and class, of mean 1 over the pool; `odds` of the other pooled requests to be the candidate's too. */
function weigh(weights: Float64Array, pool: Float64Array, left: number, odds: number, tilts: Tilts): void {
  const { ratios, classes } = tilts
  for (let offset = 0; offset < ratios.length; offset += classes) {
    let sum = 0
    for (let index = 0; index < classes; index++) {
      const ratio = ratios[offset + index]!
      const weight = ratio / (1 + odds * ratio)
      weights[offset + index] = weight
      sum += pool[index]! * weight
    }
    const scale = left / sum
    for (let index = 0; index < classes; index++) weights[offset + index]! *= scale
  }
}

/** The b >= 1 for which min(b * value, cap) has the mean over the pool that the values have. */
function raiseUnderCap(values: Float64Array, pool: Float64Array, left: number, cap: number): number {
  let mean = 0
  let over = false
  for (let index = 0; index < values.length; index++) {
    mean += (pool[index]! / left) * values[index]!
    if (pool[index]! > 0 && values[index]! > cap) over = true
  }
  if (!over) return 1
  let raise = 1
  // Each round caps at least one class more or ends.
  for (let round = 0; round < values.length; round++) {
    let capped = 0
    let free = 0
    for (let index = 0; index < values.length; index++) {
      if (raise * values[index]! >= cap) capped += pool[index]! / left
      else free += (pool[index]! / left) * values[index]!
    }
    const next = free > 0 ? (mean - capped * cap) / free : raise
    if (!(next > raise * (1 + 1e-12))) break
    raise = next
  }
  return raise
}

const LOG_MAX = 600

function shuffledClasses(candidate: Float64Array, shuffle: () => number): number[] {
  const drawn: number[] = []
  for (let index = 0; index < candidate.length; index++)
    for (let count = 0; count < candidate[index]!; count++) drawn.push(index)
  for (let last = drawn.length - 1; last > 0; last--) {
    const other = Math.floor(shuffle() * (last + 1))
    const held = drawn[last]!
    drawn[last] = drawn[other]!
    drawn[other] = held
  }
  return drawn
}
