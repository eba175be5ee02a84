// The two-sided Mann-Whitney test as an interval and an estimate of the shift, as Kayenta takes it over from R's `wilcox.test`.
import { brentRoot } from './brent-root.ts'
import { normalQuantile } from '../normal.ts'

export interface Shift {
  /** Confidence interval of how far the experiment's values lie above the control's. */
  low: number
  high: number
  /** Hodges-Lehmann estimate: the median of all differences between a value of the one and a value of the other. */
  estimate: number
}

/**
 * How far `experiment` lies above `control`: Hollander & Wolfe, "Nonparametric Statistical Methods" (1999), section 4.3, by inversion of
 * the test. As Kayenta does it: the normal approximation with correction for ties and continuity, whatever the sample size.
 * @param experiment, control at least one finite value each, not all of them equal.
 * @param level of confidence, e.g. 0.98.
 */
export function mannWhitneyShift(experiment: readonly number[], control: readonly number[], level: number): Shift {
  const low = Math.min(...experiment) - Math.max(...control)
  const high = Math.max(...experiment) - Math.min(...control)
  const [own, others] = [ascending(experiment), ascending(control)]
  const crossing = (quantile: number): number => {
    const excess = (shift: number): number => standardizedRankSum(own, others, shift) - quantile
    // With few values the interval may be all there is.
    if (excess(low) <= 0) return low
    return excess(high) >= 0 ? high : brentRoot(excess, low, high)
  }
  const quantile = normalQuantile(1 - (1 - level) / 2)
  const center = (shift: number): number => standardizedRankSum(own, others, shift)
  return { low: crossing(quantile), high: crossing(-quantile), estimate: brentRoot(center, low, high) }
}

/**
 * How many standard deviations the rank sum of the experiment, moved down by `shift`, lies above its mean under "no difference".
 * @param experiment, control both sorted.
 */
export function standardizedRankSum(experiment: readonly number[], control: readonly number[], shift: number): number {
  const moved = experiment.map((value) => value - shift)
  const [nx, ny] = [moved.length, control.length]
  const { rankSum, tieExcess } = rankBoth(moved, control)
  const difference = rankSum - (nx * (nx + 1)) / 2 - (nx * ny) / 2
  const total = nx + ny
  const deviation = Math.sqrt(((nx * ny) / 12) * (total + 1 - tieExcess / (total * (total - 1))))
  // All of them equal: nothing to compare at this shift.
  if (deviation === 0) return 0
  return (difference - Math.sign(difference) * 0.5) / deviation
}

/** The sum of the first one's ranks among both, ties shared; and t³ - t summed over groups of t equal values. Both sorted. */
function rankBoth(first: readonly number[], second: readonly number[]): { rankSum: number; tieExcess: number } {
  let [i, j, rankSum, tieExcess] = [0, 0, 0, 0]
  while (i < first.length || j < second.length) {
    const value = Math.min(first[i] ?? Number.POSITIVE_INFINITY, second[j] ?? Number.POSITIVE_INFINITY)
    const [fromFirst, fromSecond] = [i, j]
    while (i < first.length && first[i] === value) i++
    while (j < second.length && second[j] === value) j++
    const tied = i - fromFirst + j - fromSecond
    rankSum += (i - fromFirst) * (fromFirst + fromSecond + (tied + 1) / 2)
    tieExcess += tied ** 3 - tied
  }
  return { rankSum, tieExcess }
}

/**
 * The share of pairs in which the experiment's value is the higher one, ties counting half; Vargha & Delaney, "A Critique and
 * Improvement of the CL Common Language Effect Size Statistics", J. Educ. Behav. Stat. 25(2), 2000. 0.5: no difference.
 */
export function commonLanguageEffect(experiment: readonly number[], control: readonly number[]): number {
  const { rankSum } = rankBoth(ascending(experiment), ascending(control))
  const [m, n] = [experiment.length, control.length]
  return (2 * rankSum - m * (m + 1)) / (2 * m * n)
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}
