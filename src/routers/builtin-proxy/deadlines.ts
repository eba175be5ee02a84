// One timer for all requests: what waits is kept in the order in which it runs out, so a look costs nothing.
// The list runs through the items themselves. A Set would do the same, but its tables grow old and, dead, keep the
// requests they once held alive until the next full collection: measured, 7 % of the processor time and thrice the memory.

/** How often is looked: deadlines are kept to this. */
const LOOK_EVERY_MS = 25

/** Something that can wait in one `Deadlines` at a time. */
export abstract class Expiring {
  /** On the clock of `performance.now()`. */
  abstract readonly expiresAt: number
  abstract expire(): void
  /** Neighbours in the list it waits in; kept by `Deadlines`. */
  earlier: Expiring | null = null
  later: Expiring | null = null
}

export class Deadlines<T extends Expiring = Expiring> {
  #first: T | null = null
  #last: T | null = null
  #size = 0
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS)

  constructor() {
    this.#timer.unref()
  }

  get size(): number {
    return this.#size
  }

  /** Callers give the same time to everything, so that additions come in order of expiry; where they do not, one is late. */
  add(item: T): void {
    item.earlier = this.#last
    if (this.#last) this.#last.later = item
    else this.#first = item
    this.#last = item
    this.#size++
  }

  /** Takes an item out; one that does not wait is left alone. */
  delete(item: T): void {
    if (item !== this.#first && item.earlier === null) return
    if (item.earlier) item.earlier.later = item.later
    else this.#first = item.later as T | null
    if (item.later) item.later.earlier = item.earlier
    else this.#last = item.earlier as T | null
    item.earlier = null
    item.later = null
    this.#size--
  }

  /** Everything that waits, oldest first, and forgets it. */
  takeAll(): T[] {
    const all: T[] = []
    while (this.#first) {
      all.push(this.#first)
      this.delete(this.#first)
    }
    return all
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    while (this.#first && this.#first.expiresAt <= now) {
      const item = this.#first
      this.delete(item)
      item.expire()
    }
  }
}
