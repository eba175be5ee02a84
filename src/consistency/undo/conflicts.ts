// Rows that an undo must not touch: what became of them since the fix, and what stands in the way of putting them back.
import { sql } from 'kysely'
import type { DatabaseSchema } from '../../databases/schema.ts'
import type { Value } from '../../databases/database.ts'
import { allOf, anyOf } from '../compile.ts'
import { relationOf } from '../terms.ts'
import { isRowAfter, isUnchanged, refersToNothing, valueAfter, valueBefore, type Imaged } from '../fix/images.ts'
import type { Reference } from '../fix/references.ts'
import { referrersOf } from '../fix/referrers.ts'
import { keyIn, sameRow } from '../fix/row-key.ts'
import { list, name, numbered, type Sql, type SqlSession } from '../fix/sql.ts'

/** As the log keeps them. */
const CODES = {
  edited: 1,
  deleted: 2,
  'key-taken': 3,
  'referred-to': 4,
  'not-unique': 5,
  'parent-gone': 6,
  /** A later change of the same run left the row in conflict: it was reported there. */
  'left-later': 7,
  refused: 8,
} as const

export type ConflictReason = Exclude<keyof typeof CODES, 'left-later'>

export interface UndoConflict {
  table: string
  key: Record<string, Value>
  reason: ConflictReason
  /** The row as the fix left it; null where it deleted it. */
  left: Record<string, Value> | null
  /** The row of that key as it is now; null where there is none. */
  now: Record<string, Value> | null
}

export interface ConflictContext {
  schema: DatabaseSchema
  references: readonly Reference[]
  /** Changes of the run after this one, of the same table, that have conflicts. */
  later: readonly Imaged[]
}

export interface Stretch {
  /** Numbers of images, the first and the last one included. */
  first: number
  last: number
}

export const within = ({ first, last }: Stretch): Sql => sql`image.n BETWEEN ${first} AND ${last}`

/** Inside a transaction: marks the images of a stretch whose rows must be left as they are. */
export async function markConflicts(
  session: SqlSession,
  imaged: Imaged,
  stretch: Stretch,
  context: ConflictContext,
): Promise<void> {
  const tests = [...leftLater(imaged, context.later), ...testsOf(session, imaged, stretch, context)]
  const cases = tests.map(([reason, condition]) => sql`WHEN ${condition} THEN ${sql.lit(CODES[reason])}`)
  await session.run(sql`
    UPDATE ${imaged.images} AS image SET conflict = CASE ${sql.join(cases, sql` `)} END
    WHERE ${within(stretch)} AND ${anyOf(tests.map(([, condition]) => condition))}`)
}

type Test = readonly [reason: keyof typeof CODES, condition: Sql]

function testsOf(session: SqlSession, imaged: Imaged, stretch: Stretch, context: ConflictContext): Test[] {
  const { table, change } = imaged
  const rows = sql`${relationOf(session.engine, table.name)} AS "row"`
  const found = (condition: Sql): Sql => sql`EXISTS (SELECT 1 FROM ${rows} WHERE ${condition})`
  const isThere = found(isRowAfter(imaged))
  const isEdited = sql`NOT ${found(allOf([isRowAfter(imaged), isUnchanged(session, imaged)]))}`
  switch (change.type) {
    case 'insert':
      return [
        ['deleted', sql`NOT ${isThere}`],
        ['edited', isEdited],
        ...referredTo(session, imaged, stretch, context.references),
      ]
    case 'update':
      return [
        ['deleted', sql`NOT ${isThere}`],
        ['edited', isEdited],
        ...uniqueTests(imaged, found, change.changed, sql`NOT ${isRowAfter(imaged)}`),
        ...parentTests(session, imaged, context.references),
      ]
    case 'delete':
      return [
        ['key-taken', found(hasKeyBefore(imaged))],
        ...uniqueTests(imaged, found, imaged.change.columns, sql`1 = 1`),
        ...parentTests(session, imaged, context.references),
      ]
    default:
      return change.type satisfies never
  }
}

/** `row` has the key that the row had before. */
const hasKeyBefore = ({ key }: Imaged): Sql => sameRow(key, 'row', 'image')

/** Only where a column of the constraint is put back. */
function uniqueTests(imaged: Imaged, found: (condition: Sql) => Sql, changed: readonly string[], others: Sql): Test[] {
  const known = new Set(imaged.change.columns)
  return imaged.table.unique
    .filter(
      (columns) => columns.some((column) => changed.includes(column)) && columns.every((column) => known.has(column)),
    )
    .map((columns) => {
      const same = columns.map((column) => sql`${name('row', column)} = ${valueBefore(imaged, column)}`)
      return ['not-unique', found(allOf([...same, others]))] as const
    })
}

/** What it referred to is gone, and was not when the fix came. */
function parentTests(session: SqlSession, imaged: Imaged, references: readonly Reference[]): Test[] {
  const { change, table } = imaged
  const touched = change.type === 'delete' ? change.columns : change.changed
  // Rows of one table that refer to each other are put back together.
  const own = references.filter(
    ({ isForeignKey, table: child, parent, columns }) =>
      isForeignKey &&
      child === table.name &&
      parent !== table.name &&
      columns.some((column) => touched.includes(column)),
  )
  if (own.length === 0) return []
  const isGone = anyOf(
    own.map((reference) => refersToNothing(session, reference, (column) => valueBefore(imaged, column))),
  )
  return [['parent-gone', sql`image.dangling IS NULL AND ${isGone}`]]
}

/** More rows refer to an inserted row than when it was inserted. */
function referredTo(session: SqlSession, imaged: Imaged, stretch: Stretch, references: readonly Reference[]): Test[] {
  const referrers = referrersOf(session, imaged, references, sql`image.n BETWEEN ${stretch.first} AND ${stretch.last}`)
  if (!referrers) return []
  return [
    [
      'referred-to',
      sql`image.n IN (SELECT counted.n FROM (${referrers}) AS counted
        JOIN ${imaged.images} AS logged ON logged.n = counted.n WHERE counted.referrers > coalesce(logged.dangling, 0))`,
    ],
  ]
}

function leftLater(imaged: Imaged, later: readonly Imaged[]): Test[] {
  const { change } = imaged
  const keys = change.isHiddenKey
    ? keyIn(imaged.key, 'image')
    : change.keyColumns.map((column) => valueAfter(imaged, column))
  const left = keys.length === 1 ? keys[0] : sql`(${list(keys)})`
  return later.map(({ images, key }) => {
    const columns = list(numbered('k', key.columns).map((column) => name('later', column)))
    return [
      'left-later',
      sql`${left} IN (SELECT ${columns} FROM ${images} AS later WHERE later.conflict IS NOT NULL)`,
    ] as const
  })
}

/** Marks one image that the database itself refuses to put back. */
export async function markRefused(session: SqlSession, { images }: Imaged, stretch: Stretch): Promise<void> {
  await session.run(
    sql`UPDATE ${images} AS image SET conflict = ${sql.lit(CODES.refused)} WHERE ${within(stretch)} AND conflict IS NULL`,
  )
}

/** Rows of a change left as they are; `reported`: without those reported with a later change. */
export async function countConflicts(
  session: SqlSession,
  { images }: Imaged,
): Promise<{ left: number; reported: number }> {
  const count = (which: Sql) => session.number(sql`SELECT count(*) AS n FROM ${images} WHERE ${which}`)
  return {
    left: await count(sql`conflict IS NOT NULL`),
    reported: await count(sql`conflict IS NOT NULL AND conflict <> ${sql.lit(CODES['left-later'])}`),
  }
}

/** The first `most` of them, as the fix left each row and as it is now. */
export async function readConflicts(session: SqlSession, imaged: Imaged, most: number): Promise<UndoConflict[]> {
  const { change, table, columns, images } = imaged
  const isDeletion = change.type === 'delete'
  const keys = numbered('k', change.keyColumns)
  const hit = isDeletion ? hasKeyBefore(imaged) : isRowAfter(imaged)
  const picked = [
    sql`image.conflict AS conflict`,
    ...keys.map((key) => name('image', key)),
    sql`CASE WHEN ${name('row', imaged.key.columns[0] as string)} IS NULL THEN 0 ELSE 1 END AS is_there`,
    ...columns.map((column, index) => sql`${valueAfter(imaged, column.name)} AS ${name(`left${index}`)}`),
    ...columns.map((column, index) => sql`${name('row', column.name)} AS ${name(`now${index}`)}`),
  ]
  const rows = await session.all(sql`
    SELECT ${list(picked)} FROM ${images} AS image LEFT JOIN ${relationOf(session.engine, table.name)} AS "row" ON ${hit}
    WHERE image.conflict IS NOT NULL AND image.conflict <> ${sql.lit(CODES['left-later'])} ORDER BY image.n LIMIT ${sql.lit(most)}`)
  return rows.map((row) => {
    const side = (prefix: string) =>
      Object.fromEntries(columns.map((column, index) => [column.name, row[`${prefix}${index}`] ?? null]))
    return {
      table: table.name,
      key: Object.fromEntries(change.keyColumns.map((column, index) => [column, row[keys[index] as string] ?? null])),
      reason: reasonOf(Number(row.conflict)),
      left: isDeletion ? null : side('left'),
      now: Number(row.is_there) === 1 ? side('now') : null,
    }
  })
}

function reasonOf(code: number): ConflictReason {
  const found = Object.entries(CODES).find(([, one]) => one === code)?.[0]
  return (found ?? 'refused') as ConflictReason
}
