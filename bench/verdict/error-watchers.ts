// Who watches the simulated releases: the product's test, and an oracle that knows what is wrong.
import { notWorseDesign, worseDesign } from '../../src/verdict/designs.ts'
import { ErrorTest } from '../../src/verdict/error-test.ts'
import { SplitTest } from '../../src/verdict/split-test.ts'
import type { Design } from '../../src/verdict/designs.ts'
import type { Scenario, Second, Watcher } from './scenario.ts'

export const ALPHA = 0.01

const LOOK_MS = 1000

/** What the product does. */
export function ours(): Watcher {
  const test = new ErrorTest(worseDesign(ALPHA))
  return {
    learn: (stable) => test.learn(stable),
    beginStage: () => test.beginStage(),
    observe: ({ candidate, stable }) => {
      test.observe(candidate, stable, LOOK_MS)
      return test.isShown()
    },
  }
}

/** "Not worse than twice the odds", at the budget that promotion has. */
export function promotion(): Watcher {
  const test = new ErrorTest(notWorseDesign(0.05, 2))
  return {
    observe: ({ candidate, stable }) => {
      test.observe(candidate, stable, LOOK_MS)
      return test.isShown()
    },
  }
}

/**
 * The likelihood-ratio test that is told the odds ratio, and sees bursts as what they are: all capital on the truth from the onset on.
 * @param options as published: without what `wealth.ts` does about overshoot.
 */
export function oracle(scenario: Scenario): () => Watcher {
  const at = scenario.onset ?? 0
  const odds = Math.min(1e9, oddsOf(scenario.candidate(at)) / oddsOf(scenario.stable(at)))
  return () => {
    let logE = 0
    const tilts = new SplitTest({ ...allOn(odds), alpha: 1e-300 })
    return {
      observe: (second, t) => {
        if (t < at) return false
        tilts.observe(eventsOf(second), LOOK_MS)
        logE = tilts.logE()
        return logE >= -Math.log(ALPHA)
      },
    }
  }
}

/** The product's method told what the bursts are: the peer of set G. */
export function oursOfEvents(): Watcher {
  const test = new SplitTest(worseDesign(ALPHA))
  return {
    beginStage: () => test.beginStage(),
    observe: (second) => {
      test.observe(eventsOf(second), LOOK_MS)
      return test.isShown()
    },
  }
}

function eventsOf({ candidate, stable, candidateEvents, stableEvents }: Second) {
  return {
    candidateRequests: candidate.requests,
    stableRequests: stable.requests,
    failures: candidateEvents + stableEvents,
    candidateFailures: candidateEvents,
  }
}

function allOn(tilt: number): Design {
  const sharing = { start: 1, perStage: 0, soonMs: 600_000, reserve: 0 }
  return { ...sharing, alpha: ALPHA, nullTilt: 1, tilts: [tilt], shares: [1], lateShares: [0] }
}

function oddsOf(share: number): number {
  return share / (1 - share)
}

/** Seconds that evidence of ln(1 / alpha) takes on average: information of the split of failures, both shares known. */
export function informationSeconds(scenario: Scenario, t: number): number {
  const [w, c, b] = [scenario.weight(t), scenario.candidate(t), scenario.stable(t)]
  const pooled = w * c + (1 - w) * b
  return -Math.log(ALPHA) / (scenario.requestsPerSecond * (w * divergence(c, pooled) + (1 - w) * divergence(b, pooled)))
}

/** Kullback-Leibler divergence of two Bernoulli distributions. */
function divergence(p: number, q: number): number {
  return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q))
}
