// What a run leaves behind: its state, its ledger, its evidence references.
import type { Severity } from './guard-rule.ts'
import type { Measurement, Status } from './outcome.ts'
import type { Sample } from './signal.ts'
import type { Judgement } from './verdict.ts'
import type { WayBack } from './way-back.ts'

export type RunState = 'planned' | 'waiting' | 'running' | 'paused' | 'succeeded' | 'rolled-back' | 'failed' | 'aborted'

export const FINAL_STATES: readonly RunState[] = ['succeeded', 'rolled-back', 'failed', 'aborted']

/** Rehearsal: waits are divided and capped; the report says so. */
export interface Pace {
  timeScale: number
  waitMsMax: number | null
}

export interface RunRecord {
  id: string
  service: string
  environment: string
  /** Hash of the locked plan. */
  planHash: string
  state: RunState
  /** Where it is: phase title, stage, what it waits for. */
  position: string
  wayBack: WayBack
  pace: Pace
  startedBy: string
  /** Milliseconds since the epoch. */
  createdAt: number
  endedAt: number | null
  /** Why it ended as it did, or why it is paused. */
  reason: string | null
}

/** Evidence after redaction, stored under its SHA-256. */
export interface EvidenceRef {
  name: string
  mediaType: string
  sha256: string
  bytes: number
}

/**
 * What happened. `key` makes an append idempotent: the same key is written once.
 * Bodies are plain JSON; everything in them has been redacted.
 */
export interface LedgerDraft {
  key: string
  kind:
    | 'run'
    | 'phase'
    | 'intent'
    | 'outcome'
    | 'answer'
    | 'waiver'
    | 'stage'
    | 'guard'
    | 'way-back'
    | 'control'
    | 'rollback'
    | 'note'
  item: string | null
  body: Record<string, unknown>
}

export interface LedgerEntry extends LedgerDraft {
  /** 1, 2, 3, ... without gaps. */
  seq: number
  /** Milliseconds since the epoch. */
  at: number
  /** Hash of entry seq-1; 64 zeros for the first. */
  previous: string
  /** SHA-256 of the canonical JSON of everything else. */
  hash: string
}

/** Body of an `outcome` entry. */
export interface OutcomeBody {
  status: Status
  summary: string
  measurements: Measurement[]
  evidence: EvidenceRef[]
  remedy?: string
  startedAt: number
  endedAt: number
}

/** Body of an `answer` entry: a poll answered, a blank filled, a sign-off given. */
export interface AnswerBody {
  by: string
  role: string | null
  answer: 'approve' | 'reject' | 'fill'
  reason: string | null
  /** Blank or choice name → value. */
  values: Record<string, string>
}

/** Body of a `waiver` entry. */
export interface WaiverBody {
  by: string
  reason: string
}

/** Body of a `run` entry: the run changed its state. */
export interface RunBody {
  event: 'created' | 'started' | 'waiting' | 'paused' | 'resumed' | 'ended'
  state: RunState
  /** Why, where there is more to say than the state. */
  reason?: string | null
}

/** Body of a `phase` entry. */
export interface PhaseBody {
  event: 'started' | 'ended'
  /** Phase id of the plan. */
  phase: string
  /** The gate's verdict; null at the start. */
  verdict: Status | null
}

/** What statistics had shown of one metric of the candidate. */
export interface Statement {
  /** `errors`, `latency`, `objective`. */
  metric: string
  judgement: Judgement
  sentence: string
}

/** Body of a `stage` entry of the delivery. */
export interface StageBody {
  /** Stage name of the plan. */
  stage: string
  /** Percent of traffic for the candidate during the stage. */
  weight: number
  event: 'started' | 'ended'
  /** What its gates came to; null or left out at the start. */
  verdict?: Status | null
  /** One sentence: why it ended as it did. */
  reason?: string | null
  /** What was shown of the candidate when the stage ended; left out where nothing was asked. */
  standing?: Statement[]
}

/** Body of a `guard` entry: a rule tripped. */
export interface GuardBody {
  /** Id of the rule in the plan. */
  rule: string
  severity: Severity
  /** "error rate of v2 was 100 % (bad: > 50 %), 5 samples in a row". */
  sentence: string
  /** The sample that tripped it; null when it tripped for want of samples. */
  sample: Sample | null
}

/** Body of a `rollback` entry: one step of the way back. */
export interface RollbackBody {
  /** `traffic`, `processes` and `data` say that this part is back; `finished` that all of it is. */
  event: 'started' | 'traffic' | 'processes' | 'data' | 'finished'
  mode: 'automatic' | 'emergency' | 'gradual' | 'watchdog'
  reason: string | null
  /** Since the rollback's start; null at the start and where nobody measured it. */
  durationMs: number | null
  /** What was done: "all traffic to v1"; when `ok` is false, what went wrong. */
  detail?: string | null
  /** False: this part was tried and is not back. @default true */
  ok?: boolean
}

/** Body of a `way-back` entry: what "rollback now" means from here on. */
export type WayBackBody = WayBack

/** Body of a `control` entry: a person told the run something. */
export interface ControlBody {
  by: string
  /** `pause`, `resume`, `promote`, `abort`, `rollback`. */
  command: string
  reason: string | null
}
