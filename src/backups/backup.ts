// Contract of a backup: a copy that was proved to be one.
import type { z } from 'zod'
import type { CapsuleStep } from '../plan/way-back.ts'

export interface BackupContext {
  /** Name in `gonogo.yaml`. */
  name: string
  /** Directory of `gonogo.yaml`. */
  directory: string
  /** `.gonogo/` of the project, absolute. */
  stateDirectory: string
  /**
   * Runs the rules that the option `rules` names on a copy, whose content is of the moment `at` (milliseconds since the epoch);
   * absent: nobody can, and copies stay unvalidated. It may be called while others read the copy, and must not change it.
   */
  validate?: (copy: string, signal: AbortSignal, at: number) => Promise<CopyValidation>
}

/** What the rules said of a copy. */
export interface CopyValidation {
  verdict: 'passed' | 'failed' | 'unverified'
  /** How many rules. */
  passed: number
  failed: number
  unverified: number
  /** Violations of every rule by its name; null where it was not judged. */
  counts: Record<string, number | null>
  /** The results that did not pass. */
  findings: RuleFinding[]
}

export interface RuleFinding {
  rule: string
  title: string
  severity: 'error' | 'warning'
  status: 'failed' | 'unverified'
  count: number | null
  problem: string | null
}

/** Stands beside the copy as `<file>.manifest.json`. */
export interface BackupManifest {
  /** `20261121T101500Z-3f9a`. */
  id: string
  kind: string
  /** Absolute path of the source. */
  source: string
  /** Absolute path of the copy. */
  file: string
  /** Milliseconds since the epoch: the moment the copy is consistent with. */
  takenAt: number
  bytes: number
  sha256: string
  /** Rows per table at that moment. */
  rows: Record<string, number>
  /** How the copy was proved: `integrity_check: ok`. */
  verified: { at: number; method: string } | null
  /** Why it is not verified, where that is known. */
  unverified?: string
  tool: string
  durationMs: number
  /** What tells the source from another of the same path: host, device and inode, ids in its header. */
  identity?: Record<string, string | number>
  /** Versions of what made and proved the copy: `{ gonogo, node, sqlite }`. */
  tools?: Record<string, string>
  /** Null: no rules were run on it. */
  validation?: CopyValidation | null
  /** Where the copy lies: `local` and stores by name. Filled in by `list`, not kept. */
  places?: string[]
}

export interface VerifyResult {
  ok: boolean
  /** "integrity_check ok, SHA-256 matches, 12 tables" or what is wrong. */
  summary: string
}

/** What a restore would undo: rows per table now against the manifest. */
export interface RestorePreview {
  rowsAddedSince: Record<string, number>
  /** "312 rows in 2 tables were written since 10:15:00" */
  summary: string
  /** Row by row, where the kind can tell. */
  differences?: TableDifference[]
}

/** Long texts are cut; blobs are told by their size. */
type Cell = string | number | bigint | null

/** How one table differs from the backup. Counts are exact. */
export interface TableDifference {
  table: string
  /** Columns that tell a row from others; null: there are none, and a changed row counts as one deleted and one written. */
  key: string[] | null
  /** Rows that are not in the backup: a restore loses them, `keepNewer` carries them over. */
  inserted: number
  /** Rows that are other in the backup: a restore puts the old ones back. */
  changed: number
  /** Rows that are only in the backup. */
  deleted: number
  /** The first few of each, as they are now (deleted ones: as they were). */
  samples: { change: 'inserted' | 'changed' | 'deleted'; row: Record<string, Cell> }[]
  /** Why `keepNewer` cannot carry its rows over, or what was not compared; null: nothing. */
  note: string | null
}

export interface RestoreResult {
  durationMs: number
  /** The replaced database is kept here. */
  keptAt: string | null
  method: string
  /** With `keepNewer`: rows per table that were carried over, and what was not and why. */
  carried?: { rows: Record<string, number>; notCarried: string[] }
}

export interface RestoreOptions {
  skipValidation: boolean
  /**
   * Rows inserted since the backup are carried over into the restored database, changed and deleted ones are not.
   * Refused, and nothing is restored, where they break a rule that the backup does not break.
   */
  keepNewer?: boolean
  signal: AbortSignal
}

export interface Backup {
  /** Copies and verifies. Nothing is left behind when it fails. @throws OutsideError (`disk full`: free and wanted bytes are named). */
  create(signal: AbortSignal): Promise<BackupManifest>
  /** Newest first. A manifest whose copy is gone, here and in every store, is left out. */
  list(): Promise<BackupManifest[]>
  /** What `list` had to leave out or could not ask, in words: unreadable manifests, copies that are gone, stores that are down. */
  troubles?(): Promise<string[]>
  /** Proves the copy again by restoring it into scratch: size, SHA-256, integrity, rows per table, rules. */
  verify(manifest: BackupManifest, signal: AbortSignal): Promise<VerifyResult>
  preview(manifest: BackupManifest): Promise<RestorePreview>
  /** Atomic or does not happen. The replaced data is kept aside, never deleted. */
  restore(manifest: BackupManifest, options: RestoreOptions): Promise<RestoreResult>
  /** Lays a ready-to-rename copy beside the source and gives the shell that swaps it in; needs the source's users stopped. */
  stage(manifest: BackupManifest, signal: AbortSignal): Promise<CapsuleStep>
}

/** A kind of backup. */
export interface BackupKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  secretFields: readonly string[]
  describe(options: Options): string
  create(options: Options, context: BackupContext): Backup
}

/** Keeps the option type while declaring a kind. */
export function defineBackup<Options>(kind: BackupKind<Options>): BackupKind<Options> {
  return kind
}
