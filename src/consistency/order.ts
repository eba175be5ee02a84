// The order of values that databases have: null, numbers, texts by their bytes, bytes.
import type { Value } from '../databases/database.ts'

/** Ascending. */
export function compareValues(a: Value, b: Value): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (typeof a === 'string' && typeof b === 'string')
    return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (a === null || b === null) return 0
  return a < b ? -1 : a > b ? 1 : 0
}

/** By the first value that differs. */
export function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  return a.reduce<number>((so, value, at) => so || compareValues(value, b[at] ?? null), 0)
}

function rankOf(value: Value): number {
  if (value === null) return 0
  if (typeof value === 'string') return 2
  return value instanceof Uint8Array ? 3 : 1
}
