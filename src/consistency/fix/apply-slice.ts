// Does one change for a slice of its target: images first, then the change out of the images, so that what is logged is what is done.
import { sql } from 'kysely'
import { allOf } from '../compile.ts'
import { relationOf } from '../terms.ts'
import { PlanError } from '../../lib/errors.ts'
import { defaultsOf, hasTriggers, lastRowNumber } from './engine-catalogue.ts'
import type { Change } from './fix.ts'
import { afterColumns, isRowAfter, logRows, valueAfter, valueBefore, type Imaged } from './images.ts'
import type { Reference } from './references.ts'
import { logReferrers } from './referrers.ts'
import { isAmong, keyIn, keyOf, sameRow } from './row-key.ts'
import { countRows } from './shadow-log.ts'
import { isSame, list, name, numbered, type Sql, type SqlSession } from './sql.ts'

export interface Slice {
  /** Relation with `n` and the keys and values of the change. */
  target: Sql
  /** Numbers of the first and the last row, both included. */
  first: number
  last: number
  /** What must still hold of `row`, or of `target` where there is no row yet. */
  where: Sql
}

export type RowChange = Exclude<Change, { type: 'statement' }>

/** Inside a transaction. @returns the change with the rows that it has come to. @throws PlanError, OutsideError */
export async function applySlice(
  session: SqlSession,
  change: RowChange,
  imaged: Imaged,
  slice: Slice,
  references: readonly Reference[],
): Promise<Imaged> {
  const logged = await session.number(sql`SELECT coalesce(max(n), 0) AS n FROM ${imaged.images}`)
  const isNew = sql`image.n > ${logged}`
  const done =
    change.type === 'insert'
      ? await insertRows(session, change, imaged, { ...slice, references })
      : await changeRows(session, change, imaged, { ...slice, isNew, references })
  return { ...imaged, change: await countRows(session, imaged.change, done) }
}

async function changeRows(
  session: SqlSession,
  change: Exclude<RowChange, { type: 'insert' }>,
  imaged: Imaged,
  slice: Slice & { isNew: Sql; references: readonly Reference[] },
): Promise<number> {
  const assignments = change.type === 'update' ? change.set : []
  const values = new Map(assignments.map(({ column, value }) => [column, value]))
  const found = await logRows(session, imaged, { ...slice, values })
  if (found === 0) return 0
  if (change.type === 'delete') {
    await deleteImaged(session, imaged, slice.isNew)
    return found
  }
  const same = assignments.map(({ column }) => unchangedBy(session, imaged, column))
  const idle = await session.run(sql`DELETE FROM ${imaged.images} AS image WHERE ${slice.isNew} AND ${allOf(same)}`)
  await updateFromImages(session, imaged, slice.isNew, [...values.keys()])
  return found - idle
}

/** The assignment leaves the column as it was. */
function unchangedBy(session: SqlSession, imaged: Imaged, column: string): Sql {
  const found = imaged.columns.find((one) => one.name === column)
  if (!found) throw new PlanError(`${imaged.table.name}.${column} is computed by the database and cannot be set`)
  return isSame(session.engine, found, valueBefore(imaged, column), valueAfter(imaged, column))
}

async function deleteImaged(session: SqlSession, { table, key, images }: Imaged, isNew: Sql): Promise<void> {
  const keys = sql`SELECT ${list(keyIn(key, 'image'))} FROM ${images} AS image WHERE ${isNew}`
  await session.run(
    sql`DELETE FROM ${relationOf(session.engine, table.name)} AS "row" WHERE ${isAmong(key, 'row', keys)}`,
  )
}

/** Triggers of the user's may change more than was set: then the images are read back. */
async function updateFromImages(
  session: SqlSession,
  imaged: Imaged,
  isNew: Sql,
  columns: readonly string[],
): Promise<void> {
  const { table, key, images } = imaged
  const target = relationOf(session.engine, table.name)
  const set = columns.map((column) => sql`${name(column)} = ${valueAfter(imaged, column)}`)
  await session.run(sql`
    UPDATE ${target} AS "row" SET ${list(set)} FROM ${images} AS image WHERE ${isNew} AND ${sameRow(key, 'row', 'image')}`)
  if (!(await hasTriggers(session, table.name))) return
  const readBack = afterColumns(imaged).map(({ as, column }) => sql`${name(as)} = ${name('row', column.name)}`)
  await session.run(sql`
    UPDATE ${images} AS image SET ${list(readBack)} FROM ${target} AS "row" WHERE ${isNew} AND ${isRowAfter(imaged)}`)
}

/** Keys are chosen before the rows are written, so that the rows can be found again. */
async function insertRows(
  session: SqlSession,
  change: Extract<RowChange, { type: 'insert' }>,
  imaged: Imaged,
  slice: Slice & { references: readonly Reference[] },
): Promise<number> {
  const { table, key, images } = imaged
  const { engine } = session
  const target = relationOf(engine, table.name)
  const given = new Map(change.columns.map((column, index) => [column, name('target', `v${index + 1}`)]))
  const keys = await newKeys(session, imaged, given, slice.first)
  const chosen = new Map([...given, ...key.columns.map((column, index) => [column, keys[index] as Sql] as const)])
  const within = sql`target.n BETWEEN ${slice.first} AND ${slice.last} AND ${slice.where}`
  // The images take the keys first: a default may give another value each time it is asked.
  const keyNames = list(numbered('k', key.columns).map((column) => name(column)))
  const before = await session.number(sql`SELECT coalesce(max(n), 0) AS n FROM ${images}`)
  const added = await session.run(sql`
    INSERT INTO ${images} (${keyNames}, ${list([...afterColumns(imaged).map(({ as }) => name(as)), name('dangling')])})
    SELECT ${list([
      ...keys,
      ...afterColumns(imaged).map(({ column }) => given.get(column.name) ?? sql`NULL`),
      sql`CAST(NULL AS BIGINT)`,
    ])} FROM ${slice.target} AS target WHERE ${within} ORDER BY target.n`)
  if (added === 0) return 0
  const written = [...chosen.keys()]
  const values = written.map((column) => {
    const at = key.columns.indexOf(column)
    return at >= 0 ? name('image', `k${at + 1}`) : valueAfter(imaged, column)
  })
  await session.run(sql`
    INSERT INTO ${target} (${list(written.map((column) => name(column)))}) ${engine === 'postgres' ? sql`OVERRIDING SYSTEM VALUE` : sql``}
    SELECT ${list(values)} FROM ${images} AS image WHERE image.n > ${before} ORDER BY image.n`)
  const readBack = afterColumns(imaged).map(({ as, column }) => sql`${name(as)} = ${name('row', column.name)}`)
  if (readBack.length > 0)
    await session.run(sql`
      UPDATE ${images} AS image SET ${list(readBack)} FROM ${target} AS "row"
      WHERE image.n > ${before} AND ${sameRow(key, 'row', 'image')}`)
  await logReferrers(session, imaged, slice.references, sql`image.n > ${before}`)
  return added
}

/** What the key of a new row is, in terms of `target`. @throws PlanError where nothing gives it. */
async function newKeys(
  session: SqlSession,
  imaged: Imaged,
  given: ReadonlyMap<string, Sql>,
  first: number,
): Promise<Sql[]> {
  const { table, key } = imaged
  const missing = key.columns.filter((column) => !given.has(column))
  if (missing.length === 0) return key.columns.map((column) => given.get(column) as Sql)
  const isNumber = (column: string): boolean => key.isHidden || table.rowidColumn === column
  const last = missing.some(isNumber) ? await lastRowNumber(session, table.name, keyOf(key, 'row')[0] as Sql) : 0
  const defaults = await defaultsOf(session, table)
  return key.columns.map((column) => {
    const value = given.get(column) ?? (isNumber(column) ? sql`${last - first + 1} + target.n` : defaults.get(column))
    if (value) return value
    throw new PlanError(`${table.name}.${column} is part of the key and has no default`, {
      expected: `\`values\` with ${column}`,
    })
  })
}
