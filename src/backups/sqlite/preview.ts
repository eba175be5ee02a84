// What a restore would undo, in rows.
import { plural } from '../../lib/plural.ts'
import type { TableDifference } from '../backup.ts'

/** Rows now minus rows then, for tables where they differ; a negative number was deleted since. */
export function rowsAdded(then: Record<string, number>, now: Record<string, number>): Record<string, number> {
  const tables = new Set([...Object.keys(then), ...Object.keys(now)])
  const differences = [...tables].map((table) => [table, (now[table] ?? 0) - (then[table] ?? 0)] as const)
  return Object.fromEntries(differences.filter(([, difference]) => difference !== 0))
}

/** "312 rows in 2 tables were written since 2026-11-21 10:15:00 UTC"; changes of existing rows cannot be counted, and it says so. */
export function describeAdded(added: Record<string, number>, takenAt: number): string {
  const total = (sign: 1 | -1) => {
    const counts = Object.values(added).filter((count) => count * sign > 0)
    return { rows: Math.abs(counts.reduce((sum, count) => sum + count, 0)), tables: counts.length }
  }
  const parts: string[] = []
  const written = total(1)
  const deleted = total(-1)
  if (written.rows > 0) parts.push(`${plural(written.rows, 'row')} in ${plural(written.tables, 'table')} were written`)
  if (deleted.rows > 0) parts.push(`${plural(deleted.rows, 'row')} in ${plural(deleted.tables, 'table')} were deleted`)
  if (parts.length === 0) parts.push('no rows were added or deleted')
  return `${parts.join(' and ')} ${since(takenAt)}; changes of existing rows are not counted`
}

/** Rows per table now minus rows in the backup, where they differ. */
export function rowsAddedIn(differences: readonly TableDifference[]): Record<string, number> {
  const added = differences.map(({ table, inserted, deleted }) => [table, inserted - deleted] as const)
  return Object.fromEntries(added.filter(([, difference]) => difference !== 0))
}

/** "312 rows in 2 tables were written, 4 rows in 1 table were changed and 1 row in 1 table was deleted since ... UTC" */
export function describeDifferences(differences: readonly TableDifference[], takenAt: number): string {
  const parts = (
    [
      ['inserted', 'written'],
      ['changed', 'changed'],
      ['deleted', 'deleted'],
    ] as const
  ).flatMap(([change, word]) => {
    const counts = differences.map((difference) => difference[change]).filter((count) => count > 0)
    const rows = counts.reduce((sum, count) => sum + count, 0)
    return rows === 0
      ? []
      : [`${plural(rows, 'row')} in ${plural(counts.length, 'table')} ${rows === 1 ? 'was' : 'were'} ${word}`]
  })
  const last = parts.pop()
  if (last === undefined) return `no row was written, changed or deleted ${since(takenAt)}`
  return `${parts.length > 0 ? `${parts.join(', ')} and ` : ''}${last} ${since(takenAt)}`
}

function since(takenAt: number): string {
  return `since ${new Date(takenAt).toISOString().replace('T', ' ').slice(0, 19)} UTC`
}
