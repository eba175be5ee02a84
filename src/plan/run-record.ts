// What a run leaves behind: its state, its ledger, its evidence references.
import type { Measurement, Status } from './outcome.ts'
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
