// What a run's statistics came to, as data: in the report's JSON as `verdicts`, and what its charts and tables are drawn from. Times
// are milliseconds since the epoch; evidence is the decimal logarithm of the e-value (0 is 1:1, 2 is 100:1).

/** What a verdict guard can judge: failures and response times against the old version, failures against a fixed limit. */
export type JudgedMetric = 'errors' | 'latency' | 'objective'

/** `not-judged`: nothing was counted that it could be judged by. Only `not-worse` is good news. */
export type ReportJudgement = 'worse' | 'not-worse' | 'undecided' | 'not-judged'

/** A guard of kind `verdict`. */
export interface ReportVerdict {
  /** Id of the rule in the plan. */
  rule: string
  title: string
  /** `worse` when any metric is, `not-worse` when all that are compared with the old version are. */
  judgement: ReportJudgement
  /** Percent of releases of a good version that it may stop. */
  falseAlarmPercent: number
  metrics: MetricVerdict[]
}

export interface MetricVerdict {
  metric: JudgedMetric
  judgement: ReportJudgement
  /** As the run said it last, else what the record says. */
  sentence: string
  /** The look, or where only the ledger tells, the entry; null where nothing was shown. */
  shownAt: number | null
  /** The metric's share of the false-alarm budget, in percent. */
  budgetPercent: number
  /** Evidence from which on `worse` is said: log10(1 / budget). */
  threshold: number
  /** Null where none was recorded, or where it cannot be told whose it is. */
  evidence: EvidenceSeries | null
  interval: IntervalSeries | null
  /** Each stage that was begun, as far as evidence was recorded in it. */
  stages: StageEvidence[]
}

export interface EvidenceSeries {
  /** Thinned to the extremes of a fixed number of columns; a null value is a gap. */
  points: { at: number; value: number | null }[]
  last: { at: number; value: number }
  peak: { at: number; value: number }
  /** First look at or above the threshold. */
  crossedAt: number | null
  looks: number
}

/** One look at an interval; a null end is open: no bound on that side yet. */
export interface IntervalPoint {
  at: number
  low: number | null
  high: number | null
}

/** An interval that holds at all looks at once, of candidate over stable: 1 is alike, above 1 the candidate is worse. */
export interface IntervalSeries {
  /** Odds ratio of failing, or ratio of the median response times. */
  of: 'odds-ratio' | 'median-ratio'
  levelPercent: number
  /** Ratio that the guard still accepts. */
  accepted: number
  /** The last look of each of a fixed number of columns; between two stretches is a gap. */
  stretches: IntervalPoint[][]
  last: IntervalPoint
}

export interface StageEvidence {
  stage: string
  /** Percent of traffic meant for the candidate. */
  weight: number
  last: number
  peak: number
  /** At the stage's last look. */
  interval: IntervalPoint | null
}
