// Capital spread over bets and over the times at which they begin, so that a change that comes late finds some left.

/** Plain data, worth 1 at the start: `logWealth` by bet, and what is kept for a change at any time. */
export interface Capital {
  logWealth: number[]
  kept: number
  /** Since capital was last spread anew. */
  waitedMs: number
}

/** @param weights of the bets, summing to 1. */
export function startCapital(weights: readonly number[]): Capital {
  return { logWealth: weights.map((weight) => Math.log((1 - KEPT) * weight)), kept: KEPT, waitedMs: 0 }
}

/**
 * Spreads capital anew before a look, which no bet that is fair can make unfair: what is kept comes in slowly, as a
 * start-time mixture (Shin, Ramdas & Rinaldo, "E-detectors: a nonparametric framework for sequential change
 * detection", 2023); at a new stage a part of all goes back to the first weights (the fixed share of Herbster &
 * Warmuth, "Tracking the best expert", 1998), so bets on small effects, which lose slowly, keep those on large ones alive.
 */
export function spreadAnew(capital: Capital, weights: readonly number[], newStage: boolean, elapsedMs: number): void {
  capital.waitedMs += elapsedMs
  if (!newStage && capital.waitedMs < SPREAD_EVERY_MS) return
  const placed = capital.kept * -Math.expm1(-capital.waitedMs / KEPT_MS)
  capital.waitedMs = 0
  capital.kept -= placed
  const shared = newStage ? SHARED : 0
  if (placed === 0 && shared === 0) return
  const logShared = Math.log(shared) + logTotal(capital)
  const logSpread = logAdd(Math.log(placed), logShared)
  capital.kept *= 1 - shared
  for (const [bet, weight] of weights.entries())
    capital.logWealth[bet] = logAdd(capital.logWealth[bet]! + Math.log1p(-shared), logSpread + Math.log(weight))
}

/** ln of the whole capital: the e-value. */
export function logTotal({ logWealth, kept }: Capital): number {
  const logKept = kept > 0 ? Math.log(kept) : Number.NEGATIVE_INFINITY
  let most = logKept
  for (const wealth of logWealth) if (wealth > most) most = wealth
  let sum = Math.exp(logKept - most)
  for (const wealth of logWealth) sum += Math.exp(wealth - most)
  return most + Math.log(sum)
}

function logAdd(a: number, b: number): number {
  if (a < b) return logAdd(b, a)
  return b === Number.NEGATIVE_INFINITY ? a : a + Math.log1p(Math.exp(b - a))
}

const KEPT = 0.05
const KEPT_MS = 600_000
const SHARED = 0.04
const SPREAD_EVERY_MS = 5000
