// One hash over the rows of all user tables, whatever order they lie in: equal content, equal hash.
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Database } from '../../databases/database.ts'
import type { Table } from '../../databases/schema.ts'
import { relationOf, rowName } from '../terms.ts'
import { written } from './row-key.ts'
import { list, name, numbered, sqlSession, type Sql, type SqlSession } from './sql.ts'

/** Rows asked for at once. */
const PAGE_ROWS = 5000
const MODULUS = 1n << 256n

/**
 * SHA-256 over each table's name, its number of rows, and the sum of the SHA-256 of each row's values as the engine spells them, type and
 * all: the same for the same rows in any order. Views, virtual tables and gonogo's own are left out.
 * @throws OutsideError
 */
export async function contentHash(database: Database, signal: AbortSignal): Promise<string> {
  const schema = await database.schema(signal)
  const tables = [...schema.tables.values()].filter(({ kind }) => kind === 'table')
  return database.snapshot(1, signal, async ({ sessions: [plain] }) => {
    if (!plain) throw new Error('a snapshot without a session')
    const hash = createHash('sha256')
    const session = sqlSession(database.engine, plain)
    for (const table of tables.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      hash.update(JSON.stringify([table.name, await sumOf(session, table)]))
    return hash.digest('hex')
  })
}

/** Page by page along what tells rows apart, so that any table fits into memory. */
async function sumOf(session: SqlSession, table: Table): Promise<[rows: number, sum: string]> {
  const { engine } = session
  const keys = orderOf(session, table).map((column) => sql`${name('row', column)}`)
  const names = numbered('k', keys)
  const spelled = written(table).map((column) => spell(session, column.name))
  const line = spelled.length === 0 ? sql`''` : sql.join(spelled, sql` || ',' || `)
  const columns = list([
    ...keys.map((key, index) => sql`${key} AS ${name(names[index] as string)}`),
    sql`${line} AS line`,
  ])
  let [rows, sum] = [0, 0n]
  for (let after: Sql = sql`1 = 1`; ;) {
    const page = await session.all(sql`
      SELECT ${columns} FROM ${relationOf(engine, table.name)} AS "row" WHERE ${after} ORDER BY ${list(keys)} LIMIT ${sql.lit(PAGE_ROWS)}`)
    for (const { line: text } of page) sum = (sum + digest(String(text))) % MODULUS
    rows += page.length
    const last = page.at(-1)
    if (!last || page.length < PAGE_ROWS) return [rows, sum.toString(16)]
    after = sql`(${list(keys)}) > (${list(names.map((key) => sql`${last[key]}`))})`
  }
}

/** The row number where there is one: columns of a primary key may be null in SQLite. */
function orderOf({ engine }: SqlSession, table: Table): readonly string[] {
  if (engine === 'sqlite')
    return table.isWithoutRowid ? table.primaryKey : [table.rowidColumn ?? rowName(table, engine)]
  return table.primaryKey.length > 0 ? table.primaryKey : ['ctid']
}

const digest = (line: string): bigint => BigInt(`0x${createHash('sha256').update(line).digest('hex')}`)

/** So that null is not the word, a number not its text, and a comma no end. */
function spell({ engine }: SqlSession, column: string): Sql {
  const value = name('row', column)
  return engine === 'sqlite' ? sql`quote(${value})` : sql`quote_nullable(${value}::text)`
}
