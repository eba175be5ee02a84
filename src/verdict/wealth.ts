// The capital that bets on "worse": shared among tilts, part of it held back for what begins later, multiplied look by look by e-values.
// It is an e-process: while the candidate is no worse, it ever reaches 1/alpha with probability alpha at most (Ville's inequality).
import type { Tilts } from './tilts.ts'

/** How capital is shared out. Every list has an entry per tilt and adds up to 1. */
export interface Stakes {
  /** False-alarm budget, 0..1. */
  alpha: number
  /** Of what is bet at the start. */
  shares: readonly number[]
  /** Of what is bet later: a fault that begins late has to be seen by the quick tilts. */
  lateShares: readonly number[]
  /** Part of the whole that is bet at the start; the rest is bet as time goes on (start-time mixture). */
  start: number
  /** Part of the whole that is bet when a stage begins. */
  perStage: number
  /** Half of what is then still held back would be bet within `ln 2` times this. */
  soonMs: number
  /** Part of the whole that is bet ever more slowly, so that something is left after days. */
  reserve: number
}

/** Plain JSON of constant size. */
export interface WealthState {
  /** Bet on each tilt. */
  bets: number[]
  /** Held back, to be bet soon. */
  held: number
  /** Held back for the far future. */
  reserve: number
  elapsedMs: number
  /** Of which capital has been bet. */
  betMs: number
  /** Largest ln of the total so far. */
  logPeak: number
}

/** Wealth before the first look. */
export function initialWealth({ shares, start, reserve }: Stakes): WealthState {
  const held = Math.max(0, 1 - start - reserve)
  return { bets: shares.map((share) => share * start), held, reserve, elapsedMs: 0, betMs: 0, logPeak: 0 }
}

/** E-value: the total capital. */
export function totalOf({ bets, held, reserve }: WealthState): number {
  let total = held + reserve
  for (let j = 0; j < bets.length; j++) total += bets[j] as number
  return total
}

/** Time goes by; what falls due is bet with the next look that says anything, which comes to the same. */
export function passTime(state: WealthState, elapsedMs: number): void {
  state.elapsedMs += elapsedMs
}

/** A stage begins: more of the capital that was held back is bet, for what only shows under more traffic. */
export function beginStage(state: WealthState, { perStage, lateShares }: Stakes): void {
  const bet = Math.min(perStage, state.held)
  state.held -= bet
  lateShares.forEach((share, j) => (state.bets[j] = (state.bets[j] ?? 0) + bet * share))
}

/**
 * Multiplies by the look that `tilts` has read.
 *
 * Boosted: what the total would gain beyond 1/alpha is worth nothing, so it is given to the outcomes that stay below
 * (Fischer & Ramdas, "Improving Wald's (approximate) sequential probability ratio test by avoiding overshoot", 2024, section 3).
 * @returns the total; from 1 / alpha on it is no longer multiplied.
 */
export function applyLook(state: WealthState, tilts: Tilts, stakes: Stakes): number {
  betWhatIsDue(state, stakes)
  const { bets } = state
  const before = totalOf(state)
  const limit = 1 / stakes.alpha
  if (before >= limit) return before
  const boost = tilts.isListed ? boostOf(state, tilts, before, limit) : 1
  state.held *= boost
  state.reserve *= boost
  let total = state.held + state.reserve
  for (let j = 0; j < bets.length; j++) {
    // Beyond the limit by far is beyond the limit: no infinity is needed to say so.
    const bet = Math.min((bets[j] as number) * tilts.multiplier(j) * boost, 1e300)
    bets[j] = bet
    total += bet
  }
  state.logPeak = Math.max(state.logPeak, Math.log(total))
  return total
}

/** Capital falling due: exponentially for what may come soon, as 1 / (1 + t) for the far future. */
function betWhatIsDue(state: WealthState, { soonMs, lateShares }: Stakes): void {
  const sinceMs = state.elapsedMs - state.betMs
  if (sinceMs <= 0) return
  const held = state.held * Math.exp(-sinceMs / soonMs)
  const reserve = (state.reserve * (soonMs + state.betMs)) / (soonMs + state.elapsedMs)
  const due = state.held - held + (state.reserve - reserve)
  state.held = held
  state.reserve = reserve
  state.betMs = state.elapsedMs
  for (let j = 0; j < lateShares.length; j++)
    state.bets[j] = (state.bets[j] as number) + due * (lateShares[j] as number)
}

/** The factor by which everything is multiplied beyond the e-values, given the outcome seen: min(b R, cap) / R. */
function boostOf(state: WealthState, tilts: Tilts, before: number, limit: number): number {
  const cap = limit / before
  const { outcomes, seen } = tilts
  const last = outcomes - 1
  // Wealth is monotone in the outcome: whether any outcome overshoots is seen at the ends.
  const ends = Math.max(relative(state, tilts, 0, before), relative(state, tilts, last, before))
  if (ends <= cap) return 1
  const isRising = relative(state, tilts, last, before) >= relative(state, tilts, 0, before)
  let capped = 0
  let open = 1
  let boost = 1
  for (let step = 0; step < outcomes; step++) {
    const i = isRising ? last - step : step
    const next = isRising ? i - 1 : i + 1
    const probability = tilts.probability(i)
    capped += probability
    open -= probability * relative(state, tilts, i, before)
    if (step === last || open <= 1e-12) break
    boost = (1 - cap * capped) / open
    if (boost * relative(state, tilts, next, before) <= cap) break
  }
  const actual = relative(state, tilts, seen, before)
  return Math.min(Math.max(boost, 1) * actual, cap) / actual
}

/** Total after outcome `i` over the total before. */
function relative({ bets, held, reserve }: WealthState, tilts: Tilts, i: number, before: number): number {
  let total = held + reserve
  for (let j = 0; j < bets.length; j++) total += (bets[j] as number) * tilts.factor(j, i)
  return total / before
}
