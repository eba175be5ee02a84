// One test of "slower", over counts by bucket of one set of bounds: past baseline makes the bets, each look settles them.
import { logTotal, spreadAnew, startCapital, type Capital } from './capital.ts'
import { betOnDraws, DRAWS_MAX } from './draws.ts'
import { countByClass, emptyCounts, logEvidence, logEvidenceOfPool } from './evidence.ts'
import { tiltsOf, type Slowness, type Tilts } from './tilts.ts'

/** Plain data: written as JSON and read again, the test goes on as if never stopped. */
export interface SlowerState {
  capital: Capital
  /** Baseline by bucket, older looks fading; and as it was when the bets were last made, null before the first. */
  baseline: number[]
  bets: readonly number[] | null
  /** Requests in `baseline`, and in `bets` as they have faded since. */
  remembered: number
  betsOn: number
  /** Of the order in which single requests are taken. */
  shuffle: number
  reached: boolean
}

export interface SlowerTest {
  /** Settles the bets with a look and learns its baseline. */
  observe(look: { candidate: ArrayLike<number>; stable: ArrayLike<number>; newStage: boolean; elapsedMs: number }): void
  /** ln of the e-value. */
  logE(): number
  /** The same without what was won by bets on a few slow requests: such come in bursts too. */
  logEOfMost(): number
  /** Whether the threshold was reached, at this look or before. */
  reached(): boolean
  /** The baseline by bucket that the bets now stand on; null before there was any. */
  past(): readonly number[] | null
  state(): SlowerState
}

/**
 * A one-sided anytime-valid test that a candidate is stochastically slower than stable. It says so by mistake with
 * probability at most exp(-logThreshold) over all looks together (Ville's inequality).
 * @param ways of weights that sum to 1.
 */
export function createSlowerTest(
  ways: readonly Slowness[],
  logThreshold: number,
  logBounds: Float64Array,
  from?: SlowerState,
): SlowerTest {
  const weights = ways.map(({ weight }) => weight)
  const capital: Capital = from ? { ...from.capital, logWealth: from.capital.logWealth.slice() } : startCapital(weights)
  const baseline = from?.baseline.slice() ?? Array.from({ length: logBounds.length + 1 }, () => 0)
  // Never changed, only replaced, so it needs no copy.
  let bets = from?.bets ?? null
  let tilts: Tilts | null = bets && tiltsOf(ways, bets, logBounds)
  let shuffle = from?.shuffle ?? 1
  let reached = from?.reached ?? false
  let logE = logTotal(capital)
  let remembered = from?.remembered ?? 0
  let betsOn = from?.betsOn ?? 0
  const counts = emptyCounts()

  function nextShuffle(): number {
    // Lehmer's generator (Park & Miller 1988): any order will do that knows nothing of the data.
    shuffle = (shuffle * 48_271) % 2_147_483_647
    return shuffle / 2_147_483_647
  }

  function settle(candidate: ArrayLike<number>, stable: ArrayLike<number>): void {
    if (!tilts && (sum(candidate) === 0 || sum(stable) === 0)) return
    const used =
      tilts ??
      tiltsOf(
        ways,
        Array.from(candidate, (count, index) => count + stable[index]!),
        logBounds,
      )
    countByClass(counts, candidate, stable, used)
    if (counts.candidateTotal === 0 || counts.candidateTotal === counts.bothTotal) return
    const add = (way: number, gain: number) => {
      capital.logWealth[way] = Math.max(capital.logWealth[way]! + gain, LOG_WEALTH_MIN)
    }
    const isBetting = (way: number) => capital.logWealth[way]! > logE - LOG_SPENT
    if (counts.candidateTotal <= DRAWS_MAX && Number.isInteger(counts.candidateTotal))
      reached = betOnDraws(capital, counts, used, logThreshold, nextShuffle) || reached
    else if (tilts) logEvidence(counts, used, add, isBetting)
    else logEvidenceOfPool(counts, used, add)
    logE = logTotal(capital)
    reached ||= logE >= logThreshold
  }

  function learn(stable: ArrayLike<number>, elapsedMs: number): void {
    const fade = 0.5 ** (elapsedMs / BASELINE_HALF_LIFE_MS)
    betsOn *= fade
    let total = 0
    for (let index = 0; index < baseline.length; index++) {
      const count = baseline[index]! * fade + stable[index]!
      baseline[index] = count
      total += count
    }
    remembered = total
    if (remembered < 1 || remembered < betsOn * BETS_STALE_AT) return
    bets = baseline.slice()
    betsOn = remembered
    tilts = tiltsOf(ways, bets, logBounds)
  }

  return {
    observe({ candidate, stable, newStage, elapsedMs }) {
      spreadAnew(capital, weights, newStage, elapsedMs)
      settle(candidate, stable)
      learn(stable, elapsedMs)
    },
    logE: () => logE,
    logEOfMost: () =>
      logTotal({ ...capital, logWealth: capital.logWealth.filter((_, way) => ways[way]!.share >= MOST) }),
    reached: () => reached,
    past: () => bets,
    state: () => ({
      capital: { ...capital, logWealth: capital.logWealth.slice() },
      baseline: baseline.slice(),
      bets,
      remembered,
      betsOn,
      shuffle,
      reached,
    }),
  }
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let index = 0; index < values.length; index++) total += values[index]!
  return total
}

/** A share of the requests that no burst makes slow. */
const MOST = 0.4
/** Baseline drifts over the day; what is older counts for less. */
const BASELINE_HALF_LIFE_MS = 600_000
/** The bets are made anew when the baseline remembered has grown by this factor. */
const BETS_STALE_AT = 1.2
/** A way that has so little of the capital left (ln of its part) sits still until some is placed on it again. */
const LOG_SPENT = 40
/** Keeps the numbers of a lost bet within what JSON and sums carry. */
const LOG_WEALTH_MIN = -1e12
