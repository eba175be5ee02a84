// Runs a statement of the user's, and logs what it did by comparing the tables it may change before and after.
import { sql } from 'kysely'
import type { DatabaseSchema, Table } from '../../databases/schema.ts'
import { allOf } from '../compile.ts'
import { relationOf } from '../terms.ts'
import { PlanError } from '../../lib/errors.ts'
import type { Change } from './fix.ts'
import { afterColumns, beforeColumns, danglingNow, openImages, type Imaged } from './images.ts'
import type { Reference } from './references.ts'
import { logReferrers } from './referrers.ts'
import { keyOf, rowKey, sameRow, written, type RowKey } from './row-key.ts'
import { countRows, nextSeq } from './shadow-log.ts'
import { isSame, list, name, numbered, type Sql, type SqlSession } from './sql.ts'
import { requireDeclared } from './written-tables.ts'
import { dropWorkTable, workTable } from './work-tables.ts'

interface Copied {
  table: Table
  key: RowKey
  /** Work table that holds its rows as they were. */
  copy: string
}

export interface StatementContext {
  run: number
  rule: string
  kind: string
  schema: DatabaseSchema
  references: readonly Reference[]
}

/** Inside a transaction. @returns a change for each table and type that there was. @throws PlanError, OutsideError */
export async function applyStatement(
  session: SqlSession,
  change: Extract<Change, { type: 'statement' }>,
  { schema, references, ...at }: StatementContext,
): Promise<Imaged[]> {
  await requireDeclared(session, change.sql, change.tables)
  const copies: Copied[] = []
  for (const [index, wanted] of change.tables.entries())
    copies.push(await copyOf(session, schema, wanted, `copy_${index + 1}`))
  // Asked as a query, an engine takes one statement only.
  await session.all(sql.raw(change.sql))
  const changes: Imaged[] = []
  for (const copied of copies)
    for (const type of ['delete', 'update', 'insert'] as const) {
      const logged = await logDifference(session, copied, { ...at, type }, references)
      if (logged) changes.push(logged)
    }
  for (const { copy } of copies) await dropWorkTable(session, copy)
  return changes
}

async function copyOf(session: SqlSession, schema: DatabaseSchema, wanted: string, copy: string): Promise<Copied> {
  const table = schema.tables.get(wanted)
  if (!table) throw new PlanError(`there is no table ${wanted}`)
  const key = rowKey(session.engine, table)
  const columns = [
    ...keyOf(key, 'row').map((column, index) => sql`${column} AS ${name(`k${index + 1}`)}`),
    ...written(table).map((column, index) => sql`${name('row', column.name)} AS ${name(`c${index + 1}`)}`),
  ]
  await dropWorkTable(session, copy)
  const temp = workTable(session.engine, copy)
  // A temporary table is named without its schema where it is made.
  await session.run(
    sql`CREATE TEMP TABLE ${name(`gonogo_${copy}`)} AS SELECT ${list(columns)} FROM ${relationOf(session.engine, table.name)} AS "row"`,
  )
  const keys = list(numbered('k', key.columns).map((column) => name(column)))
  const index = session.engine === 'sqlite' ? sql.id('temp', `gonogo_${copy}_keys`) : name(`gonogo_${copy}_keys`)
  await session.run(
    sql`CREATE UNIQUE INDEX ${index} ON ${session.engine === 'sqlite' ? name(`gonogo_${copy}`) : temp} (${keys})`,
  )
  return { table, key, copy }
}

/** Rows that are gone, changed, or new. @returns null where there are none. */
async function logDifference(
  session: SqlSession,
  { table, key, copy }: Copied,
  change: { run: number; rule: string; kind: string; type: 'delete' | 'update' | 'insert' },
  references: readonly Reference[],
): Promise<Imaged | null> {
  const old = sql`${workTable(session.engine, copy)} AS old`
  const now = sql`${relationOf(session.engine, table.name)} AS "row"`
  const same = sameRow(key, 'row', 'old')
  const isEqual = allOf(
    written(table).map((column, index) =>
      isSame(session.engine, column, name('row', column.name), name('old', `c${index + 1}`)),
    ),
  )
  const from = {
    delete: sql`${old} WHERE NOT EXISTS (SELECT 1 FROM ${now} WHERE ${same})`,
    update: sql`${old} CROSS JOIN ${now} WHERE ${same} AND NOT ${isEqual}`,
    insert: sql`${now} WHERE NOT EXISTS (SELECT 1 FROM ${old} WHERE ${same})`,
  }[change.type]
  if ((await session.number(sql`SELECT count(*) AS n FROM (SELECT 1 AS one FROM ${from} LIMIT 1) AS found`)) === 0)
    return null
  const imaged = await openImages(
    session,
    { ...change, seq: await nextSeq(session, change.run), table: table.name },
    { table, changed: change.type === 'delete' ? 'none' : 'all' },
  )
  const rows = await session.run(copyImages(session, imaged, from, references))
  if (change.type === 'insert') await logReferrers(session, imaged, references, sql`1 = 1`)
  return { ...imaged, change: await countRows(session, imaged.change, rows) }
}

/** An update keeps its key, or it would be a deletion and an insertion here. */
function copyImages(session: SqlSession, imaged: Imaged, from: Sql, references: readonly Reference[]): Sql {
  const { change, key, columns, images } = imaged
  const before = beforeColumns(imaged)
  const after = afterColumns(imaged)
  const oldColumn = (column: string) => name('old', `c${columns.findIndex((one) => one.name === column) + 1}`)
  const keys = change.type === 'insert' ? keyOf(key, 'row') : numbered('k', key.columns).map((one) => name('old', one))
  const into = [...numbered('k', key.columns), ...before.map(({ as }) => as), ...after.map(({ as }) => as), 'dangling']
  const values = [
    ...keys,
    ...before.map(({ column }) => oldColumn(column.name)),
    ...after.map(({ column }) => name('row', column.name)),
    change.type === 'insert' ? sql`CAST(NULL AS BIGINT)` : danglingNow(session, imaged.table, references, oldColumn),
  ]
  return sql`INSERT INTO ${images} (${list(into.map((one) => name(one)))}) SELECT ${list(values)} FROM ${from}`
}
