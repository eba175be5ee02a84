// The verdict on errors: are more of the candidate's requests failing than of the stable version's?
import { burstSize, learnBursts, NO_BURSTS, type BurstState } from './bursts.ts'
import type { Design } from './designs.ts'
import { OddsInterval, type OddsState } from './odds-interval.ts'
import { SplitTest } from './split-test.ts'
import type { Split } from './tilts.ts'
import { initialWealth, type WealthState } from './wealth.ts'
import type { AlwaysValidInterval } from '../plan/verdict.ts'

/** Requests of one version in one look, and how many of them failed. */
export interface Arm {
  requests: number
  failures: number
}

/** Plain JSON of constant size. */
export interface ErrorState {
  wealth: WealthState
  bursts: BurstState
  /** Null: no interval is kept. */
  odds: OddsState | null
}

/** A test under way; made anew from its state it goes on as if it had never stopped. */
export class ErrorTest {
  readonly #split: SplitTest
  readonly #interval: OddsInterval | null
  #bursts: BurstState

  constructor(design: Design, state: ErrorState = startErrors(design)) {
    this.#split = new SplitTest(design, state.wealth)
    this.#interval = state.odds && new OddsInterval(state.odds)
    this.#bursts = state.bursts
  }

  get state(): ErrorState {
    return { wealth: this.#split.state, bursts: this.#bursts, odds: this.#interval?.state ?? null }
  }

  /** A look at the stable version before the candidate has traffic: how its failures come. */
  learn({ requests, failures }: Arm): void {
    this.#bursts = learnBursts(this.#bursts, requests, failures)
  }

  /**
   * Takes a look at both. What was learnt of bursts up to the look before decides how it is counted.
   * @returns the e-value so far.
   */
  observe(candidate: Arm, stable: Arm, elapsedMs: number): number {
    const size = burstSize(this.#bursts)
    this.learn(stable)
    const counted = asCounted(
      {
        candidateRequests: candidate.requests,
        stableRequests: stable.requests,
        failures: candidate.failures + stable.failures,
        candidateFailures: candidate.failures,
      },
      size,
    )
    this.#interval?.observe(counted.split, counted.power)
    return this.#split.observe(counted.split, elapsedMs, counted.power)
  }

  beginStage(): void {
    this.#split.beginStage()
  }

  logE(): number {
    return this.#split.logE()
  }

  logThreshold(): number {
    return this.#split.logThreshold()
  }

  /** Whether it was ever shown. */
  isShown(): boolean {
    return this.#split.isShown()
  }

  /** Of the odds ratio of failing, with the value that fits best; null where none is kept. */
  interval(level: number): (AlwaysValidInterval & { best: number }) | null {
    return this.#interval?.at(level) ?? null
  }
}

/** Before the first look. @param withInterval costs some sixty times as much a look; a test that only decides does without. */
export function startErrors(design: Design, withInterval = false): ErrorState {
  return { wealth: initialWealth(design), bursts: NO_BURSTS, odds: withInterval ? OddsInterval.start() : null }
}

/** Burst sizes are estimates, and bursts are not all of one size: by simulation (bench/verdict, set G) this much is enough. */
const BURST_MARGIN = 1.25

/**
 * A look in which only one version fails is one failure when failures come in bursts, whatever their number: whose it is has the odds of
 * the traffic. One in which both fail has bursts of unknown number, and its evidence is divided by their size.
 */
function asCounted(split: Split, size: number): { split: Split; power: number } {
  if (size === 1 || split.failures < 2) return { split, power: 1 }
  const { failures, candidateFailures } = split
  if (candidateFailures > 0 && candidateFailures < failures) return { split, power: 1 / (size * BURST_MARGIN) }
  return { split: { ...split, failures: 1, candidateFailures: Math.min(1, candidateFailures) }, power: 1 }
}
