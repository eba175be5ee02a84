// Whether SQLite holds a connection to the foreign keys: a fix is, an undo is not, since it may have to put back what broke them.
import { sql } from 'kysely'
import type { SqlSession } from './sql.ts'

/** Outside of a transaction, or SQLite ignores it. Postgres always insists. */
export async function setForeignKeys(session: SqlSession, isHeld: boolean): Promise<void> {
  if (session.engine === 'sqlite') await session.run(sql.raw(`PRAGMA foreign_keys = ${isHeld ? 'ON' : 'OFF'}`))
}
