// Makes the function that reads all rows of a leaf page into a batch: generated, because what differs between tables is in the innermost loop.
import { BLOB, INTEGER, LARGE, NULL, REAL, TEXT, type Batch } from './batch.ts'
import { SIZES } from './format.ts'

/** What is read of a table. */
export interface Wanted {
  /** Positions in the record, ascending; -1 first where the row's own number is asked for. */
  positions: readonly number[]
  /** For each position: whether texts and blobs themselves are looked at, not only that they are some. */
  withBytes: readonly boolean[]
  usableSize: number
  /** What a column is that the record does not have: NULL or MISSING. */
  absent: number
}

/**
 * Reads the leaf at offset `page` of the batch's bytes, its b-tree header at `header`, as rows `at` and on.
 * @returns the row after the last, or -1 when a cell lies outside of the page, -2 when rows are not in order.
 */
export type PageReader = (page: number, header: number, at: number) => number

/** Reads the cell that begins at `start` as row `at`, whatever it is. @throws OutsideError when it is damaged. */
export type CellReader = (page: number, start: number, at: number) => void

/**
 * The source is made of numbers only: positions of columns and sizes of the page; no name or value of a database ever is part of it.
 * Left to `readCell`: overflow, row numbers and headers of unusual length, and everything that looks damaged.
 */
export function createPageReader(wanted: Wanted, batch: Batch, readCell: CellReader): PageReader {
  const make = new Function('batch', 'sizes', 'readCell', sourceOf(wanted)) as (
    batch: Batch,
    sizes: Int32Array,
    readCell: CellReader,
  ) => PageReader
  return make(batch, SIZES, readCell)
}

/** What is not usual goes the general way. */
const SLOW = '{ readCell(page, start, at); if (!(rowids[at] > last)) return -2; last = rowids[at]; continue }'
/** The same once the row number is known to be in order. */
const SLOW_VALUES = '{ readCell(page, start, at); continue }'

function sourceOf({ positions, usableSize, absent }: Wanted): string {
  const lastPosition = positions.at(-1) ?? -1
  const steps: string[] = []
  for (let position = 0; position <= lastPosition; position++)
    steps.push(positions.includes(position) ? wantedStep(positions.indexOf(position), absent) : skippedStep())
  return `
const { bytes, view, rowids } = batch
${positions.map((_, index) => `const { kinds: kinds${index}, numbers: numbers${index}, offsets: offsets${index}, lengths: lengths${index} } = batch.columns[${index}]`).join('\n')}
return function readPage(page, header, at) {
  const cells = (bytes[header + 3] << 8) | bytes[header + 4]
  const pointers = header + 8
  const content = pointers + 2 * cells
  const pageEnd = page + ${usableSize}
  if (content > pageEnd) return -1
  let last = -Infinity
  for (let pointer = pointers; pointer < content; pointer += 2, at++) {
    const start = page + ((bytes[pointer] << 8) | bytes[pointer + 1])
    if (start < content || start + 4 > pageEnd) return -1
    let next = start
    let size = bytes[next++]
    if (size >= 128) {
      size = ((size & 127) << 7) | bytes[next++]
      if (bytes[next - 1] >= 128) ${SLOW}
    }
    let rowid = bytes[next++]
    if (rowid >= 128) {
      let byte = bytes[next++]
      rowid = ((rowid & 127) << 7) | (byte & 127)
      if (byte >= 128) {
        byte = bytes[next++]
        rowid = (rowid << 7) | (byte & 127)
        if (byte >= 128) {
          byte = bytes[next++]
          rowid = (rowid << 7) | byte
          if (byte >= 128) ${SLOW}
        }
      }
    }
    const recordEnd = next + size
    if (size > ${usableSize - 35} || recordEnd > pageEnd) ${SLOW}
    if (rowid <= last) return -2
    last = rowid
    rowids[at] = rowid
    ${positions[0] === -1 ? `kinds0[at] = ${INTEGER}; numbers0[at] = rowid` : ''}
    ${lastPosition < 0 ? '' : headerSource(steps)}
  }
  return at
}`
}

function headerSource(steps: readonly string[]): string {
  return `const headerSize = bytes[next]
    let value = next + headerSize
    const headerEnd = value
    next++
    if (headerSize >= 128 || headerEnd < next || headerEnd > recordEnd) ${SLOW_VALUES}
    let type = 0
    ${steps.join('\n    ')}
    if (value > recordEnd || next > headerEnd) ${SLOW_VALUES}`
}

const READ_TYPE = `type = bytes[next++]
      if (type >= 128) {
        const byte = bytes[next++]
        if (byte >= 128) ${SLOW_VALUES}
        type = ((type & 127) << 7) | byte
      }`

function skippedStep(): string {
  return `if (next < headerEnd) {
      ${READ_TYPE}
      value += type < 128 ? sizes[type] : (type - 12) >> 1
    }`
}

/** Integers are big-endian, of 1, 2, 3, 4, 6 or 8 bytes. */
function wantedStep(index: number, absent: number): string {
  const [kind, number] = [`kinds${index}[at]`, `numbers${index}[at]`]
  return `if (next >= headerEnd) ${kind} = ${absent}
    else {
      ${READ_TYPE}
      const from = value
      value += type < 128 ? sizes[type] : (type - 12) >> 1
      if (value > recordEnd) ${SLOW_VALUES}
      switch (type) {
        case 0: ${kind} = ${NULL}; break
        case 1: ${kind} = ${INTEGER}; ${number} = view.getInt8(from); break
        case 2: ${kind} = ${INTEGER}; ${number} = view.getInt16(from); break
        case 3: ${kind} = ${INTEGER}; ${number} = (view.getInt16(from) << 8) | bytes[from + 2]; break
        case 4: ${kind} = ${INTEGER}; ${number} = view.getInt32(from); break
        case 5: ${kind} = ${INTEGER}; ${number} = view.getInt16(from) * 4294967296 + view.getUint32(from + 2); break
        case 6: {
          const large = view.getInt32(from) * 4294967296 + view.getUint32(from + 4)
          ${number} = large
          ${kind} = large > -9007199254740992 && large < 9007199254740992 ? ${INTEGER} : ${LARGE}
          offsets${index}[at] = from
          break
        }
        case 7: {
          const real = view.getFloat64(from)
          ${number} = real
          ${kind} = real === real ? ${REAL} : ${NULL}
          break
        }
        case 8: ${kind} = ${INTEGER}; ${number} = 0; break
        case 9: ${kind} = ${INTEGER}; ${number} = 1; break
        case 10: case 11: ${SLOW_VALUES}
        default:
          ${kind} = type & 1 ? ${TEXT} : ${BLOB}
          offsets${index}[at] = from
          lengths${index}[at] = value - from
      }
    }`
}
