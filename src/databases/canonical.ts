// One text for a value whichever engine holds it, so that rows of different databases can be compared and added up into checksums.
// What is said here in JavaScript, `consistency/compare/postgres-terms.ts` says in Postgres' SQL.
import { half, hashText } from './row-hash.ts'

/** How the values of a column are read on both sides. `decimal` is exact, `number` has what double precision holds. */
export type ValueClass = 'integer' | 'number' | 'decimal' | 'boolean' | 'timestamp' | 'bytes' | 'uuid' | 'json' | 'text'

/** Rows of a bucket and the sum of their hashes: equal for equal rows in any order. */
export interface BucketSum {
  rows: number
  sum: string
}

type Plain = string | number | bigint | boolean | Uint8Array | null

/**
 * The canonical text of a value; null of null. What does not look like its class is given as it is.
 * @param decimals places after the point to which a `number` is rounded.
 */
export function canonicalText(value: Plain, kind: ValueClass, decimals: number): string | null {
  return value === null ? null : (classText(value, kind, decimals) ?? plainText(value))
}

/** The canonical texts of a row as one text that no other row has. */
export function rowText(values: readonly Plain[], kinds: readonly ValueClass[], decimals: number): string {
  let text = ''
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? null
    const kind = kinds[at] ?? 'text'
    if (at > 0) text += '|'
    text += value === null ? '-' : partText(value, kind, decimals)
  }
  return text
}

/**
 * A float is counted in steps of its last place, as both engines compute it in double precision without writing it as a decimal; only
 * where that is beyond what such a number holds exactly it is written out. Text is told from what follows it by its length.
 */
function partText(value: Exclude<Plain, null>, kind: ValueClass, decimals: number): string {
  if (kind === 'text') return counted(value)
  if (kind === 'number') {
    const number = typeof value === 'number' ? value : numberOf(value)
    // Before it is multiplied: what comes out may be more than double precision holds, which is an error to Postgres.
    if (number !== null && Math.abs(number) <= stepsMax(decimals))
      return `~${Math.floor(number * 10 ** decimals + 0.5)}`
  }
  return classText(value, kind, decimals) ?? counted(value)
}

/** Largest number that is counted in steps of its last place: beyond it double precision has no halves left to round. */
export function stepsMax(decimals: number): number {
  return 4e15 / 10 ** decimals
}

/** The bucket of a text: the upper half of its hash, without the sign, modulo their count. */
export function bucketOfText(text: string, count: number): number {
  hashText(text)
  return (half.high & 0x7fffffff) % count
}

/** Adds the hashes of row texts up, bucket by bucket. */
export class BucketSums {
  /** Halves of 32 bits: their sums stay exact for 2^21 rows a bucket. */
  readonly #buckets = new Map<number, { rows: number; high: number; low: number }>()

  add(bucket: number, text: string): void {
    let sums = this.#buckets.get(bucket)
    if (!sums) this.#buckets.set(bucket, (sums = { rows: 0, high: 0, low: 0 }))
    hashText(text)
    sums.rows++
    sums.high += half.high
    sums.low += half.low >>> 0
  }

  result(): Map<number, BucketSum> {
    const found = new Map<number, BucketSum>()
    for (const [bucket, { rows, high, low }] of this.#buckets)
      found.set(bucket, { rows, sum: String((BigInt(high) << 32n) + BigInt(low)) })
    return found
  }
}

/** Null where the value does not look like its class. */
function classText(value: Exclude<Plain, null>, kind: ValueClass, decimals: number): string | null {
  switch (kind) {
    case 'integer':
      return integerText(value)
    case 'number':
      return typeof value === 'number' ? numberText(value, decimals) : numberTextOf(value, decimals)
    case 'decimal':
      return decimalText(value)
    case 'boolean':
      return booleanText(value)
    case 'timestamp':
      return timestampText(value)
    case 'bytes':
      return hexOf(value)
    case 'uuid':
      return value instanceof Uint8Array ? hexOf(value) : String(value).replaceAll('-', '').toLowerCase()
    case 'json':
      return jsonText(value)
    case 'text':
      return plainText(value)
  }
}

function plainText(value: Exclude<Plain, null>): string {
  return value instanceof Uint8Array ? hexOf(value) : String(value)
}

function counted(value: Exclude<Plain, null>): string {
  const text = plainText(value)
  return `${Buffer.byteLength(text)}:${text}`
}

function hexOf(value: Exclude<Plain, null>): string {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value))
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

function integerText(value: Exclude<Plain, null>): string | null {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : null
  if (typeof value === 'boolean') return value ? '1' : '0'
  return /^-?\d+$/.test(String(value)) ? String(value) : null
}

/** As Postgres turns double precision into numeric: 15 significant digits; then rounded half away from zero, without trailing zeros. */
function numberText(value: number, decimals: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  if (!Number.isFinite(value)) return String(value)
  const [mantissa = '', exponent = '0'] = value.toExponential(14).split('e')
  const digits = mantissa.replace('-', '').replace('.', '')
  // The value is 0.digits * 10^point.
  const point = Number(exponent) + 1
  const kept = point + decimals
  if (kept < 0) return '0'
  let whole = kept >= digits.length ? digits : digits.slice(0, kept) || '0'
  if (kept < digits.length && digits.charCodeAt(kept) >= 53) whole = String(Number(whole) + 1).padStart(kept, '0')
  return placed(whole, kept >= digits.length ? point - digits.length : -decimals, value < 0)
}

/** `digits` * 10^`exponent` without exponent. */
function placed(digits: string, exponent: number, isNegative: boolean): string {
  const padded = exponent >= 0 ? digits + '0'.repeat(exponent) : digits.padStart(1 - exponent, '0')
  const cut = exponent >= 0 ? padded.length : padded.length + exponent
  let fractionEnd = padded.length
  while (fractionEnd > cut && padded.charCodeAt(fractionEnd - 1) === 48) fractionEnd--
  let start = 0
  while (start < cut - 1 && padded.charCodeAt(start) === 48) start++
  const text = padded.slice(start, cut) + (fractionEnd > cut ? `.${padded.slice(cut, fractionEnd)}` : '')
  return isNegative && text !== '0' ? `-${text}` : text
}

function numberTextOf(value: Exclude<Plain, null>, decimals: number): string | null {
  const number = numberOf(value)
  return number === null ? null : numberText(number, decimals)
}

function numberOf(value: Exclude<Plain, null>): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = String(value)
  if (/^-?Inf(?:inity)?$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (text === 'NaN') return Number.NaN
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : null
}

function decimalText(value: Exclude<Plain, null>): string | null {
  const match = /^([+-]?)0*(\d+)(?:\.(\d*))?$/.exec(String(value))
  if (!match) return null
  const [, sign = '', whole = '', fraction = ''] = match
  const kept = fraction.replace(/0+$/, '')
  const text = kept === '' ? whole : `${whole}.${kept}`
  return sign === '-' && text !== '0' ? `-${text}` : text
}

function booleanText(value: Exclude<Plain, null>): string | null {
  if (/^(?:1|t|true)$/i.test(String(value))) return '1'
  return /^(?:0|f|false)$/i.test(String(value)) ? '0' : null
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i

/**
 * Whole milliseconds since the epoch, later parts cut off. Text without a zone is UTC. Of a number its size tells whether it counts
 * seconds, milliseconds or microseconds: 10^11 seconds are the year 5138, as many milliseconds 1973.
 */
function timestampText(value: Exclude<Plain, null>): string | null {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const size = Math.abs(Number(value))
    const ms = size < 1e11 ? Number(value) * 1000 : size < 1e14 ? Number(value) : Number(value) / 1000
    if (Number.isInteger(ms)) return String(ms)
    // A fraction of a second times 1000 may come out a hair below the millisecond.
    return String(Math.floor(Number(ms.toFixed(3))))
  }
  const common = commonTimeMs(String(value))
  if (common !== null) return String(common)
  const match = TIME.exec(String(value))
  if (!match) return null
  const [, date = '', time = '00:00', seconds = ':00', fraction = '', zone = 'Z'] = match
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').toUpperCase()
  const ms = Date.parse(`${date}T${time}${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`)
  return Number.isNaN(ms) ? null : String(ms)
}

let lastDate = ''
let lastDateMs = Number.NaN

/** `2026-03-01 12:00:00` in UTC, as most are written, without a pattern; neighbours are often of one day. */
function commonTimeMs(text: string): number | null {
  const isUtc = text.length === 19 || (text.length === 20 && text.charCodeAt(19) === 90)
  if (!isUtc || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return null
  const date = text.slice(0, 10)
  if (date !== lastDate) [lastDate, lastDateMs] = [date, /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(date) : Number.NaN]
  const between = text.charCodeAt(10)
  const [hours, minutes, seconds] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)]
  const ms = lastDateMs + (hours * 3600 + minutes * 60 + seconds) * 1000
  return (between === 32 || between === 84) && hours < 24 && minutes < 60 && seconds < 60 && ms === ms ? ms : null
}

function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** As Postgres prints jsonb: keys by length, then by bytes; one space after `:` and `,`. */
function jsonText(value: Exclude<Plain, null>): string | null {
  try {
    return jsonbText(JSON.parse(plainText(value)))
  } catch {
    return null
  }
}

function jsonbText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(', ')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value).map(([name, held]) => ({ name, bytes: Buffer.from(name), held }))
  entries.sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
  return `{${entries.map(({ name, held }) => `${JSON.stringify(name)}: ${jsonbText(held)}`).join(', ')}}`
}
