// Puts the rows of a stretch of images back as they were, those in conflict left out.
import { sql } from 'kysely'
import { OutsideError } from '../../lib/errors.ts'
import { relationOf } from '../terms.ts'
import { isAmong } from '../fix/row-key.ts'
import { afterColumns, isRowAfter, valueAfter, valueBefore, type Imaged } from '../fix/images.ts'
import { keyIn } from '../fix/row-key.ts'
import { list, name, type SqlSession } from '../fix/sql.ts'
import { markConflicts, markRefused, within, type ConflictContext, type Stretch } from './conflicts.ts'

/** Inside a transaction. @returns rows put back. @throws OutsideError */
export async function putBack(
  session: SqlSession,
  imaged: Imaged,
  stretch: Stretch,
  context: ConflictContext,
): Promise<number> {
  await markConflicts(session, imaged, stretch, context)
  return restoreOrHalve(session, imaged, stretch)
}

/** What the database refuses is narrowed down to the rows it is about, and those are left. */
async function restoreOrHalve(session: SqlSession, imaged: Imaged, stretch: Stretch): Promise<number> {
  await session.run(sql`SAVEPOINT gonogo_put_back`)
  try {
    const restored = await restore(session, imaged, stretch)
    await session.run(sql`RELEASE SAVEPOINT gonogo_put_back`)
    return restored
  } catch (error) {
    if (!(error instanceof OutsideError) || !/constraint|violates|trigger/i.test(error.message)) throw error
    await session.run(sql`ROLLBACK TO SAVEPOINT gonogo_put_back`)
    await session.run(sql`RELEASE SAVEPOINT gonogo_put_back`)
  }
  const { first, last } = stretch
  if (first >= last) {
    await markRefused(session, imaged, stretch)
    return 0
  }
  const middle = Math.floor((first + last) / 2)
  // The higher numbers were changed last, so they come back first.
  const upper = await restoreOrHalve(session, imaged, { first: middle + 1, last })
  return upper + (await restoreOrHalve(session, imaged, { first, last: middle }))
}

async function restore(session: SqlSession, imaged: Imaged, stretch: Stretch): Promise<number> {
  const { table, change, key, images, columns } = imaged
  const target = relationOf(session.engine, table.name)
  const which = sql`${within(stretch)} AND image.conflict IS NULL`
  switch (change.type) {
    case 'insert': {
      const keys = change.isHiddenKey
        ? keyIn(key, 'image')
        : change.keyColumns.map((column) => valueAfter(imaged, column))
      return session.run(sql`
        DELETE FROM ${target} AS "row" WHERE ${isAmong(key, 'row', sql`SELECT ${list(keys)} FROM ${images} AS image WHERE ${which}`)}`)
    }
    case 'update': {
      const set = afterColumns(imaged).map(
        ({ column }) => sql`${name(column.name)} = ${valueBefore(imaged, column.name)}`,
      )
      if (set.length === 0) return 0
      return session.run(sql`
        UPDATE ${target} AS "row" SET ${list(set)} FROM ${images} AS image WHERE ${which} AND ${isRowAfter(imaged)}`)
    }
    case 'delete': {
      const names = columns.map((column) => column.name)
      const hidden = change.isHiddenKey ? key.columns : []
      const into = list([...hidden, ...names].map((column) => name(column)))
      const values = list([
        ...(change.isHiddenKey ? keyIn(key, 'image') : []),
        ...names.map((column) => valueBefore(imaged, column)),
      ])
      return session.run(sql`
        INSERT INTO ${target} (${into}) ${session.engine === 'postgres' ? sql`OVERRIDING SYSTEM VALUE` : sql``}
        SELECT ${values} FROM ${images} AS image WHERE ${which} ORDER BY image.n DESC`)
    }
    default:
      return change.type satisfies never
  }
}
