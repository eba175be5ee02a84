// Rows put together by whole numbers of a bounded range, held in memory: where they fit, several times cheaper than sorting them.
import type { Aggregate } from '../page-scan.ts'

/** Of sums only those of whole numbers are here: they are exact. Averages and other sums are SQLite's. */
export const HELD_AGGREGATES = ['count', 'min', 'max', 'sum', 'noisy-or'] as const satisfies readonly Aggregate[]
export type HeldAggregate = (typeof HELD_AGGREGATES)[number]

/** More than this says no more: a product of factors above 1 ends here, as SQL's ends at exp(700). */
const PRODUCT_MAX = Math.exp(700)

/** Numbers of one stretch, as a power of 2: its totals, 1 MB, stay near the processor while what waits for them is put to them. */
const STRETCH_BITS = 17
/** Rows that wait for a stretch. */
const WAITING_MAX = 1024

/** Bytes that groups from `least` to `most` with so many aggregates take. */
export function heldBytes(least: number, most: number, aggregates: number): number {
  const span = most - least + 1
  const waiting = stretchesOf(span) * WAITING_MAX * (4 + 8 * aggregates)
  return Math.ceil(span / 32) * 4 + aggregates * span * 8 + waiting
}

function stretchesOf(span: number): number {
  return Math.ceil(span / 2 ** STRETCH_BITS)
}

/** Which whole numbers from `least` to `most` there are rows of, and what a value of these rows comes to. */
export class HeldGroups {
  #isFit = true
  readonly #least: number
  readonly #most: number
  readonly #bits: Uint32Array
  readonly #aggregates: readonly HeldAggregate[]
  /** Of each aggregate by number less `least`; NaN where only nulls, or nothing, came to it. */
  readonly #totals: readonly Float64Array[]
  /** Rows that come in no order are kept by stretch until there are many of one. */
  readonly #waiting: { counts: Uint16Array; places: Uint32Array; values: readonly Float64Array[] }

  constructor(least: number, most: number, aggregates: readonly HeldAggregate[]) {
    const span = most - least + 1
    const slots = stretchesOf(span) * WAITING_MAX
    this.#least = least
    this.#most = most
    this.#bits = new Uint32Array(Math.ceil(span / 32))
    this.#aggregates = aggregates
    this.#totals = aggregates.map((aggregate) => new Float64Array(span).fill(aggregate === 'count' ? 0 : Number.NaN))
    this.#waiting = {
      counts: new Uint16Array(stretchesOf(span)),
      places: new Uint32Array(slots),
      values: aggregates.map(() => new Float64Array(slots)),
    }
  }

  /** A row of this number, with a value for each aggregate. Numbers outside, fractions and what is no number are left out. */
  add(number: unknown, values: readonly unknown[]): void {
    const place = this.#placeOf(number)
    if (place < 0) return
    const { counts, places, values: waiting } = this.#waiting
    const stretch = place >>> STRETCH_BITS
    const count = counts[stretch] as number
    const slot = stretch * WAITING_MAX + count
    places[slot] = place
    for (let index = 0; index < waiting.length; index++) {
      const value = values[index]
      const column = waiting[index] as Float64Array
      column[slot] = typeof value === 'number' ? value : this.#valueOf(index, value)
    }
    counts[stretch] = count + 1
    if (count + 1 === WAITING_MAX) this.#settle(stretch)
  }

  /**
   * To be called when rows have been added, before anything is asked. False once a value was no number, or a sum not exact: what is held is
   * then no answer.
   */
  settle(): boolean {
    for (let stretch = 0; stretch < this.#waiting.counts.length; stretch++) this.#settle(stretch)
    return this.#isFit
  }

  has(number: unknown): boolean {
    const place = this.#placeOf(number)
    return place >= 0 && (((this.#bits[place >>> 5] as number) >>> (place & 31)) & 1) === 1
  }

  /** What the aggregate of this place comes to; null of nothing and of nothing but nulls (counts: 0). */
  total(index: number, number: unknown): number | null {
    const total = this.#totals[index]?.[this.#placeOf(number)]
    if (total === undefined || Number.isNaN(total)) return null
    return this.#aggregates[index] === 'noisy-or' ? 1 - total : total
  }

  /** The first numbers from `from` on that there is no row of. */
  absentFrom(from: number, max: number): number[] {
    const found: number[] = []
    const end = this.#most - this.#least + 1
    for (let place = Math.max(0, from - this.#least); place < end && found.length < max;) {
      const absent = ~(this.#bits[place >>> 5] as number) >>> (place & 31)
      if (absent === 0) place = ((place >>> 5) + 1) * 32
      else {
        place += 31 - Math.clz32(absent & -absent)
        if (place < end) found.push(this.#least + place++)
      }
    }
    return found
  }

  #placeOf(number: unknown): number {
    if (typeof number !== 'number' || !(number >= this.#least && number <= this.#most) || number % 1 !== 0) return -1
    return number - this.#least
  }

  /** Of what is no number: NaN stands for null. */
  #valueOf(index: number, value: unknown): number {
    if (value === null) return Number.NaN
    if (this.#aggregates[index] !== 'count') this.#isFit = false
    return 0
  }

  #settle(stretch: number): void {
    const { counts, places, values } = this.#waiting
    const first = stretch * WAITING_MAX
    const last = first + (counts[stretch] as number)
    counts[stretch] = 0
    const bits = this.#bits
    for (let slot = first; slot < last; slot++) {
      const place = places[slot] as number
      bits[place >>> 5] = (bits[place >>> 5] as number) | (1 << (place & 31))
    }
    for (const [index, aggregate] of this.#aggregates.entries()) {
      const totals = this.#totals[index] as Float64Array
      const column = values[index] as Float64Array
      for (let slot = first; slot < last; slot++) {
        const value = column[slot] as number
        if (Number.isNaN(value)) continue
        const place = places[slot] as number
        const total = together(aggregate, totals[place] as number, value)
        if (total !== total) this.#isFit = false
        totals[place] = total
      }
    }
  }
}

/** One more value beside what there was, NaN being nothing; NaN where that is not exact. */
function together(aggregate: HeldAggregate, before: number, value: number): number {
  const isFirst = Number.isNaN(before)
  switch (aggregate) {
    case 'count':
      return before + 1
    case 'noisy-or': {
      if (!Number.isFinite(value)) return Number.NaN
      // A value of 1 or more settles it: whatever is multiplied with 0 stays 0.
      const product = (isFirst ? 1 : before) * (value >= 1 ? 0 : 1 - value)
      return product > PRODUCT_MAX ? PRODUCT_MAX : product
    }
    case 'sum': {
      const sum = isFirst ? value : before + value
      return Number.isSafeInteger(value) && Number.isSafeInteger(sum) ? sum : Number.NaN
    }
    case 'min':
      return isFirst || value < before ? value : before
    case 'max':
      return isFirst || value > before ? value : before
  }
}
