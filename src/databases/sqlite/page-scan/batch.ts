// Rows as columns: what is read from pages lies here, some thousand rows at a time, until the rules have looked at it.

/** What a value is. Numbers that a JavaScript number holds exactly come first: most tests end there. */
export const NULL = 0
export const INTEGER = 1
export const REAL = 2
/** An integer beyond 2^53: its eight bytes stand at `offsets`; `numbers` has it rounded. */
export const LARGE = 3
export const TEXT = 4
export const BLOB = 5
/** The record is from before the column was added, and the column may have a default. */
export const MISSING = 6
/** A text or blob too large to be looked at here. */
export const UNREAD = 7

/** Rows after which the rules are asked; a page may bring some more. */
export const ROWS = 2048
/** Cells of the largest page: each takes at least 4 bytes and a pointer of 2. */
const PAGE_ROWS_MAX = 65_536 / 6

export interface ColumnVector {
  kinds: Uint8Array
  /** Of INTEGER, REAL and LARGE. */
  numbers: Float64Array
  /** Of LARGE, TEXT and BLOB: where the value stands in `bytes` of the batch, and its length in bytes. */
  offsets: Int32Array
  lengths: Int32Array
}

export interface Batch {
  /** Rows from here on have not been looked at. */
  from: number
  /** Rows read. */
  size: number
  rowids: Float64Array
  columns: ColumnVector[]
  bytes: Uint8Array
  view: DataView
}

/** @param columns how many. */
export function createBatch(columns: number, bytes: Uint8Array): Batch {
  const rows = ROWS + Math.ceil(PAGE_ROWS_MAX)
  return {
    from: 0,
    size: 0,
    rowids: new Float64Array(rows),
    columns: Array.from({ length: columns }, () => ({
      kinds: new Uint8Array(rows),
      numbers: new Float64Array(rows),
      offsets: new Int32Array(rows),
      lengths: new Int32Array(rows),
    })),
    bytes,
    view: new DataView(bytes.buffer),
  }
}
