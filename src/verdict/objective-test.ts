// Whether more requests fail than an objective allows, whatever the stable version does.
import { worseDesign } from './designs.ts'
import { SplitTest } from './split-test.ts'
import type { WealthState } from './wealth.ts'

/**
 * The e-process E = sum_j w_j prod (p_j / p0)^x ((1 - p_j) / (1 - p0))^(n - x) with p_j > p0, in odds: a test of "at most p0" (Wald's
 * sequential probability ratio test, 1945, in a mixture over alternatives).
 */
export class ObjectiveTest {
  readonly #shareMax: number
  readonly #test: SplitTest

  /** @param shareMax failing share that is still accepted, 0..1, both exclusive. */
  constructor(alpha: number, shareMax: number, state?: WealthState) {
    this.#shareMax = shareMax
    this.#test = new SplitTest(worseDesign(alpha), state)
  }

  get state(): WealthState {
    return this.#test.state
  }

  /** Takes a look. @returns the e-value so far. */
  observe(requests: number, failures: number, elapsedMs: number): number {
    const split = { candidateRequests: requests, stableRequests: 0, share: this.#shareMax }
    return this.#test.observe({ ...split, failures: requests, candidateFailures: failures }, elapsedMs)
  }

  beginStage(): void {
    this.#test.beginStage()
  }

  logE(): number {
    return this.#test.logE()
  }

  logThreshold(): number {
    return this.#test.logThreshold()
  }

  isShown(): boolean {
    return this.#test.isShown()
  }
}
