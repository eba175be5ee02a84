// What the capital is bet on: how a version may be slower, from one request in a hundred to all of them.
import { memoized } from '../memoized.ts'
import type { Slowness } from './tilts.ts'

/**
 * Weights sum to 1. Placed so that over shifts of all or some requests, distributions of several shapes and rates of 5 to
 * 2,000 requests a second the mean logarithm of the delay is least; no way bets that every request is slower, since
 * one fast request would then settle it.
 */
export const SLOWER_WAYS: readonly Slowness[] = [
  { share: 0.95, rise: 0.017, weight: 0.1 },
  { share: 0.95, rise: 0.07, weight: 0.04 },
  { share: 0.95, rise: 0.19, weight: 0.11 },
  { share: 0.95, rise: 0.38, weight: 0.17 },
  { share: 0.95, rise: 0.68, weight: 0.08 },
  { share: 0.95, rise: 1.15, weight: 0.12 },
  { share: 0.95, rise: 2.1, weight: 0.03 },
  { share: 0.95, factor: 1.25, weight: 0.06 },
  { share: 0.95, factor: 1.6, weight: 0.05 },
  { share: 0.4, factor: 2, weight: 0.02 },
  { share: 0.1, factor: 1.25, weight: 0.06 },
  { share: 0.1, factor: 1.5, weight: 0.03 },
  { share: 0.1, factor: 2, weight: 0.05 },
  { share: 0.1, factor: 4, weight: 0.03 },
  { share: 0.03, factor: 6, weight: 0.04 },
  { share: 0.01, factor: 20, weight: 0.01 },
]

/** Bets that a version is faster than a margin away: by the margin when nothing has changed, by more, by less. */
export const fasterWays = memoized(
  (marginFactor: number): readonly Slowness[] => [
    { share: 0.95, factor: marginFactor, weight: 0.5 },
    { share: 0.95, factor: Math.sqrt(marginFactor), weight: 0.25 },
    { share: 0.95, factor: marginFactor ** 1.6, weight: 0.25 },
  ],
  8,
)
