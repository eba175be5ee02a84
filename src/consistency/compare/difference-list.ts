// Differences as they are found: all are counted, those with the smallest keys are kept.
import type { Difference } from './differences.ts'
import type { ComparedTable } from './side.ts'

/** So many are looked at again and can be listed. */
const KEPT_MAX = 10_000

export class DifferenceList {
  count = 0
  onlyRight = 0
  #kept: Difference[] = []
  readonly #order: (a: Difference, b: Difference) => number

  constructor(compared: ComparedTable) {
    this.#order = byKey(compared)
  }

  add(found: readonly Difference[]): void {
    this.count += found.length
    for (const { type } of found) if (type === 'only right') this.onlyRight++
    this.#kept.push(...found)
    if (this.#kept.length > 2 * KEPT_MAX) this.#kept = this.kept()
  }

  /** By ascending key. */
  kept(): Difference[] {
    return this.#kept.toSorted(this.#order).slice(0, KEPT_MAX)
  }
}

/** Numbers by size, all else by the bytes of its text; null first. */
function byKey({ key }: ComparedTable): (a: Difference, b: Difference) => number {
  return (a, b) => {
    for (let at = 0; at < key.length; at++) {
      const order = compareParts(a.key[at] ?? null, b.key[at] ?? null, key[at]?.valueClass === 'integer')
      if (order !== 0) return order
    }
    return 0
  }
}

function compareParts(a: string | null, b: string | null, isInteger: boolean): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  if (isInteger && /^-?\d+$/.test(a) && /^-?\d+$/.test(b)) return BigInt(a) < BigInt(b) ? -1 : 1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
