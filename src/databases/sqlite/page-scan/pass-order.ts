// In which order tables are read: those that are referred to before those that refer to them.
import type { ScanRule } from '../../page-scan.ts'

/** One reading of a table. */
export interface Reading {
  table: string
  /** Only row numbers: for tables that refer to each other or to themselves; the rows are read later. */
  onlyRowids: boolean
}

/** Tables a rule reads rows of, besides those whose row numbers it must know before. */
export function tablesOf(rule: ScanRule): string[] {
  switch (rule.type) {
    case 'reference':
      return [rule.table, rule.parent]
    case 'requires-child':
    case 'aggregate':
      return [rule.table, rule.child]
    default:
      return [rule.table]
  }
}

/** Each table once, and some for their row numbers before. */
export function orderOf(rules: readonly ScanRule[]): Reading[] {
  const waiting = new Set(rules.flatMap(tablesOf))
  const known = new Set<string>()
  const order: Reading[] = []
  const parentsOf = (table: string) =>
    rules.flatMap((rule) => (rule.type === 'reference' && rule.table === table ? [rule.parent] : []))
  while (waiting.size > 0) {
    const [any = ''] = waiting
    const next = [...waiting].find((table) => parentsOf(table).every((parent) => known.has(parent))) ?? any
    for (const parent of parentsOf(next))
      if (!known.has(parent)) {
        order.push({ table: parent, onlyRowids: true })
        known.add(parent)
      }
    order.push({ table: next, onlyRowids: false })
    known.add(next)
    waiting.delete(next)
  }
  return order
}
