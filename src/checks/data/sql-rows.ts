// The first rows of a query of the user's own, on SQLite or Postgres: read only, values as text.
import type { CheckContext } from '../check.ts'
import { withPostgres } from './postgres-session.ts'
import { readSqlite } from './read-sqlite.ts'

export interface SqlQuestion {
  /** Path; else `postgres` is asked. */
  sqlite?: string | undefined
  postgres?: string | undefined
  query?: string | undefined
  timeoutMs: number
}

export type SqlRows = (string | null)[][]

/** At most two, which tells one row from several. @throws what the database says. */
export async function firstRows(question: SqlQuestion, context: CheckContext): Promise<SqlRows> {
  const { sqlite, postgres = '', query = '', timeoutMs } = question
  if (sqlite === undefined)
    return withPostgres({ url: postgres, timeoutMs }, context.signal, async (ask) =>
      (await ask(query)).slice(0, 2).map((row) => Object.values(row)),
    )
  const reply = await readSqlite({ path: sqlite, timeoutMs }, { type: 'number', query }, context)
  if ('error' in reply) throw new Error(reply.error.message)
  if (!('rows' in reply)) throw new Error('the reading process gave another answer than asked for')
  return reply.rows
}
