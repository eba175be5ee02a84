// Which tables of a database and of its backup can be compared row by row, and by what: their structure side by side.
import type { DatabaseSync } from 'node:sqlite'
import { OWN_TABLES } from '../../databases/schema.ts'

/** Two attached databases of one connection, by schema name. */
export interface Pair {
  now: string
  before: string
}

export interface TablePair {
  table: string
  inNow: boolean
  inThen: boolean
  /** Columns of both that are stored, in the order of `now`. */
  columns: string[]
  /** Those of the primary key; null where there is none, or one that holds NULL. */
  key: string[] | null
  /** Columns of only one of them. */
  differing: string[]
}

interface ColumnRow {
  name: string
  pk: number
  hidden: number
}

/** Name as it stands in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * All ordinary tables of either, by name. Left out: virtual tables and their parts, which are derived, and gonogo's own: a log of what was fixed
 * since is none of the restored database.
 */
export function tablePairs(database: DatabaseSync, { now, before }: Pair): TablePair[] {
  const nowTables = tablesOf(database, now)
  const thenTables = tablesOf(database, before)
  return [...new Set([...nowTables, ...thenTables])].toSorted().map((table) => {
    const inNow = nowTables.includes(table)
    const inThen = thenTables.includes(table)
    const nowColumns = inNow ? columnsOf(database, now, table) : []
    const thenColumns = inThen ? columnsOf(database, before, table) : []
    const first = inNow ? nowColumns : thenColumns
    const names = new Set((inNow && inThen ? thenColumns : first).map(({ name }) => name))
    const columns = first.filter(({ name }) => names.has(name)).map(({ name }) => name)
    const all = new Set([...nowColumns, ...thenColumns].map(({ name }) => name))
    return {
      table,
      inNow,
      inThen,
      columns,
      key: keyOf(database, [...(inNow ? [now] : []), ...(inThen ? [before] : [])], table, [nowColumns, thenColumns]),
      differing: inNow && inThen ? [...all].filter((name) => !columns.includes(name)) : [],
    }
  })
}

/** Names of virtual tables: what is derived from others by triggers cannot be carried over. */
export function virtualTables(database: DatabaseSync, schema: string): string[] {
  const rows = database.prepare("SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'virtual'").all(schema)
  return rows.map(({ name }) => String(name))
}

function tablesOf(database: DatabaseSync, schema: string): string[] {
  const rows = database
    .prepare(
      `SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       AND substr(name, 1, ${OWN_TABLES.length}) <> '${OWN_TABLES}'`,
    )
    .all(schema)
  return rows.map(({ name }) => String(name))
}

function columnsOf(database: DatabaseSync, schema: string, table: string): ColumnRow[] {
  const rows = database.prepare('SELECT name, pk, hidden FROM pragma_table_xinfo(?, ?)').all(table, schema)
  return (rows as unknown as ColumnRow[]).filter(({ hidden }) => hidden === 0)
}

function keyOf(database: DatabaseSync, schemas: string[], table: string, sides: ColumnRow[][]): string[] | null {
  const keys = sides
    .filter((columns) => columns.length > 0)
    .map((columns) =>
      columns
        .filter(({ pk }) => pk > 0)
        .toSorted((a, b) => a.pk - b.pk)
        .map(({ name }) => name),
    )
  const [key = [], other = key] = keys
  if (key.length === 0 || key.join('\0') !== other.join('\0')) return null
  const isNull = key.map((column) => `${quoted(column)} IS NULL`).join(' OR ')
  const holdsNull = schemas.some((schema) =>
    database.prepare(`SELECT 1 FROM ${quoted(schema)}.${quoted(table)} WHERE ${isNull} LIMIT 1`).get(),
  )
  return holdsNull ? null : key
}
