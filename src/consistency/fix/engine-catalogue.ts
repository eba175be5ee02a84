// What only the engine's own catalogue knows and the schema does not say: triggers, defaults, the last row number.
import { sql } from 'kysely'
import type { Table } from '../../databases/schema.ts'
import { relationOf } from '../terms.ts'
import { PlanError } from '../../lib/errors.ts'
import { type Sql, type SqlSession } from './sql.ts'

/** Triggers that the user has put on a table, by name. They fire when a fix changes it, and again when the fix is undone. */
export async function triggersOf(session: SqlSession, table: string): Promise<string[]> {
  const rows = await session.all(
    session.engine === 'sqlite'
      ? sql`SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ${table} COLLATE NOCASE ORDER BY name`
      : sql`SELECT tgname AS name FROM pg_catalog.pg_trigger WHERE tgrelid = ${relation(table)} AND NOT tgisinternal ORDER BY 1`,
  )
  return rows.map((row) => String(row.name))
}

export const hasTriggers = async (session: SqlSession, table: string): Promise<boolean> =>
  (await triggersOf(session, table)).length > 0

/** Default of each column that has one, as an expression of the database's own. */
export async function defaultsOf(session: SqlSession, table: Table): Promise<Map<string, Sql>> {
  const rows = await session.all(
    session.engine === 'sqlite'
      ? sql`SELECT name, dflt_value AS expression FROM pragma_table_xinfo(${table.name}) WHERE dflt_value IS NOT NULL`
      : sql`
        SELECT a.attname AS name, CASE WHEN a.attidentity <> ''
          THEN format('nextval(%L)', pg_get_serial_sequence(${tableText(table.name)}, a.attname))
          ELSE pg_get_expr(d.adbin, d.adrelid) END AS expression
        FROM pg_catalog.pg_attribute AS a LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = ${relation(table.name)} AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          AND (a.attidentity <> '' OR d.adbin IS NOT NULL)`,
  )
  return new Map(rows.map((row) => [String(row.name), sql`(${sql.raw(String(row.expression))})`]))
}

/** SQLite: the highest row number that was ever given, where it is remembered (AUTOINCREMENT), else that there is. */
export async function lastRowNumber(session: SqlSession, table: string, key: Sql): Promise<number> {
  const remembers = await session.number(sql`SELECT count(*) AS n FROM sqlite_schema WHERE name = 'sqlite_sequence'`)
  const remembered = remembers > 0 ? sql`(SELECT seq FROM sqlite_sequence WHERE name = ${table})` : sql`NULL`
  const [row] = await session.all(
    sql`SELECT max(coalesce((SELECT max(${key}) FROM ${relationOf('sqlite', table)} AS "row"), 0), coalesce(${remembered}, 0)) AS n`,
  )
  if (typeof row?.n === 'number') return row.n
  throw new PlanError(`the row numbers of ${table} are used up to ${row?.n}, so none can be chosen for new rows`)
}

const tableText = (table: string): Sql => {
  const dot = table.indexOf('.')
  return dot < 0
    ? sql`quote_ident(${table})`
    : sql`quote_ident(${table.slice(0, dot)}) || '.' || quote_ident(${table.slice(dot + 1)})`
}

const relation = (table: string): Sql => sql`to_regclass(${tableText(table)})`
