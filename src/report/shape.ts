// The report as data: what the HTML, Markdown, JSON, JUnit and text forms are drawn from. The JSON form is exactly this.
// Times are milliseconds since the epoch; `null` is "not known" or "did not happen", never zero.
import type { GuardRule, Severity } from '../plan/guard-rule.ts'
import type { Measurement, Status } from '../plan/outcome.ts'
import type { PhaseKind } from '../plan/plan.ts'
import type { AnswerBody, EvidenceRef, LedgerDraft, Pace, RollbackBody, RunState } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import type { ReportVerdict } from './verdict/shape.ts'

/** `waived`: not passed, but a named person let it through. `not-reached`: the run ended, or is not yet, there. */
export type ItemStatus = Status | 'waived' | 'not-reached'

/** Evidence reference with what of its content is shown. */
export interface ReportEvidence extends EvidenceRef {
  /** The first part of the content; null when it is missing, no longer has its hash, or the report is full. */
  content: string | null
  /** Why content is cut or absent; null when it is whole. */
  note: string | null
}

/** Something a person did at an item. */
interface PersonAct {
  by: string
  at: number
  reason: string | null
}

export interface ReportAnswer extends PersonAct {
  role: string | null
  answer: AnswerBody['answer']
  values: Record<string, string>
}

export interface ReportItem {
  id: string
  line: number
  text: string
  /** The text names trouble, as a rollback trigger does: `passed` means that it did not come about. */
  badState: boolean
  status: ItemStatus
  /** One sentence with the figure. */
  summary: string
  /** What decided it: `gonogo`, or the people's names. */
  by: string[]
  /** When it was decided; null when it was not. */
  at: number | null
  durationMs: number | null
  /** What was to be looked at, run or asked. */
  will: string
  binding: string
  measurements: Measurement[]
  evidence: ReportEvidence[]
  remedy: string | null
  answers: ReportAnswer[]
  waiver: PersonAct | null
  /** The status a waiver covers; null without waiver. */
  waivedStatus: ItemStatus | null
  /** How often it was judged, and how many of these ended in `failed`. */
  attempts: number
  failedAttempts: number
}

export interface ReportPhase {
  id: string
  title: string
  kind: PhaseKind
  line: number
  startedAt: number | null
  endedAt: number | null
  budgetMs: number | null
  verdict: Status | null
  items: ReportItem[]
}

export type StageStatus = Status | 'running' | 'interrupted' | 'not-reached'

/** One stretch of the delivery with what the candidate did in it. */
export interface ReportStage {
  name: string
  /** Percent of traffic meant for the candidate. */
  weight: number
  plannedMs: number | null
  startedAt: number | null
  endedAt: number | null
  status: StageStatus
  reason: string | null
  /** Requests the candidate answered, and the share that failed; null when nothing was sampled. */
  requests: number | null
  errorPercent: number | null
  responseMs: number | null
}

/** A signal over a stretch: average weighted by observations, and the worst look. `samples` and `unknown` count looks. */
export interface Figure {
  average: number
  worst: number
  samples: number
  unknown: number
}

/** Before and after. */
export interface MetricRow {
  signal: string
  title: string
  unit: string
  /** Stable version before the candidate got traffic. */
  before: Figure | null
  /** Candidate, over the stretch named in `metrics.candidateStretch`. */
  candidate: Figure | null
  /** Stable version after a rollback's traffic was back; null without rollback. */
  afterRollback: Figure | null
  /** Candidate's average against before: in percent, or in percentage points for what is a percentage itself. */
  change: { value: number; unit: 'percent' | 'points' } | null
}

export interface ReportGuard {
  rule: GuardRule
  /** As the plan says it: "error rate of the candidate > 50 %, 5 samples in a row". */
  condition: string
  trips: { at: number; severity: Severity; sentence: string }[]
  /** Worst sample in the rule's scope, absolute even where the rule is relative; null without any value, or where no single value is bad. */
  worst: { signal: string; value: number; unit: string; at: number; version: string | null } | null
  samples: number
  unknown: number
}

export interface ReportRollback {
  mode: RollbackBody['mode']
  reason: string | null
  startedAt: number
  /** All traffic on the stable version: since the rollback's start. Null: not recorded, or it failed. */
  trafficMs: number | null
  /** Everything back: since the rollback's start. Null: not finished, or not all of it is back. */
  finishedMs: number | null
  steps: { event: RollbackBody['event']; at: number; durationMs: number | null; ok: boolean; detail: string | null }[]
}

/** What an incident review needs after a rollback. */
export interface Incident {
  /** The rule that asked for it; null where a person or the watchdog did. */
  rule: string | null
  title: string
  what: string
  sample: Sample | null
  /** From the deciding sample to all traffic on the stable version. */
  reactionMs: number | null
  /** Requests the candidate answered while it had traffic, and how many of these failed, by the samples. */
  candidateRequests: number | null
  candidateErrors: number | null
  timeline: TimelineEntry[]
}

export type Tone = 'neutral' | 'good' | 'warning' | 'bad'

export interface TimelineEntry {
  seq: number
  at: number
  kind: LedgerDraft['kind']
  tone: Tone
  text: string
  hash: string
}

export interface Risk {
  kind: 'unverified' | 'waived' | 'one-way' | 'retried' | 'unfinished-rollback' | 'unreadable' | 'evidence'
  text: string
  item: string | null
}

export interface SignOff {
  item: string
  text: string
  role: string
  asked: string[]
  quorum: number
  status: ItemStatus
  answers: ReportAnswer[]
}

/** Values of one version over time, thinned to the extremes; a null value is a gap. */
export interface Series {
  version: string
  role: 'stable' | 'candidate'
  points: { at: number; value: number | null }[]
}

export interface Chart {
  signal: string
  title: string
  unit: string
  series: Series[]
  /** Absolute bounds of guards on this signal. */
  bounds: { value: number; severity: Severity; title: string }[]
}

export interface Counts {
  total: number
  passed: number
  /** Of the passed ones: decided by people. */
  passedByPeople: number
  failed: number
  unverified: number
  waived: number
  skipped: number
  notReached: number
}

export interface ReportModel {
  format: 'gonogo-report'
  /** Grows when a member changes its meaning or goes away; added members do not count. */
  formatVersion: 1
  run: {
    id: string
    service: string
    environment: string
    state: RunState
    reason: string | null
    startedBy: string
    startedAt: number
    endedAt: number | null
    durationMs: number
    pace: Pace
    planHash: string
  }
  document: { path: string; title: string; sha256: string }
  versions: { stable: string | null; candidate: string | null }
  /** "The release of shop v2 to production succeeded." */
  headline: string
  /** The executive summary, sentence by sentence. */
  summary: string[]
  /** Set when waits were shortened: what this run does not prove. */
  rehearsal: string | null
  counts: Counts
  stages: ReportStage[]
  rollback: ReportRollback | null
  incident: Incident | null
  phases: ReportPhase[]
  metrics: { candidateStretch: string; rows: MetricRow[] }
  charts: Chart[]
  guards: ReportGuard[]
  /** What statistics showed of the candidate: one a guard of kind `verdict`; none where there is none. */
  verdicts: ReportVerdict[]
  risks: Risk[]
  recommendations: string[]
  signOffs: SignOff[]
  timeline: TimelineEntry[]
  ledger: { entries: number; head: string | null }
}
