// What the scanning process is asked and what it says.
import type { ScanFound, ScanRule } from '../../page-scan.ts'
import type { Table } from '../../schema.ts'
import type { LogEnd } from '../log-end.ts'
import type { Problem } from './threads.ts'

export interface ScanTask {
  file: string
  tables: Table[]
  /** Of the moment that `tables` are of; null: not compared. */
  schemaVersion: number | null
  /** Where the log ended at that moment; null: as far as it is committed now. */
  logEnd: LogEnd | null
  rules: ScanRule[]
  workers: number
  /** Of a smaller file than so much for each, fewer do the work. */
  bytesPerWorker: number
  keysMax: number
  memoryBytesMax: number
}

/** What a scan took, all of its process. */
export interface ScanUsage {
  /** Of the processor, by all threads. */
  cpuMs: number
  peakMb: number
}

export type ScanAnswer =
  | { type: 'progress'; rowsDone: number; rowsTotal: number }
  | { type: 'found'; found: ScanFound[]; usage: ScanUsage }
  | { type: 'problem'; problem: Problem }
