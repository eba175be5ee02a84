// What a comparison of two versions comes to. Data only.

/** `worse`: shown, at the given false-alarm budget. `not-worse`: shown, within the margin. `undecided`: neither, yet. */
export type Judgement = 'worse' | 'not-worse' | 'undecided'

/** Holds at every look at once: the probability that it ever misses the truth is at most `1 - level`. */
export interface AlwaysValidInterval {
  /** `odds-ratio` of failing, candidate over stable; `ratio` of a quantile. */
  of: 'odds-ratio' | 'ratio'
  low: number
  high: number
  level: number
}

export interface Verdict {
  /** `errors`, `latency`, ... */
  metric: string
  judgement: Judgement
  /** Natural logarithm of the evidence (e-value) that the candidate is worse; worse is said from `logThreshold` on. */
  logE: number
  /** ln(1 / α) (Ville's inequality). */
  logThreshold: number
  interval: AlwaysValidInterval | null
  /** "canary errors 3.1 % vs 0.9 %, odds x3.5 (1.8-7.0), false-alarm budget 1 %". */
  sentence: string
}
