// The write-ahead log: which page of the file has a newer version in it, as of its last commit.
import { readSync } from 'node:fs'
import type { LogEnd } from '../log-end.ts'
import { NotEligible } from './format.ts'

const HEADER = 32
const FRAME_HEADER = 24
const READ_BYTES = 4 << 20
/** A map of 256 MB. */
const PAGES_MAX = 1 << 26

export interface Log {
  /** By page number: index of the newest committed frame + 1; 0 where the file itself has the page. Shared between threads. */
  frames: Int32Array<SharedArrayBuffer>
  /** Of the log's header, repeated in each of its frames. */
  salts: Uint8Array
  /** Of the database, as the last commit says. */
  pages: number
}

/** Where a frame begins in the log. */
export function frameOffset(frame: number, pageSize: number): number {
  return HEADER + frame * (FRAME_HEADER + pageSize)
}

export const FRAME_DATA = FRAME_HEADER

/**
 * Reads the log once. Valid is what SQLite itself would recover: salts of the header and running checksums up to the last commit. The
 * checksums also tell a commit whose page is still being written. Null where nothing is committed in it.
 * @param end reads no further: the moment of a reader. A log begun anew since is none to it: whatever it saw is in the file itself.
 */
export function readLog(file: number, pageSize: number, end: LogEnd | null = null): Log | null {
  const header = new Uint8Array(HEADER)
  if (readSync(file, header, 0, HEADER, 0) < HEADER) return null
  const view = new DataView(header.buffer)
  const magic = view.getUint32(0)
  if ((magic & 0xfffffffe) >>> 0 !== 0x377f0682 || view.getUint32(4) !== 3_007_000) return null
  const sums = new Checksum((magic & 1) === 0)
  sums.add(header, 0, 24)
  if (!sums.equals(view, 24)) return null
  if (view.getUint32(8) !== pageSize) throw new NotEligible('the log has another page size than the file')
  const salts = header.slice(16, 24)
  if (end && !isSalted(salts, 0, end.salts)) return null
  const read = readFrames(file, { pageSize, salts, framesMax: end?.frames ?? Number.POSITIVE_INFINITY }, sums)
  if (read.pages === 0) return null
  const frames = new Int32Array(new SharedArrayBuffer(4 * (Math.max(read.pages, read.largest) + 1)))
  for (let frame = 0; frame < read.committed; frame++) frames[read.numbers[frame] ?? 0] = frame + 1
  return { frames, salts, pages: read.pages }
}

/** The page of each frame, and how many of them are committed. */
function readFrames(
  file: number,
  { pageSize, salts, framesMax }: { pageSize: number; salts: Uint8Array; framesMax: number },
  sums: Checksum,
) {
  const frameBytes = FRAME_HEADER + pageSize
  const bytes = new Uint8Array(Math.max(1, Math.floor(READ_BYTES / frameBytes)) * frameBytes)
  const view = new DataView(bytes.buffer)
  const numbers: number[] = []
  let committed = 0
  let pages = 0
  let largest = 0
  let isValid = true
  while (isValid) {
    const length = readSync(file, bytes, 0, bytes.length, frameOffset(numbers.length, pageSize))
    const whole = Math.floor(length / frameBytes)
    if (whole === 0) break
    for (let frame = 0; frame < whole && isValid; frame++) {
      const at = frame * frameBytes
      isValid = numbers.length < framesMax && isSalted(bytes, at + 8, salts)
      if (!isValid) break
      sums.add(bytes, at, 8)
      sums.add(bytes, at + FRAME_HEADER, pageSize)
      isValid = sums.equals(view, at + 16)
      if (!isValid) break
      const page = view.getUint32(at)
      if (page > PAGES_MAX) throw new NotEligible('the log names pages beyond what is held in memory')
      numbers.push(page)
      largest = Math.max(largest, page)
      const pagesAfter = view.getUint32(at + 4)
      if (pagesAfter > 0) [committed, pages] = [numbers.length, pagesAfter]
    }
  }
  if (pages > PAGES_MAX) throw new NotEligible('the log names pages beyond what is held in memory')
  return { numbers, committed, pages, largest }
}

/** Whether these eight bytes are the salts. */
export function isSalted(bytes: Uint8Array, at: number, salts: Uint8Array): boolean {
  for (let index = 0; index < 8; index++) if (bytes[at + index] !== salts[index]) return false
  return true
}

/** Section 4.2 of the file format: two running sums over pairs of 32-bit words. */
class Checksum {
  #first = 0
  #second = 0
  readonly #isLittleEndian: boolean

  constructor(isLittleEndian: boolean) {
    this.#isLittleEndian = isLittleEndian
  }

  add(bytes: Uint8Array, from: number, length: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const isLittleEndian = this.#isLittleEndian
    let [first, second] = [this.#first, this.#second]
    for (let at = from; at < from + length; at += 8) {
      first = (first + view.getInt32(at, isLittleEndian) + second) | 0
      second = (second + view.getInt32(at + 4, isLittleEndian) + first) | 0
    }
    this.#first = first
    this.#second = second
  }

  equals(view: DataView, at: number): boolean {
    return view.getInt32(at) === this.#first && view.getInt32(at + 4) === this.#second
  }
}
