// What all that is done with rows has in common: it takes batches and gives a result.
import { MISSING, type Batch } from '../batch.ts'
import { FirstKeys } from '../first-keys.ts'
import type { JobResult } from '../jobs.ts'

export interface Kernel {
  /** The rows of the batch from `from` to `size`. */
  take(batch: Batch): void
  result(): JobResult
}

/** Rows that break a rule. */
export class Violations {
  count = 0
  /** Why SQL must answer instead; once set, the rest does not matter. */
  refusal: string | null = null
  readonly #keys: FirstKeys

  constructor(keysMax: number) {
    this.#keys = new FirstKeys(keysMax)
  }

  add(rowid: number): void {
    this.count++
    this.#keys.add(rowid)
  }

  result(): JobResult {
    return { count: this.count, keys: this.#keys.list(), refusal: this.refusal }
  }
}

/** Why SQL must answer where a value of kind MISSING or UNREAD is. */
export function whyUnread(kind: number): string {
  return kind === MISSING
    ? 'rows from before a column with a default was added'
    : 'values too large to be held in memory'
}
