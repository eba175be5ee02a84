// What the conductor needs from durable execution and from storage. Implemented by `durable/` and `store/`.
import type { Sample } from '../plan/signal.ts'
import type { EvidenceRef, LedgerDraft, LedgerEntry, RunRecord, Statement } from '../plan/run-record.ts'

/** What people and guards tell a run. Delivered once, in order; `id` makes sending idempotent. */
export type RunMessage =
  | { type: 'pause'; id: string; by: string; reason: string }
  | { type: 'resume'; id: string; by: string }
  | { type: 'abort'; id: string; by: string; reason: string }
  | { type: 'promote'; id: string; by: string }
  /** The canary is shown not to be worse: the stage under this key need not be held any longer. */
  | { type: 'advance'; id: string; stage: string; standing: Statement[] }
  | {
      type: 'rollback'
      id: string
      by: string
      mode: 'emergency' | 'gradual' | 'watchdog'
      reason: string
      skipValidation: boolean
      restoreData: boolean
    }
  | {
      type: 'answer'
      id: string
      by: string
      item: string
      answer: 'approve' | 'reject'
      reason: string | null
      values: Record<string, string>
    }
  | { type: 'fill'; id: string; by: string; item: string; values: Record<string, string> }
  | { type: 'waive'; id: string; by: string; item: string; reason: string }
  | {
      type: 'guard'
      id: string
      rule: string
      severity: 'pause' | 'rollback'
      reason: string
      sample: Sample | null
      restoreData: boolean
    }

/** Durable execution of one run, as seen from inside its workflow. Calls must come in the same order on every replay. */
export interface Durable {
  /** Runs `work` once; on replay gives its recorded result. At-least-once if the process dies inside. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Next message, or null after `timeoutMs`: a durable timer that people and guards can interrupt. */
  receive(timeoutMs: number): Promise<RunMessage | null>
  /** Recorded clock, milliseconds since the epoch. */
  now(): Promise<number>
}

/** The engine that keeps runs alive across processes. */
export interface Engine {
  /** Starts the run's workflow, once per run id, and waits for its end. Resumes it when it was interrupted. */
  conduct(runId: string, signal: AbortSignal): Promise<void>
  /** Delivers a message to a run, wherever it is conducted. */
  send(runId: string, message: RunMessage): Promise<void>
  /** Whether a message waits to be received. Not recorded: only for use inside a step. */
  hasMail(runId: string): Promise<boolean>
  close(): Promise<void>
}

/** Append-only, hash-chained. */
export interface Ledger {
  /**
   * Appends, or gives the entry already written under this key. One writer a run at a time. Entries are written in the order in which
   * they were appended; `soon`: together with the next one, or in a moment.
   */
  append(runId: string, draft: LedgerDraft, when?: 'now' | 'soon'): Promise<LedgerEntry>
  entries(runId: string): Promise<LedgerEntry[]>
}

/** Content-addressed. What is put here has been redacted. */
export interface EvidenceStore {
  put(name: string, mediaType: string, content: string): Promise<EvidenceRef>
  /** The content, or null when there is none or it no longer has its hash. */
  get(sha256: string): Promise<string | null>
}

export interface Runs {
  /** @throws PlanError when another run of the environment is alive: its id and owner are named. */
  create(record: RunRecord, plan: string): Promise<void>
  update(
    runId: string,
    change: Partial<Pick<RunRecord, 'state' | 'position' | 'wayBack' | 'endedAt' | 'reason'>>,
  ): Promise<void>
  get(runId: string): Promise<RunRecord | null>
  /** The locked plan the run was started with, as JSON. */
  plan(runId: string): Promise<string | null>
  /** Newest first. */
  list(limit: number): Promise<RunRecord[]>
}
