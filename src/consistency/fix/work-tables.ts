// Temporary tables of the session in which keys are laid aside before rows change: key sets, and the target of a change.
import { sql } from 'kysely'
import { relationOf } from '../terms.ts'
import { OWN_TABLES, type Engine, type Table } from '../../databases/schema.ts'
import { keyOf, type RowKey } from './row-key.ts'
import { list, name, numbered, type Sql, type SqlSession } from './sql.ts'

const SCHEMA = { sqlite: 'temp', postgres: 'pg_temp' } as const

/** As a statement names it. */
export const workTable = (engine: Engine, what: string): Sql => sql.id(SCHEMA[engine], OWN_TABLES + what)

/** What CREATE TEMP TABLE takes: no schema. */
const bare = (what: string): Sql => name(OWN_TABLES + what)

export async function dropWorkTable(session: SqlSession, what: string): Promise<void> {
  await session.run(sql`DROP TABLE IF EXISTS ${workTable(session.engine, what)}`)
}

/** Distinct keys in ascending order, `k1`...: what `query` gives as such. @returns how many. */
export async function layKeys(session: SqlSession, what: string, query: Sql, width: number): Promise<number> {
  await dropWorkTable(session, what)
  const columns = list(numbered('k', { length: width }).map((column) => name(column)))
  if (session.engine === 'postgres')
    await session.run(
      sql`CREATE TEMP TABLE ${bare(what)} AS SELECT DISTINCT ${columns} FROM (${query}) AS given ORDER BY ${columns}`,
    )
  else {
    // A plain index would hold every key twice.
    await session.run(sql`CREATE TEMP TABLE ${bare(what)} (${columns}, PRIMARY KEY (${columns}))`)
    await session.run(
      sql`INSERT OR IGNORE INTO ${workTable('sqlite', what)} SELECT ${columns} FROM (${query}) AS given ORDER BY ${columns}`,
    )
  }
  return session.number(sql`SELECT count(*) AS n FROM ${workTable(session.engine, what)}`)
}

export interface SetShape {
  table: Table
  key: RowKey
  values: readonly { table: string; column: string }[]
}

/** An empty key set: `k1`..., `v1`..., `round`; a key stands in it once. */
export async function createKeySet(session: SqlSession, what: string, { table, key, values }: SetShape): Promise<void> {
  const { engine } = session
  await dropWorkTable(session, what)
  const keyNames = numbered('k', key.columns).map((column) => name(column))
  const keys = keyOf(key, 'row').map((column, index) => sql`${column} AS ${keyNames[index]}`)
  const typed = values.map(
    (value, index) =>
      sql`(SELECT ${name(value.column)} FROM ${relationOf(engine, value.table)} LIMIT 0) AS ${name(`v${index + 1}`)}`,
  )
  const columns = list([...keys, ...typed, sql`0 AS round`])
  await session.run(
    sql`CREATE TEMP TABLE ${bare(what)} AS SELECT ${columns} FROM ${relationOf(engine, table.name)} AS "row" WHERE 1 = 0`,
  )
  await session.run(sql`CREATE UNIQUE INDEX ${indexName(engine, what)} ON ${bare(what)} (${list(keyNames)})`)
}

/** @returns how many rows were not in it yet. */
export async function growKeySet(session: SqlSession, what: string, rows: Sql, round: number): Promise<number> {
  return session.run(sql`
    INSERT INTO ${workTable(session.engine, what)} SELECT given.*, ${round}${session.engine === 'postgres' ? sql`::integer` : sql``}
    FROM (${rows}) AS given WHERE 1 = 1 ON CONFLICT DO NOTHING`)
}

/** Rows to be changed, numbered `n` from 1 in the order that `rows` gives them. @returns how many. */
export async function layTarget(
  session: SqlSession,
  what: string,
  rows: Sql,
  columns: readonly string[],
): Promise<number> {
  await dropWorkTable(session, what)
  if (session.engine === 'postgres') {
    await session.run(
      sql`CREATE TEMP TABLE ${bare(what)} AS SELECT row_number() OVER () AS n, given.* FROM (${rows}) AS given`,
    )
    await session.run(sql`ALTER TABLE ${workTable('postgres', what)} ADD PRIMARY KEY (n)`)
  } else {
    const names = list(columns.map((column) => name(column)))
    await session.run(sql`CREATE TEMP TABLE ${bare(what)} (n INTEGER PRIMARY KEY, ${names})`)
    await session.run(sql`INSERT INTO ${workTable('sqlite', what)} (${names}) ${rows}`)
  }
  return session.number(sql`SELECT count(*) AS n FROM ${workTable(session.engine, what)}`)
}

/** Postgres puts an index into the schema of its table, SQLite wants to be told. */
const indexName = (engine: Engine, what: string): Sql =>
  engine === 'sqlite' ? workTable('sqlite', `${what}_keys`) : bare(`${what}_keys`)
