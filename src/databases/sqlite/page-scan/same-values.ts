// Looks at the rows whose fingerprints are the same: which of their values are.
import type { Value } from '../../database.ts'
import { NotEligible } from './format.ts'
import { columnAt } from './record.ts'
import type { PageSource } from './page-source.ts'
import { RowFinder } from './tree.ts'

/** Rows with the same fingerprint, by what tells it from others. */
export type Candidates = ReadonlyMap<number, ReadonlySet<number>>

/**
 * Values that stand in more than one of the rows of a group: how many, and the first `keysMax` as SQL sorts them.
 * @throws OutsideError when a row is not where it was; NotEligible when texts cannot be compared.
 */
export function sameValues(
  source: PageSource,
  root: number,
  position: number,
  candidates: Candidates,
  keysMax: number,
): { count: number; keys: Value[] } {
  const rowids = [...new Set([...candidates.values()].flatMap((rows) => [...rows]))].toSorted((a, b) => a - b)
  const finder = new RowFinder(source, root)
  const values = new Map<number, Value>()
  for (const rowid of rowids) {
    const { page, cell } = finder.find(rowid)
    values.set(rowid, position === -1 ? rowid : columnAt(source, page, cell, position))
  }
  const found: Value[] = []
  for (const rows of candidates.values()) {
    const seen = new Map<string, number>()
    for (const rowid of [...rows].toSorted((a, b) => a - b)) {
      const value = values.get(rowid) ?? null
      const identity = identityOf(value)
      const times = (seen.get(identity) ?? 0) + 1
      seen.set(identity, times)
      if (times === 2) found.push(value)
    }
  }
  return { count: found.length, keys: found.toSorted(compareValues).slice(0, keysMax) }
}

/** Equal for what SQL holds for equal: 1 and 1.0, but not 1 and '1'. */
function identityOf(value: Value): string {
  if (typeof value === 'string') {
    // Bytes that are no UTF-8 are read as this one character, whatever they are.
    if (value.includes('\uFFFD')) throw new NotEligible('texts are not UTF-8')
    return `t${value}`
  }
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('latin1')}`
  if (typeof value === 'number' && Number.isInteger(value)) return `i${BigInt(value)}`
  return typeof value === 'bigint' ? `i${value}` : `r${value}`
}

/** As SQLite sorts: null, numbers, texts by their bytes, blobs. */
export function compareValues(a: Value, b: Value): number {
  const byClass = classOf(a) - classOf(b)
  if (byClass !== 0) return byClass
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (a === null || b === null) return 0
  return a < b ? -1 : a > b ? 1 : 0
}

function classOf(value: Value): number {
  if (value === null) return 0
  if (typeof value === 'string') return 2
  return value instanceof Uint8Array ? 3 : 1
}
