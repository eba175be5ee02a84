// What tells a row from all others for as long as an undo may take: its primary key, else its number in SQLite.
import { sql } from 'kysely'
import { allOf } from '../compile.ts'
import { PlanError } from '../../lib/errors.ts'
import type { Column, Engine, Table } from '../../databases/schema.ts'
import { name, numbered, type Sql } from './sql.ts'

export interface RowKey {
  /** As a statement names them: columns, or a name of the row number. */
  columns: readonly string[]
  /** The row's number, which is no column: written explicitly where a row is put back. */
  isHidden: boolean
}

/** The row number answers to each of these unless a column is called so. */
const ROW_NUMBER_NAMES = ['rowid', '_rowid_', 'oid']

/** @throws PlanError where it is no table, or its rows cannot be told apart. */
export function rowKey(engine: Engine, table: Table): RowKey {
  if (table.kind !== 'table')
    throw new PlanError(`${table.name} is a ${table.kind === 'view' ? 'view' : 'virtual table'}`, {
      expected: 'a table: only its rows can be changed and put back',
    })
  if (table.primaryKey.length > 0) return { columns: table.primaryKey, isHidden: false }
  const taken = new Set(table.columns.map((column) => column.name.toLowerCase()))
  const free = ROW_NUMBER_NAMES.find((candidate) => !taken.has(candidate))
  if (engine === 'sqlite' && free && !table.isWithoutRowid) return { columns: [free], isHidden: true }
  throw new PlanError(`${table.name} has no primary key, so its rows cannot be told apart and put back`, {
    hint: `add a primary key to ${table.name}`,
  })
}

/** Columns of the key in a row called `alias`. */
export const keyOf = (key: RowKey, alias: string): Sql[] => key.columns.map((column) => name(alias, column))

/** `k1`... of a relation called `alias`. */
export const keyIn = (key: RowKey, alias: string, letter = 'k'): Sql[] =>
  numbered(letter, key.columns).map((column) => name(alias, column))

/** The row called `row` is the one that `k1`... of `relation` names. */
export const sameRow = (key: RowKey, row: string, relation: string, letter = 'k'): Sql =>
  allOf(keyOf(key, row).map((column, index) => sql`${column} = ${keyIn(key, relation, letter)[index]}`))

/** `row` is one of `keys`, a SELECT. */
export const isAmong = (key: RowKey, row: string, keys: Sql): Sql => {
  const columns = keyOf(key, row)
  return columns.length === 1 ? sql`${columns[0]} IN (${keys})` : sql`(${sql.join(columns)}) IN (${keys})`
}

/** Columns that can be written. */
export const written = (table: Table): Column[] => table.columns.filter((column) => !column.isGenerated)
