// What checks and actions can ask of the project's databases and backups, whose names and rules stand in gonogo.yaml.
// Wired in app/; an ask for a name that is not there comes back as `unverified`, saying what is.
import type { Outcome } from './outcome.ts'

export interface ValidationAsk {
  /** Name under `databases`; may be left out where there is only one. */
  database: string | null
  /** Names under `rules`; null: all of the database. */
  rules: readonly string[] | null
  /** `sampled` can fail or be unverified, never pass; `full-check` also asks for integrity, foreign keys and the expected schema. */
  mode: 'sampled' | 'full' | 'full-check'
  /** Least validation success, or null where the rules' own limits are enough. */
  successPercentMin: number | null
}

export interface FixAsk {
  database: string | null
  rules: readonly string[] | null
  /** In transactions of about a tenth of a second instead of one: others may write between them. */
  chunked: boolean
  /** Tells this fix from others: asked for again with the same name, it is gone on with, or known to be done. */
  name: string
}

export interface NewestBackup {
  id: string
  /** Milliseconds since the epoch. */
  takenAt: number
  /** How the copy was proved: "integrity_check: ok, 8 of 8 rules hold". */
  proof: string
}

export interface DataPort {
  validate(ask: ValidationAsk, signal: AbortSignal): Promise<Outcome>
  fix(ask: FixAsk, signal: AbortSignal, progress: (line: string) => void): Promise<Outcome>
  fixState(ask: FixAsk, signal: AbortSignal): Promise<'done' | 'not-done' | 'unknown'>
  undoFix(ask: FixAsk, signal: AbortSignal): Promise<Outcome>
  /** The newest copy that was proved; null where there is none. */
  newestBackup(name: string | null): Promise<NewestBackup | null>
  /** Proves the newest copy again. */
  verifyBackup(name: string | null, signal: AbortSignal): Promise<Outcome>
}
