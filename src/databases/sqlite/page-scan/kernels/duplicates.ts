// Values that stand in several rows: found by their fingerprints.
import { BLOB, INTEGER, LARGE, MISSING, NULL, REAL, TEXT, type Batch, type ColumnVector } from '../batch.ts'
import type { Span } from '../jobs.ts'
import { whyUnread, type Kernel } from './kernel.ts'
import { vectorOf } from './references.ts'

/** More values that might stand twice are not looked at one by one. */
export const CANDIDATES_MAX = 250_000
/** Rows that one part is for: what is needed to look at one then stays in the cache. */
const ROWS_PER_PART = 20_000
const PARTS_MAX_LOG2 = 10
/** More rows than estimated that there is room for. */
const SPARE = 1.2
/** Entries that a thread keeps for a part until it writes them there together. */
const WAITING = 256

/** Memory for about so many rows: entries are a fingerprint and a row number, divided by hash into parts of one capacity. */
export interface Fingerprints {
  partsLog2: number
  /** Entries of one part. */
  capacity: number
}

export function fingerprintsFor(rows: number): Fingerprints {
  const partsLog2 = Math.min(PARTS_MAX_LOG2, Math.max(1, Math.ceil(Math.log2(Math.max(1, rows / ROWS_PER_PART)))))
  return { partsLog2, capacity: Math.ceil((SPARE * rows) / 2 ** partsLog2) + 1024 }
}

/**
 * Writes down each value's fingerprint with its row: first all of them, grouped, because a table of all would be too large for the cache.
 * The part and the fingerprint are 33 to 42 bits of a hash that equal values share; `matchFingerprints` finds those that are the same.
 */
export function findDuplicates(
  { column, span, partsLog2, capacity }: { column: number; span: Span } & Fingerprints,
  /** Entries of all parts, two words each; `filled` is how many entries a part has. Both shared by all threads. */
  { words, filled }: { words: Int32Array; filled: Int32Array },
): Kernel {
  const parts = 2 ** partsLog2
  const shift = 32 - partsLog2
  const waiting = new Int32Array(parts * WAITING * 2)
  const sizes = new Int32Array(parts)
  let refusal: string | null = null

  function flush(part: number): void {
    const size = sizes[part]!
    sizes[part] = 0
    const at = Atomics.add(filled, part, size)
    if (at + size > capacity) refusal = 'more rows than the memory is for'
    else words.set(waiting.subarray(part * WAITING * 2, (part * WAITING + size) * 2), (part * capacity + at) * 2)
  }

  const hash = new ValueHash()
  return {
    take(batch) {
      const vector = vectorOf(batch, column)
      for (let at = batch.from; at < batch.size && !refusal; at++) {
        const kind = vector.kinds[at]!
        if (kind === NULL) continue
        if (kind >= MISSING) {
          refusal = whyUnread(kind)
          return
        }
        hash.take(batch, vector, at, kind)
        const part = hash.first >>> shift
        const entry = (part * WAITING + sizes[part]!) * 2
        waiting[entry] = hash.second
        waiting[entry + 1] = batch.rowids[at]! - span.first
        if (++sizes[part]! === WAITING) flush(part)
      }
    },
    result() {
      for (let part = 0; part < parts; part++) flush(part)
      return { count: 0, keys: [], refusal }
    },
  }
}

/** Looks for equal fingerprints in one part. @returns rows by fingerprint, or null when there are too many. */
export function matchFingerprints(
  entries: Int32Array,
  span: Span,
  table: Int32Array,
): { print: number; rowid: number }[] | null {
  const found: { print: number; rowid: number }[] = []
  const mask = table.length - 1
  table.fill(0)
  const rowidAt = (entry: number) => (entries[entry * 2 + 1]! >>> 0) + span.first
  for (let entry = 0; entry < entries.length / 2; entry++) {
    const print = entries[entry * 2]!
    let place = print & mask
    let there = table[place]!
    while (there !== 0 && entries[there * 2 - 2] !== print) there = table[(place = (place + 1) & mask)]!
    if (there === 0) table[place] = entry + 1
    else {
      if (found.length > CANDIDATES_MAX) return null
      found.push({ print, rowid: rowidAt(there - 1) }, { print, rowid: rowidAt(entry) })
    }
  }
  return found
}

const reals = new Float64Array(1)
const realWords = new Int32Array(reals.buffer)

/** Two times 32 bits of a value; values that SQL holds for equal have the same. */
class ValueHash {
  first = 0
  second = 0

  take({ view, bytes }: Batch, { numbers, offsets, lengths }: ColumnVector, at: number, kind: number): void {
    if (kind === TEXT || kind === BLOB) this.#takeBytes(view, bytes, offsets[at]!, lengths[at]!, kind)
    else if (kind === LARGE) this.#takeWords(view.getInt32(offsets[at]!), view.getInt32(offsets[at]! + 4), INTEGER)
    else this.#takeNumber(numbers[at]!)
  }

  /** An integer has the same hash however it is stored. */
  #takeNumber(value: number): void {
    if (Math.floor(value) === value && value >= -(2 ** 63) && value < 2 ** 63) {
      const high = Math.floor(value / 2 ** 32)
      this.#takeWords(high | 0, (value - high * 2 ** 32) | 0, INTEGER)
    } else {
      reals[0] = value
      this.#takeWords(realWords[1]!, realWords[0]!, REAL)
    }
  }

  #takeWords(high: number, low: number, kind: number): void {
    let a = Math.imul(low ^ 0x9e3779b9, 0x85ebca6b) ^ kind
    let b = Math.imul(high ^ 0x7f4a7c15, 0xc2b2ae35) + low
    a = Math.imul(a ^ (a >>> 15) ^ b, 0x2c1b3c6d)
    b = Math.imul(b ^ (b >>> 13) ^ a, 0x297a2d39)
    this.#end(a, b)
  }

  #takeBytes(view: DataView, bytes: Uint8Array, from: number, length: number, kind: number): void {
    let a = (length ^ 0x9e3779b9) | 0
    let b = Math.imul(kind + length, 0x7f4a7c15)
    const end = from + length
    let at = from
    for (; at + 8 <= end; at += 8) {
      a = (Math.imul(a ^ view.getInt32(at, true), 0x85ebca6b) + b) | 0
      b = Math.imul(b ^ view.getInt32(at + 4, true), 0xc2b2ae35) ^ (a >>> 15) ^ (a << 11)
    }
    for (; at < end; at++) {
      a = (Math.imul(a ^ bytes[at]!, 0x2c1b3c6d) + b) | 0
      b = Math.imul(b, 0x297a2d39) ^ (a >>> 13)
    }
    this.#end(a, b)
  }

  #end(a: number, b: number): void {
    a = Math.imul(a ^ (a >>> 16), 0x7feb352d)
    b = Math.imul(b ^ (b >>> 16) ^ a, 0x846ca68b)
    a = Math.imul(a ^ (a >>> 15) ^ b, 0x9e3779b1)
    this.first = a ^ (a >>> 16)
    this.second = b ^ (b >>> 15)
  }
}
