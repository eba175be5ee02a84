// Two sets of rows held against each other: what only one side has, and what is not the same on both. Pure.
import type { ComparedRow, ComparedTable } from './side.ts'

export interface Difference {
  id: string
  key: readonly (string | null)[]
  type: 'only left' | 'only right' | 'different'
  /** Of `different`: the columns that are, by the left side's names. */
  columns: readonly { name: string; left: string | null; right: string | null }[]
}

/** Floats carry 15 digits; what two of them differ by beyond that is noise. */
const RELATIVE = 1e-14

/**
 * What is not the same in the same bucket of both sides. Rows of one key are held against each other whatever their order, so a key
 * that stands more often on one side gives a row that only this side has.
 */
export function differencesOf(
  left: readonly ComparedRow[],
  right: readonly ComparedRow[],
  compared: ComparedTable,
): Difference[] {
  const rights = Map.groupBy(right, ({ id }) => id)
  const found: Difference[] = []
  for (const [id, ofLeft] of Map.groupBy(left, (row) => row.id)) {
    found.push(...differencesOfKey(ofLeft, rights.get(id) ?? [], compared))
    rights.delete(id)
  }
  for (const ofRight of rights.values()) found.push(...differencesOfKey([], ofRight, compared))
  return found
}

function differencesOfKey(
  left: readonly ComparedRow[],
  right: readonly ComparedRow[],
  compared: ComparedTable,
): Difference[] {
  const unmatched = [...right]
  const alone = left.filter((row) => {
    const at = unmatched.findIndex((other) => isSame(row, other, compared))
    if (at !== -1) unmatched.splice(at, 1)
    return at === -1
  })
  return Array.from({ length: Math.max(alone.length, unmatched.length) }, (_, at): Difference => {
    const [a, b] = [alone[at], unmatched[at]]
    const { id = '', key = [] } = a ?? b ?? {}
    if (a && b) return { id, key, type: 'different', columns: differingColumns(a, b, compared) }
    return { id, key, type: a ? 'only left' : 'only right', columns: [] }
  })
}

function isSame(a: ComparedRow, b: ComparedRow, compared: ComparedTable): boolean {
  return a.values.every((value, at) => isSameValue(value, b.values[at] ?? null, at, compared))
}

function differingColumns(a: ComparedRow, b: ComparedRow, compared: ComparedTable): Difference['columns'] {
  return compared.columns.flatMap(({ name }, at) => {
    const [left, right] = [a.values[at] ?? null, b.values[at] ?? null]
    return isSameValue(left, right, at, compared) ? [] : [{ name, left, right }]
  })
}

/** Rounding can put two floats that are as good as equal on two sides of a step: their distance decides. */
function isSameValue(left: string | null, right: string | null, at: number, compared: ComparedTable): boolean {
  if (left === right) return true
  if (left === null || right === null || compared.columns[at]?.valueClass !== 'number') return false
  const [a, b] = [Number(left), Number(right)]
  return Math.abs(a - b) <= Math.max(1.000001 * 10 ** -compared.decimals, RELATIVE * Math.max(Math.abs(a), Math.abs(b)))
}
