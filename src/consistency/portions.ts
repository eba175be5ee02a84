// Rows of a SQLite table by stretches of their own numbers: one statement that calls JavaScript for each row keeps all it gave until its end.
import { sql, type RawBuilder } from 'kysely'
import type { DatabaseSchema, Table } from '../databases/schema.ts'
import { findTable, relationOf, rowName } from './terms.ts'

/** How many rows a table has, and between which of their own numbers; null where there are none, or they are not safe integers. */
export interface Extent {
  rows: number
  least: number | null
  most: number | null
}

/** From the first to the last number, both included. */
export interface Portion {
  first: number
  last: number
}

/** About 60 bytes stay behind for each row: 8 MB. */
const NUMBERS_PER_PORTION = 2 ** 17
/** So many numbers for each row that has one: where they lie further apart, most portions would be empty. */
const NUMBERS_PER_ROW_MAX = 16

/** What SQLite calls the number of a row; null where rows have none, or no name is left for it. */
export function numberColumn(table: Table): string | null {
  if (table.kind !== 'table' || table.isWithoutRowid) return null
  if (table.rowidColumn !== null) return table.rowidColumn
  try {
    return rowName(table, 'sqlite')
  } catch {
    return null
  }
}

/** All of a table, in order; null where its numbers are unknown or too far apart. */
export function portionsOf(extent: Extent | null): Portion[] | null {
  const { rows = 0, least = null, most = null } = extent ?? {}
  if (least === null || most === null) return null
  if (most - least > Math.max(NUMBERS_PER_PORTION, NUMBERS_PER_ROW_MAX * rows)) return null
  const portions: Portion[] = []
  for (let first = least; first <= most; first += NUMBERS_PER_PORTION)
    portions.push({ first, last: Math.min(most, first + NUMBERS_PER_PORTION - 1) })
  return portions
}

/** A SELECT of the rows of a portion, all columns; what tells rows apart that have no primary key is a column too. */
export function portionStatement(schema: DatabaseSchema, name: string, portion: Portion): RawBuilder<unknown> {
  const table = findTable(schema, name)
  const own = table.primaryKey.length === 0 ? sql`${sql.id('t', rowName(table, 'sqlite'))}, ` : sql``
  return sql`(SELECT ${own}t.* FROM ${relationOf('sqlite', name)} AS t WHERE ${isIn(table, 't', portion)})`
}

/** Whether a row, `alias` being its table, is of a portion. */
export function isIn(table: Table, alias: string, { first, last }: Portion): RawBuilder<unknown> {
  return sql`${sql.id(alias, numberColumn(table) ?? 'rowid')} BETWEEN ${sql.lit(first)} AND ${sql.lit(last)}`
}
