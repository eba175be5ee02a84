// What is to be done with the rows of a table: data that goes from the planning thread to the reading ones, and what comes back.
import type { Aggregate, ValueTest } from '../../page-scan.ts'
import type { TextEnum } from './kernels/check-value.ts'
import type { Fingerprints } from './kernels/duplicates.ts'

/** A part of the shared memory, in bytes. Zeros at first. */
export interface Region {
  offset: number
  bytes: number
}

/** Numbers of rows from `first`, `size` of them; at most 2^31. */
export interface Span {
  first: number
  size: number
}

/** What one thread does with the rows it reads. Columns are indexes into what is read of the table. Regions in lists: one a thread; others are of all threads. */
export type Job =
  /** Which row numbers there are, a bit each. */
  | { do: 'mark-rows'; span: Span; bits: Region[] }
  /** Which rows of the parent are referred to, a bit each. */
  | { do: 'mark-keys'; column: number; span: Span; bits: Region[] }
  | { do: 'check-value'; column: number; test: ValueTest; texts: TextEnum | null; nulls: 'ignore' | 'violate' }
  /** `bits` of the parent: those of `mark-rows`, of all threads put together. */
  | { do: 'check-reference'; column: number; span: Span; bits: Region; nulls: 'ignore' | 'violate' }
  /** The column as a number for each row number; NaN for null. */
  | { do: 'keep-numbers'; column: number; span: Span; numbers: Region }
  | {
      do: 'aggregate'
      key: number
      value: number
      span: Span
      aggregate: Aggregate
      /** A number for each key: what has been put together; not for `count`. */
      numbers: Region | null
      /** How many values that is made of; not for `noisy-or`. */
      counts: Region | null
      /** Bit: some value was not null. */
      valued: Region
      /** The column is declared so: then `valued` also tells which rows are referred to. */
      isNeverNull: boolean
      /** A word for each part of the tables. */
      locks: Region
    }
  /** `entries`: pairs of 32-bit words, fingerprint and row number - span.first. `filled`: entries, a word for each part. */
  | ({ do: 'find-duplicates'; column: number; span: Span; entries: Region; filled: Region } & Fingerprints)

export interface JobResult {
  count: number
  /** The first of them, ascending. */
  keys: number[]
  /** Why this job cannot be done this way after all. */
  refusal: string | null
  /** Of duplicates: rows whose fingerprint others have too; what has the same group may be the same. */
  candidates?: { group: number; rowid: number }[]
  /** Of aggregates: the largest value met, without its sign. */
  largest?: number
  /** Whether all values were integers. */
  isExact?: boolean
}

/** One pass over the leaves of a table. */
export interface Pass {
  do: 'pass'
  positions: number[]
  withBytes: boolean[]
  absent: number
  /** Page numbers, ascending. */
  leaves: Int32Array<SharedArrayBuffer>
  /** Index of the first leaf of each portion, and the end. */
  portions: Int32Array<SharedArrayBuffer>
  rowids: { first: number; last: number }
  jobs: Job[]
  /** To be zeroed before. */
  dirty: Region[]
  keysMax: number
}

/** Compares kept numbers with aggregates, row number by row number. */
export interface Comparison {
  do: 'compare'
  aggregate: Aggregate
  span: Span
  rows: Region
  kept: Region
  numbers: Region | null
  counts: Region | null
  referred: Region
  valued: Region
  tolerance: number
  childless: 'ignore' | 'compare'
  /** Largest value without its sign, for how far rounding can have gone; 0 where there is none. */
  largest: number
  /** Whether all values were integers. */
  isExact: boolean
  keysMax: number
}

/** Looks for the same fingerprints, part by part. */
export type Match = Omit<Job & { do: 'find-duplicates' }, 'do'> & { do: 'match' }

export type Work = Pass | Comparison | Match
export type WorkDone = { rows: number; results: JobResult[] }
