// Writes to a large shared table, put off and grouped by place: what falls into one part is written together, while that part is locked.
// Random access to all of a table would miss the caches each time; and plain writes need no atomic operation of their own.

/** Places of a part: a power of two, so large that parts are few and so small that one stays in the cache. */
const PLACES_LOG2 = 17
const PARTS_MAX = 256
/** Entries that wait for a part. */
const WAITING = 2048

/** How a table of so many places is divided. */
export interface Parts {
  count: number
  /** A place shifted right by this is its part. */
  shift: number
}

export function partsOf(places: number): Parts {
  const shift = Math.max(PLACES_LOG2, Math.ceil(Math.log2(Math.max(1, places) / PARTS_MAX)))
  return { count: Math.max(1, Math.ceil(places / 2 ** shift)), shift }
}

/** Entries from `from` to `to` of the scatter's arrays, all of them in one part. */
export type Write = (part: number, from: number, to: number) => void

export class Scatter {
  readonly shift: number
  readonly #parts: number
  readonly #waiting: Int32Array
  readonly #locks: Int32Array
  readonly #write: Write

  /** @param locks one word a part, shared by the threads. */
  constructor({ count, shift }: Parts, locks: Int32Array, write: Write) {
    this.shift = shift
    this.#parts = count
    this.#waiting = new Int32Array(count)
    this.#locks = locks
    this.#write = write
  }

  /** Entries that the arrays of the caller must hold. */
  static entries({ count }: Parts): number {
    return count * WAITING
  }

  /** Index in the caller's arrays at which to put an entry for the place; `added` must follow. */
  next(place: number): number {
    const part = place >>> this.shift
    return part * WAITING + this.#waiting[part]!
  }

  added(place: number): void {
    const part = place >>> this.shift
    if (++this.#waiting[part]! === WAITING) this.#flush(part)
  }

  flushAll(): void {
    for (let part = 0; part < this.#parts; part++) this.#flush(part)
  }

  #flush(part: number): void {
    const size = this.#waiting[part]!
    if (size === 0) return
    // Whoever holds it does not stop in between; a thread that fails ends the process.
    while (Atomics.compareExchange(this.#locks, part, 0, 1) !== 0) Atomics.wait(this.#locks, part, 1, 10)
    this.#write(part, part * WAITING, part * WAITING + size)
    Atomics.store(this.#locks, part, 0)
    Atomics.notify(this.#locks, part, 1)
    this.#waiting[part] = 0
  }
}
