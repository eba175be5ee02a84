// A filled-in document laid against its original: everything between the places to fill in must be there, byte for byte.
import type { ByteRange } from '../../plan/plan.ts'

/** A place of the original, and what may stand there instead. */
export interface Slot {
  range: ByteRange
  /** What may stand there besides what stood there; null: any bytes but a line end. */
  allowed: readonly Uint8Array[] | null
  /** Values have their pipes escaped here: one behind a backslash is part of the value. */
  escaped?: boolean
}

/** What must follow in the candidate: these bytes, or at a slot with few possible contents one of these. */
interface Part {
  slot: number | null
  options: readonly Uint8Array[]
}

/** What must follow up to the next free slot or the end of the line. */
interface Stretch {
  /** The free slot in front of it; null at the start of the line. */
  behind: number | null
  parts: Part[]
}

const NEWLINE = 0x0a
const RETURN = 0x0d
const PIPE = 0x7c
const BACKSLASH = 0x5c
/** Every position of a line may have to be tried for a stretch; lines made to be hostile must not cost their square. */
const STEPS_PER_BYTE = 16

/**
 * Where each slot's content stands in the candidate; null when the two differ in anything else. The slots stand first to last and do
 * not overlap. Where a value could end at several positions, the slot is left as it was if it can be, else it ends at the first of them.
 */
export function align(original: Uint8Array, slots: readonly Slot[], candidate: Uint8Array): ByteRange[] | null {
  const alignment = new Alignment(original, slots, candidate)
  return alignment.matchLines() ? alignment.found : null
}

class Alignment {
  readonly found: ByteRange[]
  readonly #original: Uint8Array
  readonly #slots: readonly Slot[]
  readonly #candidate: Uint8Array
  #steps: number

  constructor(original: Uint8Array, slots: readonly Slot[], candidate: Uint8Array) {
    this.found = slots.map(({ range }) => range)
    this.#original = original
    this.#slots = slots
    this.#candidate = candidate
    this.#steps = STEPS_PER_BYTE * (original.length + candidate.length)
  }

  /** Values hold no line ends, so line answers to line. */
  matchLines(): boolean {
    let slot = 0
    let from = 0
    for (const line of linesOf(this.#original)) {
      const first = slot
      while (slot < this.#slots.length && (this.#slots[slot]?.range.end ?? 0) <= line.end) slot++
      const own = { start: from, end: lineEnd(this.#candidate, from) }
      const endsBoth = (line.end === this.#original.length) === (own.end === this.#candidate.length)
      if (!endsBoth || !this.#matchLine(this.#cut(line, first, slot), own)) return false
      from = own.end + 1
    }
    return slot === this.#slots.length
  }

  #matchLine(stretches: Stretch[], own: ByteRange): boolean {
    let at = own.start
    for (const [index, stretch] of stretches.entries()) {
      const start = this.#place(stretch, at, own.end, index === stretches.length - 1)
      if (start === null) return false
      if (stretch.behind !== null && !this.#fill(stretch.behind, { start: at, end: start })) return false
      at = this.#follow(stretch, start, own.end) ?? own.end
    }
    return true
  }

  /** Notes the content of a free slot. A carriage return is part of a line end. */
  #fill(slot: number, range: ByteRange): boolean {
    this.found[slot] = range
    return !this.#candidate.subarray(range.start, range.end).includes(RETURN)
  }

  #cut(line: ByteRange, first: number, last: number): Stretch[] {
    let stretch: Stretch = { behind: null, parts: [] }
    const stretches = [stretch]
    let at = line.start
    const keep = (end: number): void => {
      if (end > at) stretch.parts.push({ slot: null, options: [this.#original.subarray(at, end)] })
    }
    for (const [index, { range, allowed }] of this.#slots.slice(first, last).entries()) {
      keep(range.start)
      at = range.end
      if (allowed === null) {
        stretch = { behind: first + index, parts: [] }
        stretches.push(stretch)
      } else {
        // Of two options that begin alike the longer is the one that is meant.
        const options = [this.#original.subarray(range.start, range.end), ...allowed]
        stretch.parts.push({ slot: first + index, options: options.toSorted((a, b) => b.length - a.length) })
      }
    }
    keep(line.end)
    return stretches
  }

  /** Where the stretch begins, from `from` on; null where it does not occur. The last one reaches the end of the line. */
  #place(stretch: Stretch, from: number, end: number, isLast: boolean): number | null {
    const { range, escaped } = this.#slots[stretch.behind ?? -1] ?? { range: { start: 0, end: 0 } }
    const fits = (start: number): boolean => {
      const reached = this.#follow(stretch, start, end)
      return isLast ? reached === end : reached !== null
    }
    if (stretch.behind === null) return fits(from) ? from : null
    const empty = this.#original.subarray(range.start, range.end)
    if (this.#stands(empty, from, end) && fits(from + empty.length)) return from + empty.length
    if (stretch.parts.length === 0) return isLast ? end : from
    for (let start = this.#next(stretch, from, end); start !== null; start = this.#next(stretch, start + 1, end)) {
      const inEscape = escaped && start > from && this.#candidate[start - 1] === BACKSLASH
      if (!(inEscape && this.#candidate[start] === PIPE) && fits(start)) return start
      if (this.#steps < 0) return null
    }
    return null
  }

  /** The next position at which the stretch could begin, by its first byte. */
  #next({ parts: [part] }: Stretch, from: number, end: number): number | null {
    if (from > end || !part) return null
    if (part.options.length > 1) return from
    const index = this.#candidate.subarray(from, end).indexOf(part.options[0]?.[0] ?? 0)
    return index === -1 ? null : from + index
  }

  /** The end of the stretch where it begins at `start`; null where it does not. Notes what stands at its slots. */
  #follow({ parts }: Stretch, start: number, end: number): number | null {
    let at = start
    for (const { slot, options } of parts) {
      const option = options.find((bytes) => this.#stands(bytes, at, end))
      if (!option || this.#steps < 0) return null
      if (slot !== null) this.found[slot] = { start: at, end: at + option.length }
      at += option.length
    }
    return at
  }

  #stands(bytes: Uint8Array, at: number, end: number): boolean {
    if (at + bytes.length > end) return false
    let same = 0
    while (same < bytes.length && bytes[same] === this.#candidate[at + same]) same++
    this.#steps -= 1 + same
    return same === bytes.length
  }
}

function* linesOf(bytes: Uint8Array): Generator<ByteRange> {
  for (let start = 0; start <= bytes.length;) {
    const end = lineEnd(bytes, start)
    yield { start, end }
    start = end + 1
  }
}

function lineEnd(bytes: Uint8Array, from: number): number {
  const newline = from > bytes.length ? -1 : bytes.indexOf(NEWLINE, from)
  return newline === -1 ? bytes.length : newline
}
