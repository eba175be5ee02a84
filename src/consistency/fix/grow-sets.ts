// Grows the key sets of a fix until nothing is added: rows that refer to rows that refer to what is deleted, in circles too.
import { sql } from 'kysely'
import type { DatabaseSchema } from '../../databases/schema.ts'
import { PlanError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import type { KeySet } from './fix.ts'
import { rowKey } from './row-key.ts'
import { list, name, numbered, type Sql, type SqlSession } from './sql.ts'
import { createKeySet, growKeySet, workTable } from './work-tables.ts'

/** Rounds after which a chain of references is taken for a mistake. */
const ROUNDS_MAX = 1000

export const setTable = (keySet: string): string => `set_${keySet}`

/** @throws PlanError when it has not ended after 1,000 rounds. */
export async function growSets(session: SqlSession, schema: DatabaseSchema, sets: readonly KeySet[]): Promise<void> {
  const widths = new Map<string, string>()
  for (const { name: set, table, values = [] } of sets) {
    const found = schema.tables.get(table)
    if (!found) throw new PlanError(`there is no table ${table}`)
    const key = rowKey(session.engine, found)
    widths.set(set, [...numbered('k', key.columns), ...numbered('v', values)].join(' '))
    await createKeySet(session, setTable(set), { table: found, key, values })
  }
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const added = (set: string): Sql => {
      const columns = (widths.get(set) ?? '').split(' ').map((column) => name(column))
      return sql`(SELECT ${list(columns)} FROM ${workTable(session.engine, setTable(set))} WHERE round = ${round - 1})`
    }
    let grown = 0
    for (const { name: set, seed, grows } of sets)
      for (const rows of round === 1 ? (seed ? [() => seed] : []) : grows)
        grown += await growKeySet(session, setTable(set), rows(added), round)
    if (grown === 0 || sets.every(({ grows }) => grows.length === 0)) return
  }
  throw new PlanError(
    `the rows that refer to what the fix deletes still had not ended after ${plural(ROUNDS_MAX, 'step')}`,
    {
      hint: 'delete from the far end of the chain, or set `cascade: false`',
    },
  )
}
