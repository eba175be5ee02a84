// Reads a cell that the generated reader leaves: overflow, row numbers and headers of unusual length, damage.
import { BLOB, INTEGER, LARGE, NULL, REAL, TEXT, UNREAD, type Batch, type ColumnVector } from './batch.ts'
import { damaged, sizeOf } from './format.ts'
import type { CellReader, Wanted } from './page-reader.ts'
import type { PageSource } from './page-source.ts'
import { cellAt, fieldsOf, RECORD_BYTES_MAX, recordBytes, valueAt, type Field } from './record.ts'
import { pageOf } from './tree.ts'

/** Where values of overflow pages are put, behind the pages in the bytes of a batch. */
export interface Spill {
  /** Bytes that one row can have. */
  readonly size: number
  /** Makes room for the values of row `at`; the rows before it are looked at for that. */
  reserve(bytes: number, at: number): void
  /** Copies the value. @returns its offset. */
  keep(value: Uint8Array): number
}

/** `numberOf` gives the page number of an offset in the batch. */
export function createCellReader(
  source: PageSource,
  wanted: Wanted,
  batch: Batch,
  spill: Spill,
  numberOf: (page: number) => number,
): CellReader {
  const { pageSize, usableSize } = source.facts.format
  const columns = (wanted.positions.at(-1) ?? -1) + 1
  return (offset, start, at) => {
    const page = pageOf(numberOf(offset), batch.bytes.subarray(offset, offset + pageSize))
    const cell = cellAt(page, start - offset, usableSize)
    if (Number.isNaN(cell.rowid)) throw damaged(page.number, 'a row number lies outside of its table')
    batch.rowids[at] = cell.rowid
    const fields = columns === 0 ? [] : fieldsOf(source, page, cell, columns)
    const read = wanted.positions.map((position) => fields[position])
    const limit = Math.floor(spill.size / wanted.positions.length)
    const isTooLarge = (field: Field) => sizeOf(field.type) > limit || endOf(field) > RECORD_BYTES_MAX
    const isRead = (index: number) => {
      const field = read[index]
      return !!field && !isTooLarge(field) && (wanted.withBytes[index] === true || field.type < 12)
    }
    const last = Math.max(0, ...read.map((field, index) => (field && isRead(index) ? endOf(field) : 0)))
    const bytes = recordBytes(source, page, cell, last)
    spill.reserve(
      read.reduce((sum, field, index) => sum + (field && isRead(index) ? sizeOf(field.type) : 0), 0),
      at,
    )
    for (const [index, vector] of batch.columns.entries()) {
      const field = read[index]
      if (wanted.positions[index] === -1) {
        vector.kinds[at] = INTEGER
        vector.numbers[at] = cell.rowid
      } else if (!field) vector.kinds[at] = wanted.absent
      else if (isTooLarge(field) && (wanted.withBytes[index] || field.type < 12)) vector.kinds[at] = UNREAD
      else put(vector, at, isRead(index) ? bytes : null, field, spill)
    }
  }
}

function endOf({ type, offset }: Field): number {
  return offset + sizeOf(type)
}

/** `bytes` are those of the record, or null where only the kind of the value matters. */
function put(vector: ColumnVector, at: number, bytes: Uint8Array | null, field: Field, spill: Spill): void {
  if (field.type >= 12) {
    vector.kinds[at] = field.type % 2 === 1 ? TEXT : BLOB
    vector.lengths[at] = sizeOf(field.type)
    if (bytes) vector.offsets[at] = spill.keep(bytes.subarray(field.offset, endOf(field)))
    return
  }
  if (!bytes) return
  const value = valueAt(bytes, field)
  vector.numbers[at] = Number(value)
  if (value === null) vector.kinds[at] = NULL
  else if (typeof value === 'bigint') {
    vector.kinds[at] = LARGE
    vector.offsets[at] = spill.keep(bytes.subarray(field.offset, field.offset + 8))
  } else vector.kinds[at] = field.type === 7 ? REAL : INTEGER
}
