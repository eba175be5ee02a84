// Reading one record the general way: any header, any length, overflow pages included.
import type { Value } from '../../database.ts'
import { damaged, localBytes, NotEligible, readRowid, readVarint, sizeOf } from './format.ts'
import type { PageSource } from './page-source.ts'
import { loadPage, type Page } from './tree.ts'

/** Longest record that is put together in memory. */
export const RECORD_BYTES_MAX = 64 << 20
/** More than 32,767 columns take. */
const HEADER_BYTES_MAX = 1 << 19

/** A leaf cell, taken apart. */
export interface Cell {
  rowid: number
  /** Offset in its page of what stands there of the record. */
  start: number
  localBytes: number
  recordBytes: number
}

/** @throws OutsideError when it does not fit into its page. */
export function cellAt(page: Page, at: number, usableSize: number): Cell {
  const record = readVarint(page.bytes, at)
  const rowid = readRowid(page.bytes, record.next)
  const local = localBytes(record.value, usableSize)
  const end = rowid.next + local + (local < record.value ? 4 : 0)
  if (end > usableSize) throw damaged(page.number, 'a row reaches beyond it')
  return { rowid: rowid.value, start: rowid.next, localBytes: local, recordBytes: record.value }
}

/** The first `wanted` bytes of a record. @throws OutsideError when its overflow pages end early. */
export function recordBytes(source: PageSource, page: Page, cell: Cell, wanted: number): Uint8Array {
  const local = page.bytes.subarray(cell.start, cell.start + cell.localBytes)
  if (wanted <= cell.localBytes) return local
  if (wanted > RECORD_BYTES_MAX) throw new NotEligible(`row ${cell.rowid} is larger than what is held in memory`)
  const { usableSize, pageSize } = source.facts.format
  const bytes = new Uint8Array(wanted)
  bytes.set(local)
  let filled = local.length
  let next = page.view.getUint32(cell.start + cell.localBytes)
  while (filled < wanted) {
    if (next === 0) throw damaged(page.number, `row ${cell.rowid} ends before its length`)
    const overflow = loadPage(source, next)
    const length = Math.min(usableSize - 4, pageSize - 4, wanted - filled)
    bytes.set(overflow.bytes.subarray(4, 4 + length), filled)
    filled += length
    next = overflow.view.getUint32(0)
  }
  return bytes
}

/** Where the value of a column stands in its record. */
export interface Field {
  /** Serial type. */
  type: number
  offset: number
}

/**
 * The first `columns` fields of a record, as many as it has.
 * @throws OutsideError when they reach beyond it.
 */
export function fieldsOf(source: PageSource, page: Page, cell: Cell, columns: number): Field[] {
  const headerBytes = readVarint(page.bytes, cell.start).value
  if (headerBytes < 1 || headerBytes > Math.min(cell.recordBytes, HEADER_BYTES_MAX))
    throw damaged(page.number, `row ${cell.rowid} has no header`)
  const header = recordBytes(source, page, cell, headerBytes)
  const fields: Field[] = []
  let offset = headerBytes
  let at = readVarint(header, 0).next
  while (at < headerBytes && fields.length < columns) {
    const { value: type, next } = readVarint(header, at)
    if (next > headerBytes || type === 10 || type === 11)
      throw damaged(page.number, `row ${cell.rowid} has a broken header`)
    fields.push({ type, offset })
    offset += sizeOf(type)
    if (offset > cell.recordBytes) throw damaged(page.number, `row ${cell.rowid} is shorter than its values`)
    at = next
  }
  return fields
}

/** The value of a field, as the contract of a database gives values. Texts are UTF-8. */
export function valueAt(bytes: Uint8Array, { type, offset }: Field): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (type >= 12) {
    const content = bytes.slice(offset, offset + sizeOf(type))
    return type % 2 === 1 ? Buffer.from(content.buffer).toString('utf8') : content
  }
  switch (type) {
    case 1:
      return view.getInt8(offset)
    case 2:
      return view.getInt16(offset)
    case 3:
      return (view.getInt8(offset) << 16) | view.getUint16(offset + 1)
    case 4:
      return view.getInt32(offset)
    case 5:
      return view.getInt16(offset) * 2 ** 32 + view.getUint32(offset + 2)
    case 6: {
      const exact = view.getBigInt64(offset)
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
    }
    case 7: {
      const real = view.getFloat64(offset)
      return Number.isNaN(real) ? null : real
    }
    case 8:
    case 9:
      return type - 8
    default:
      return null
  }
}

/** The first `columns` values of the row in a cell. @throws OutsideError */
export function valuesAt(source: PageSource, page: Page, at: number, columns: number): Value[] {
  const cell = cellAt(page, at, source.facts.format.usableSize)
  const fields = fieldsOf(source, page, cell, columns)
  const last = fields.at(-1)
  const bytes = recordBytes(source, page, cell, last ? last.offset + sizeOf(last.type) : 0)
  return fields.map((field) => valueAt(bytes, field))
}

/** The value of one column of the row in a cell; null where the record has none. @throws OutsideError */
export function columnAt(source: PageSource, page: Page, at: number, position: number): Value {
  const cell = cellAt(page, at, source.facts.format.usableSize)
  const field = fieldsOf(source, page, cell, position + 1)[position]
  return field ? valueAt(recordBytes(source, page, cell, field.offset + sizeOf(field.type)), field) : null
}
