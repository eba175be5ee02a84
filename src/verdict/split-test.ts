// Whether the candidate fails more often than it may, look by look: an e-process over how failures split between the versions.
// Given how many requests and failures a look had, changing weights, drifting rates and outages that both share do no harm.
import type { Design } from './designs.ts'
import { Tilts, type Split } from './tilts.ts'
import { applyLook, beginStage, initialWealth, passTime, totalOf, type WealthState } from './wealth.ts'

/** A test under way. Its state is plain JSON of constant size: made anew from it, it goes on as if it had never stopped. */
export class SplitTest {
  readonly design: Design
  readonly state: WealthState
  readonly #tilts: Tilts

  constructor(design: Design, state: WealthState = initialWealth(design)) {
    this.design = design
    this.state = state
    this.#tilts = new Tilts(design.tilts, design.nullTilt)
  }

  /**
   * Takes a look of at most a few seconds.
   *
   * Per tilt psi, e = psi^x / sum_k h(k) psi^k with h the conditional distribution of the candidate's failures under the null: the
   * likelihood ratio of Fisher's noncentral hypergeometric distribution (of a binomial where only the share is known).
   * @param power less than 1 where failures are known to come in bursts: so much of the evidence counts.
   * @returns the e-value so far.
   */
  observe(split: Split, elapsedMs: number, power = 1): number {
    passTime(this.state, elapsedMs)
    if (split.failures === 0 || !this.#tilts.read(split)) return totalOf(this.state)
    if (power < 1) this.#tilts.temper(power)
    return applyLook(this.state, this.#tilts, this.design)
  }

  /** The candidate's share of the traffic changes. */
  beginStage(): void {
    beginStage(this.state, this.design)
  }

  /** ln of the e-value. */
  logE(): number {
    return Math.log(totalOf(this.state))
  }

  /** Whether it was ever shown: evidence that once sufficed is not taken back. */
  isShown(): boolean {
    return this.state.logPeak >= this.logThreshold() - 1e-9
  }

  /** ln(1 / alpha). */
  logThreshold(): number {
    return -Math.log(this.design.alpha)
  }
}
