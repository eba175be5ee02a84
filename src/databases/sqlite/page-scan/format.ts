// The SQLite file format, as far as table b-trees need it (https://www.sqlite.org/fileformat2.html).
import { OutsideError } from '../../../lib/errors.ts'

export const HEADER_BYTES = 100
export const LEAF = 0x0d
export const INTERIOR = 0x05

/** What the first 100 bytes say. */
export interface FileFormat {
  pageSize: number
  /** Without the bytes that extensions reserve at the end of each page. */
  usableSize: number
  isWal: boolean
  /** 1 is UTF-8. */
  encoding: number
  /** Changes whenever the schema does. */
  schemaVersion: number
}

/** Null when the bytes are not the beginning of a SQLite file; encrypted files are none. */
export function readFormat(bytes: Uint8Array): FileFormat | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES || Buffer.from(bytes.subarray(0, 16)).toString('latin1') !== 'SQLite format 3\0')
    return null
  const written = view.getUint16(16)
  const pageSize = written === 1 ? 65_536 : written
  const usableSize = pageSize - view.getUint8(20)
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0 || usableSize < 480) return null
  return {
    pageSize,
    usableSize,
    isWal: view.getUint8(19) === 2,
    encoding: view.getUint32(56),
    schemaVersion: view.getUint32(40),
  }
}

/** Bytes of a record that stand in the leaf itself (section 1.6: "Cell Payload Overflow Pages"). */
export function localBytes(payload: number, usableSize: number): number {
  const most = usableSize - 35
  if (payload <= most) return payload
  const least = Math.floor(((usableSize - 12) * 32) / 255) - 23
  const fitting = least + ((payload - least) % (usableSize - 4))
  return fitting <= most ? fitting : least
}

/** Bytes of a value by its serial type, where that is one byte. */
export const SIZES = Int32Array.from({ length: 128 }, (_, type) => sizeOf(type))

/** Bytes of a value of this serial type. */
export function sizeOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2)
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0
}

export interface Varint {
  /** Rounded beyond 2^53. */
  value: number
  /** Offset of the byte after it. */
  next: number
}

/** An unsigned variable-length number, of at most nine bytes; outside of the array are zeros. */
export function readVarint(bytes: Uint8Array, at: number): Varint {
  let value = 0
  for (let index = 0; index < 8; index++) {
    const byte = bytes[at + index] ?? 0
    value = value * 128 + (byte & 127)
    if (byte < 128) return { value, next: at + index + 1 }
  }
  return { value: value * 256 + (bytes[at + 8] ?? 0), next: at + 9 }
}

/** A signed one, as row numbers are; NaN beyond 2^53. */
export function readRowid(bytes: Uint8Array, at: number): Varint {
  const unsigned = readVarint(bytes, at)
  if (unsigned.next - at < 9)
    return Number.isSafeInteger(unsigned.value) ? unsigned : { ...unsigned, value: Number.NaN }
  let exact = 0n
  for (let index = 0; index < 8; index++) exact = (exact << 7n) | BigInt((bytes[at + index] ?? 0) & 127)
  const value = Number(BigInt.asIntN(64, (exact << 8n) | BigInt(bytes[at + 8] ?? 0)))
  return { value: Number.isSafeInteger(value) ? value : Number.NaN, next: unsigned.next }
}

/** The file is not as SQLite writes it. */
export function damaged(page: number, what: string): OutsideError {
  return new OutsideError('sqlite', `page ${page} is damaged: ${what}`, {
    hint: 'look at it with `PRAGMA integrity_check`; restore a verified backup',
  })
}

/** A rule or a table that SQL must answer for, and why. */
export class NotEligible extends Error {
  override readonly name = 'NotEligible'
}
