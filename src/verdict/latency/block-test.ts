// The test for slow requests that come in bursts: several looks together are one observation, whatever happens inside.
import { logTotal, spreadAnew, startCapital, type Capital } from './capital.ts'
import { copyOf, learnDispersion, startDispersion, type Dispersion } from './dispersion.ts'
import { meanScores, SCORE_KINDS, scoresOf, type Scores } from './scores.ts'

/** Plain data. */
export interface BlockState {
  capital: Capital
  dispersion: Dispersion
  /** The block so far: candidate requests, and by score these times how much slower they were than stable's. */
  requests: number
  slower: number[]
  looks: number
  /** Requests of the past baseline that the scores were made from. */
  pastRequests: number
}

export interface BlockTest {
  /** @param past baseline by bucket before this look; null when there is none. */
  observe(
    look: { candidate: ArrayLike<number>; stable: ArrayLike<number>; newStage: boolean; elapsedMs: number },
    past: readonly number[] | null,
  ): void
  logE(): number
  bursty(): boolean
  /** Whether baseline was watched long enough to have shown bursts that are not rare. */
  watched(): boolean
  state(): BlockState
}

/**
 * Bets 1 + λD a block, D the difference of the mean scores of both versions in it: in [-1, 1] and of mean at most 0 when
 * the candidate's requests are not slower, however they hang together within the block (Waudby-Smith & Ramdas,
 * "Estimating means of bounded random variables by betting", 2024). Blocks are some bursts long, so that no burst
 * counts in many.
 */
export function createBlockTest(from?: BlockState): BlockTest {
  const capital = from ? { ...from.capital, logWealth: from.capital.logWealth.slice() } : startCapital(WEIGHTS)
  const dispersion = from ? copyOf(from.dispersion) : startDispersion()
  const slower = from ? from.slower.slice() : noScores()
  let requests = from?.requests ?? 0
  let looks = from?.looks ?? 0
  let pastRequests = from?.pastRequests ?? 0
  let scores: Scores | null = null
  let scoredFrom: readonly number[] | null = null
  const ofCandidate = noScores()
  const ofStable = noScores()

  function closeBlock(): void {
    if (requests > 0) {
      for (let kind = 0; kind < SCORE_KINDS; kind++)
        for (const [index, stake] of STAKES.entries())
          capital.logWealth[kind * STAKES.length + index]! += Math.log1p((stake * slower[kind]!) / requests)
    }
    slower.fill(0)
    requests = 0
    looks = 0
  }

  return {
    observe({ candidate, stable, newStage, elapsedMs }, past) {
      if (newStage) closeBlock()
      spreadAnew(capital, WEIGHTS, newStage, elapsedMs)
      if (!past) return
      if (past !== scoredFrom) {
        scores = scoresOf(past)
        scoredFrom = past
        const requestsBefore = pastRequests
        pastRequests = past.reduce((sum, count) => sum + count, 0)
        // Means of other scores cannot be compared with these.
        if (pastRequests !== requestsBefore) dispersion.last = []
      }
      const stableRequests = meanScores(scores!, stable, ofStable)
      learnDispersion(dispersion, ofStable, stableRequests, scores!.variances, elapsedMs)
      const candidateRequests = meanScores(scores!, candidate, ofCandidate)
      if (candidateRequests > 0 && stableRequests > 0) {
        requests += candidateRequests
        for (let kind = 0; kind < SCORE_KINDS; kind++)
          slower[kind]! += candidateRequests * (ofCandidate[kind]! - ofStable[kind]!)
      }
      if (++looks >= BURSTS_IN_BLOCK * dispersion.burstLooks) closeBlock()
    },
    logE: () => logTotal(capital),
    bursty: () => dispersion.bursty,
    watched: () => dispersion.watchedMs >= WATCHED_MS,
    state: () => ({
      capital: { ...capital, logWealth: capital.logWealth.slice() },
      dispersion: copyOf(dispersion),
      requests,
      slower: slower.slice(),
      looks,
      pastRequests,
    }),
  }
}

function noScores(): number[] {
  return Array.from({ length: SCORE_KINDS }, () => 0)
}

/** Below 1, so that the worst block leaves something. */
const STAKES = [0.95, 0.3]
const WEIGHTS = Array.from({ length: SCORE_KINDS * STAKES.length }, () => 1 / (SCORE_KINDS * STAKES.length))
const WATCHED_MS = 120_000
const BURSTS_IN_BLOCK = 2
