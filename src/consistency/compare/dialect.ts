// What differs between SQL engines in a comparison: texts of SQL. Names are quoted; numbers and classes are ours.
import type { ComparedColumn } from './side.ts'

export interface Dialect {
  /** The name of a table, quoted. */
  table(name: string): string
  /** The canonical text of a value. */
  canonical(column: ComparedColumn, decimals: number): string
  /** The canonical text of several values together. */
  row(columns: readonly ComparedColumn[], decimals: number): string
  /** Remainder of an integer column, 0 where it is null. */
  remainder(column: string, count: number): string
  /** Bucket of a text by its checksum. */
  bucketOf(text: string, count: number): string
  /** Whether the expression is in a JSON array, the statement's only parameter. */
  among(expression: string, type: 'integer' | 'text'): string
  /** Gives `sums`: JSON `[[bucket, rows, sum], ...]`. */
  checksums(terms: { bucket: string; columns: readonly ComparedColumn[]; decimals: number; from: string }): string
  /** Sets up a list that is then read in parts; `select` may have one parameter. */
  open(select: string): string
  /** The `count` rows that come after the first `from`. */
  fetch(from: number, count: number): string
  close: string
}

/** A name as an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
