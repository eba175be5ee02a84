// Whether the values of two columns can be equal at all.
import { nameOf, type ColumnName } from './columns.ts'
import type { Mismatch, Terms } from './rule.ts'
import { columnFamily } from './values.ts'

/** Whether both hold the same kind of value, so that no conversion comes into comparing them. */
export function areAlike(terms: Terms, a: ColumnName, b: ColumnName): boolean {
  return columnFamily(terms, a).family === columnFamily(terms, b).family
}

/** Why no value of one can be a value of the other; null when it can. SQLite converts, Postgres refuses. */
export function unlike(terms: Terms, child: ColumnName, parent: ColumnName): Omit<Mismatch, 'option'> | null {
  if (terms.engine === 'sqlite' || areAlike(terms, child, parent)) return null
  const [a, b] = [columnFamily(terms, child), columnFamily(terms, parent)]
  return {
    message: `${nameOf(child)} is ${a.type}, ${nameOf(parent)} is ${b.type}: they are never equal`,
    hint: 'name columns of the same type',
  }
}
