// Several one-parameter tilts of one discrete null distribution, looked at together: the e-value of each, for every outcome there could be.
// Pure arithmetic; the distribution is given by its counts, never by its probabilities.
import { logGamma } from './log-gamma.ts'
import { memoized } from './memoized.ts'

/**
 * The number of failures on the candidate, given how many there were on both: under the null its weights are
 * C(nc, k) C(nb, m - k) (Fisher's exact test), where the counts of requests are known, or those of a binomial, where only the
 * candidate's share of exposure is (Lindon & Malek, NeurIPS 2022).
 */
export interface Split {
  /** Of the candidate and of the stable version; with `share`, not used. */
  candidateRequests: number
  stableRequests: number
  failures: number
  candidateFailures: number
  /** The candidate's share of exposure (0..1), where that is what is known. */
  share?: number
}

/** More outcomes than these are summed around their modes only, and in logarithms. */
const OUTCOMES_MAX = 65

/** What one look means to each tilt. One is made per test and used for all its looks; nothing here is shared between calls. */
export class Tilts {
  /** Number of outcomes, and the index of the one that was seen. */
  outcomes = 0
  seen = 0
  /** Weights of the outcomes under the null, and their sum. */
  readonly #weights = new Float64Array(OUTCOMES_MAX)
  #total = 1
  /** ln of the e-value of tilt j at the outcome seen; filled where the outcomes are not listed. */
  readonly #logE: Float64Array
  /** Whether all outcomes are listed, so that `factor` may be asked. */
  isListed = false
  readonly #logTilts: number[]
  readonly #powers: Float64Array[]
  readonly #scale: Float64Array
  readonly #logNull: number

  /** @param tilts odds ratios under the alternatives. @param nullTilt odds ratio under the null. */
  constructor(tilts: readonly number[], nullTilt = 1) {
    this.#logNull = Math.log(nullTilt)
    this.#logTilts = tilts.map((tilt) => Math.log(tilt) - this.#logNull)
    this.#powers = powersOf(tilts, nullTilt)
    this.#scale = new Float64Array(tilts.length)
    this.#logE = new Float64Array(tilts.length)
  }

  /** Probability of outcome `i` under the null, where outcomes are listed. */
  probability(i: number): number {
    return (this.#weights[i] as number) / this.#total
  }

  /** E-value of tilt `j` had outcome `i` been seen. */
  factor(j: number, i: number): number {
    return (this.#scale[j] as number) * ((this.#powers[j] as Float64Array)[i] as number)
  }

  /** E-value of tilt `j` at the outcome seen; what is beyond all bounds is 1e300. */
  multiplier(j: number): number {
    return this.isListed ? this.factor(j, this.seen) : Math.exp(Math.min(this.#logE[j] as number, 690))
  }

  /** Its natural logarithm, which has no bounds. */
  logMultiplier(j: number): number {
    return this.isListed ? Math.log(this.factor(j, this.seen)) : (this.#logE[j] as number)
  }

  /** Takes the look that was read for less evidence than it is: e-values to this power (0..1). It lists no outcomes then. */
  temper(power: number): void {
    for (let j = 0; j < this.#logE.length; j++) this.#logE[j] = this.logMultiplier(j) * power
    this.isListed = false
  }

  /** Reads a look. @returns false when there is nothing in it: only one outcome was possible. */
  read(split: Split): boolean {
    const { candidateRequests: nc, stableRequests: nb, failures: m, candidateFailures: x, share } = split
    const low = share === undefined ? Math.max(0, m - nb) : 0
    const high = share === undefined ? Math.min(nc, m) : m
    this.outcomes = high - low + 1
    this.seen = x - low
    if (high <= low || x < low || x > high || (share !== undefined && (share <= 0 || share >= 1))) return false
    this.isListed = this.outcomes <= OUTCOMES_MAX && this.#list(split, low, high)
    if (!this.isListed) this.#sum(split, low, high)
    return true
  }

  #list({ candidateRequests: nc, stableRequests: nb, failures: m, share }: Split, low: number, high: number): boolean {
    const weights = this.#weights
    const odds = share === undefined ? 1 : share / (1 - share)
    const tilt = Math.exp(this.#logNull)
    let weight = 1
    let total = 1
    weights[0] = 1
    for (let k = low; k < high; k++) {
      const ratio =
        share === undefined ? ((nc - k) * (m - k)) / ((k + 1) * (nb - m + k + 1)) : ((m - k) / (k + 1)) * odds
      weight *= ratio * tilt
      weights[k + 1 - low] = weight
      total += weight
    }
    for (let j = 0; j < this.#powers.length; j++) {
      const powers = this.#powers[j] as Float64Array
      let sum = 0
      for (let i = 0; i < this.outcomes; i++) sum += (weights[i] as number) * (powers[i] as number)
      if (!(sum < Number.MAX_VALUE)) return false
      this.#scale[j] = total / sum
    }
    this.#total = total
    return true
  }

  #sum(split: Split, low: number, high: number): void {
    const atNull = logSum(split, this.#logNull, low, high)
    for (let j = 0; j < this.#logE.length; j++) {
      const logTilt = this.#logTilts[j] ?? 0
      this.#logE[j] = split.candidateFailures * logTilt - (logSum(split, this.#logNull + logTilt, low, high) - atNull)
    }
  }
}

/** Powers 0, 1, 2, ... of each tilt: tests are made anew for every look of a guard, their tables need not be. */
const powersOf = memoized(
  (tilts: readonly number[], nullTilt: number) =>
    tilts.map((tilt) => Float64Array.from({ length: OUTCOMES_MAX }, (_, k) => (tilt / nullTilt) ** k)),
  16,
)

/** Terms below this share of the largest are left out: together they are less than rounding. */
const NEGLIGIBLE = 1e-20

/**
 * ln of the sum over k of weight(k) exp(k logTilt), summed outwards from the largest term, in about 12 standard deviations of terms.
 * Failures are clamped into [low, high], where every weight is positive.
 */
export function logSum(split: Split, logTilt: number, low: number, high: number): number {
  const { candidateRequests: nc, stableRequests: nb, failures: m, share } = split
  const logOdds = logTilt + (share === undefined ? 0 : Math.log(share / (1 - share)))
  const tilt = Math.exp(logOdds)
  const up = (k: number): number =>
    tilt * (share === undefined ? ((nc - k) * (m - k)) / ((k + 1) * (nb - m + k + 1)) : (m - k) / (k + 1))
  const mode = Math.min(high, Math.max(low, modeOf(split, tilt)))
  let sum = 1
  let term = 1
  for (let k = mode; k < high && term > NEGLIGIBLE * sum; k++) sum += term *= up(k)
  term = 1
  for (let k = mode; k > low && term > NEGLIGIBLE * sum; k--) sum += term /= up(k - 1)
  const logWeight = share === undefined ? logChoose(nc, mode) + logChoose(nb, m - mode) : logChoose(m, mode)
  return logWeight + mode * logOdds + Math.log(sum)
}

/** The largest k at which the weights still grow: of a noncentral hypergeometric (Fog, 2008, section 3), or a binomial. */
function modeOf({ candidateRequests: nc, stableRequests: nb, failures: m, share }: Split, tilt: number): number {
  if (share !== undefined) return Math.floor(((m + 1) * tilt) / (1 + tilt))
  const a = 1 - tilt
  const b = (nc + m + 2) * tilt + nb - m
  const c = -(nc + 1) * (m + 1) * tilt
  if (Math.abs(a) < 1e-12) return Math.floor(-c / b)
  // The smaller root of a k^2 + b k + c, in the form that does not cancel.
  return Math.floor((-2 * c) / (b + Math.sqrt(Math.max(0, b * b - 4 * a * c))))
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}
