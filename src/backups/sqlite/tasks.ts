// What the worker process can be asked to do, with what it wants and gives: the one contract of both sides.
import type { BackupManifest, TableDifference } from '../backup.ts'

export type Check = 'integrity' | 'quick'

/** How a copy was proved. */
export interface Proof {
  /** `integrity_check`. */
  method: string
  /** What the check found; empty when all is well. */
  problems: string[]
  sha256: string
  rows: Record<string, number>
}

/** A copy to be laid beside the live file. */
export interface Lay {
  manifest: Pick<BackupManifest, 'id' | 'file' | 'bytes' | 'takenAt'>
  live: string
  staged: string
  /** What the laid copy must hash to; null leaves it unproved. */
  sha256: string | null
}

export interface Tasks {
  /** Copies files in order, durably; a `from` that does not exist is left out. */
  'copy-files': { wants: { pairs: [from: string, to: string][] }; gives: null }
  hash: { wants: { file: string }; gives: string }
  prove: { wants: { file: string; check: Check }; gives: Proof }
  count: { wants: { file: string }; gives: Record<string, number> }
  /** Tables of `live` that differ from `copy`. */
  compare: { wants: { live: string; copy: string }; gives: TableDifference[] }
  /** Every commit before `takenAt` is in the copy, which is not proved yet. */
  snapshot: { wants: { source: string; file: string }; gives: { takenAt: number; bytes: number } }
  lay: { wants: Lay; gives: string }
  /** `newer`: a copy laid already, with newer rows; to be swapped in only if the live database still has this fingerprint. */
  restore: {
    wants: { lay: Lay; kept: string; newer?: { file: string; fingerprint: string } }
    gives: { keptAt: string | null; method: string }
  }
  /** Puts the newer rows of `live` into `copy`, which is one of `original`. */
  carry: {
    wants: { live: string; copy: string; original: string }
    gives: { fingerprint: string; rows: Record<string, number>; notCarried: string[] }
  }
}

/** What a worker prints: its result, or the bad news of an outside system. */
export type Answer<T> = { value: T } | { outside: { message: string; retryable: boolean; hint?: string } }
