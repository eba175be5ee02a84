// Values of rules' options as parameters, and whether they fit what they are compared with.
import { sql, type RawBuilder } from 'kysely'
import type { ColumnName } from './columns.ts'
import { familyOf, type Family } from './column-type.ts'
import type { Terms } from './rule.ts'
import { findColumn } from './terms.ts'

export interface ColumnFamily {
  family: Family
  /** As declared; `untyped` where nothing was. */
  type: string
}

/** What a column holds. */
export function columnFamily(terms: Terms, { table, column }: ColumnName): ColumnFamily {
  const found = findColumn(terms.table(table), column)
  return { family: familyOf(found, terms.engine), type: found.type || 'untyped' }
}

/** A bound to compare with. Postgres would take a fraction for an integer beside a whole-number column, and fail. */
export function boundOf(terms: Terms, value: number | string): RawBuilder<unknown> {
  return terms.engine === 'postgres' && typeof value === 'number' ? sql`${value}::numeric` : sql`${value}`
}
