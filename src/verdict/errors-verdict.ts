// Errors of two versions, judged in both directions at once: worse than they may be, or shown not to be.
import { notWorseDesign, worseDesign, type Design } from './designs.ts'
import { ErrorTest, startErrors, type Arm, type ErrorState } from './error-test.ts'
import type { Judgement, Verdict } from '../plan/verdict.ts'
import { percentText, ratioText } from './words.ts'

export interface ErrorsDesign {
  /** False-alarm budget of "worse", 0..1. */
  alpha: number
  /** Odds ratio that is still accepted. */
  margin: number
  /** `not-worse` is said when the odds ratio is shown to be less than this; null: never. */
  notWorseMargin: number | null
  /** How often "not worse" may be said wrongly, 0..1. */
  notWorseAlpha: number
  /** Of the interval, 0..1. */
  level: number
}

/** Plain JSON of constant size. */
export interface ErrorsState {
  worse: ErrorState
  notWorse: ErrorState | null
  candidate: Arm
  stable: Arm
}

/** Both tests under way; made anew from their state they go on as if they had never stopped. */
export class ErrorsVerdict {
  readonly #design: ErrorsDesign
  readonly #worse: ErrorTest
  readonly #notWorse: ErrorTest | null
  #candidate: Arm
  #stable: Arm

  constructor(design: ErrorsDesign, state?: ErrorsState) {
    this.#design = design
    const worse = worseDesign(design.alpha, design.margin)
    this.#worse = new ErrorTest(worse, state?.worse ?? startErrors(worse, true))
    const notWorse = designFor(design)
    this.#notWorse = notWorse && new ErrorTest(notWorse, state?.notWorse ?? startErrors(notWorse))
    this.#candidate = state?.candidate ?? NOTHING
    this.#stable = state?.stable ?? NOTHING
  }

  get state(): ErrorsState {
    return {
      worse: this.#worse.state,
      notWorse: this.#notWorse?.state ?? null,
      candidate: this.#candidate,
      stable: this.#stable,
    }
  }

  /** A look at the stable version alone. */
  learn(stable: Arm): void {
    this.#worse.learn(stable)
    this.#notWorse?.learn(stable)
  }

  observe(candidate: Arm, stable: Arm, elapsedMs: number): void {
    this.#worse.observe(candidate, stable, elapsedMs)
    this.#notWorse?.observe(candidate, stable, elapsedMs)
    this.#candidate = sum(this.#candidate, candidate)
    this.#stable = sum(this.#stable, stable)
  }

  beginStage(): void {
    this.#worse.beginStage()
    this.#notWorse?.beginStage()
  }

  judgement(): Judgement {
    if (this.#worse.isShown()) return 'worse'
    return this.#notWorse?.isShown() ? 'not-worse' : 'undecided'
  }

  verdict(): Verdict {
    const { alpha, level } = this.#design
    const found = this.#worse.interval(level)
    const { of, low, high } = found ?? {}
    return {
      metric: 'errors',
      judgement: this.judgement(),
      logE: this.#worse.logE(),
      logThreshold: Math.log(1 / alpha),
      interval: of === undefined || low === undefined || high === undefined ? null : { of, low, high, level },
      sentence: this.#sentence(found),
    }
  }

  #sentence(found: ReturnType<ErrorTest['interval']>): string {
    const { alpha, margin, notWorseMargin } = this.#design
    const budget = `false-alarm budget ${percentText(alpha)}`
    if (this.#candidate.requests === 0) return `no requests of the canary yet, ${budget}`
    const parts = [`canary errors ${shareText(this.#candidate)} vs ${shareText(this.#stable)}`]
    if (found) parts.push(`odds ${ratioText(found.best, found.low, found.high)}`)
    if (margin > 1) parts.push(`margin ×${margin}`)
    if (this.judgement() === 'not-worse') parts.push(`shown below ×${notWorseMargin}`)
    return [...parts, budget].join(', ')
  }
}

const NOTHING: Arm = { requests: 0, failures: 0 }

function designFor({ notWorseMargin, notWorseAlpha }: ErrorsDesign): Design | null {
  return notWorseMargin === null ? null : notWorseDesign(notWorseAlpha, notWorseMargin)
}

function sum(a: Arm, b: Arm): Arm {
  return { requests: a.requests + b.requests, failures: a.failures + b.failures }
}

function shareText({ requests, failures }: Arm): string {
  return requests === 0 ? 'none' : percentText(failures / requests)
}
