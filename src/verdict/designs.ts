// What is bet on: the sizes of effect, and how the false-alarm budget is shared among them. Chosen by simulation (bench/verdict).
import type { Stakes } from './wealth.ts'

/** Odds ratios to look for, and the capital that looks. */
export interface Design extends Stakes {
  tilts: readonly number[]
  /** Odds ratio that is still accepted: the null is "at most this" where tilts are above it, "at least this" where below. */
  nullTilt: number
}

const SHARING = { start: 0.76, perStage: 0.01, soonMs: 600_000, reserve: 0.02 }

/**
 * "Worse": from a slight rise (odds x1.08) to a total outage, with most of the capital on a doubling and on five times as many.
 * @param margin odds ratio that is still accepted.
 */
export function worseDesign(alpha: number, margin = 1): Design {
  return {
    ...SHARING,
    alpha,
    nullTilt: margin,
    tilts: [1.08, 1.25, 2.2, 5.5, 50, 2000].map((tilt) => tilt * margin),
    shares: [0.01, 0.03, 0.38, 0.36, 0.2, 0.02],
    lateShares: [0, 0, 0.38, 0.6, 0.015, 0.005],
  }
}

/**
 * "Not worse than the margin": bet on the candidate being as good as the stable version or a little better, and some on its being far better.
 * @param margin odds ratio above 1 that would be too much.
 */
export function notWorseDesign(alpha: number, margin: number): Design {
  return {
    alpha,
    nullTilt: margin,
    tilts: [0.9, 0.5],
    shares: [0.92, 0.08],
    lateShares: [1, 0],
    start: 1,
    perStage: 0,
    soonMs: 600_000,
    reserve: 0,
  }
}
