// What a scan of pages can be asked: rules as data, counted in one pass over each table, without SQL and without indexes.
import type { Value } from './database.ts'

/** A test of one value; null values are left to `nulls`. Types compare as the engine's own operators would. */
export type ValueTest =
  | { type: 'not-null' }
  /** Ends included. */
  | { type: 'range'; min: number | null; max: number | null }
  | { type: 'enum'; values: readonly (string | number)[] }
  /** JavaScript pattern, unanchored. */
  | { type: 'regex'; pattern: string }

export type ScanRule =
  /** Rows whose value does not pass. */
  | { type: 'value'; table: string; column: string; test: ValueTest; nulls: 'ignore' | 'violate' }
  /** Rows whose value is no primary key of `parent` (an INTEGER PRIMARY KEY). */
  | { type: 'reference'; table: string; column: string; parent: string; nulls: 'ignore' | 'violate' }
  /** Rows of `table` (key: INTEGER PRIMARY KEY) that no row of `child` refers to by `childColumn`. */
  | { type: 'requires-child'; table: string; child: string; childColumn: string }
  /** Values of `column` that stand in more than one row; null is no value. Counted by value, not by row. */
  | { type: 'duplicates'; table: string; column: string }
  /** Rows of `table` whose `column` is not the aggregate of `childValue` over the rows of `child` that refer to it. */
  | {
      type: 'aggregate'
      table: string
      column: string
      child: string
      childColumn: string
      childValue: string
      aggregate: Aggregate
      /** Largest difference that is still equal. */
      tolerance: number
      /** Of a row without children: nothing is said of it, or the aggregate is what it is over nothing (count and sum 0, others null = violation unless the column is null). */
      childless: 'ignore' | 'compare'
    }

/** `noisy-or` is 1 - (1 - a)(1 - b)...: how sure several independent pieces of evidence make one. */
export type Aggregate = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'noisy-or'

export type ScanFound =
  /** `keys`: the first `keysMax` in ascending order; of duplicates the values, of others the primary keys (rowids). */
  | { type: 'exact'; count: number; judged: number; keys: Value[] }
  /** Not this way: why, for the record. SQL answers instead. */
  | { type: 'not-eligible'; reason: string }

export interface ScanOptions {
  workers: number
  keysMax: number
  signal: AbortSignal
  /** Rows read so far, of about so many. */
  progress?: (rowsDone: number, rowsTotal: number) => void
}

/** One answer a rule, in their order. @throws OutsideError when the file cannot be read. */
export type PageScan = (rules: readonly ScanRule[], options: ScanOptions) => Promise<ScanFound[]>
