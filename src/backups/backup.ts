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
  tool: string
  durationMs: number
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
}

export interface RestoreResult {
  durationMs: number
  /** The replaced database is kept here. */
  keptAt: string | null
  method: string
}

export interface Backup {
  /** Copies and verifies. Nothing is left behind when it fails. @throws OutsideError (`disk full`: free and wanted bytes are named). */
  create(signal: AbortSignal): Promise<BackupManifest>
  /** Newest first. A manifest whose copy is gone is left out. */
  list(): Promise<BackupManifest[]>
  /** Proves the copy again: size, SHA-256, integrity. */
  verify(manifest: BackupManifest, signal: AbortSignal): Promise<VerifyResult>
  preview(manifest: BackupManifest): Promise<RestorePreview>
  /** Atomic or does not happen. The replaced data is kept aside, never deleted. */
  restore(manifest: BackupManifest, options: { skipValidation: boolean; signal: AbortSignal }): Promise<RestoreResult>
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
