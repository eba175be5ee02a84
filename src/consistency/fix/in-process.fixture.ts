// A SQLite database whose sessions are connections of this process: what tests that open hundreds of them can afford.
import { DatabaseSync } from 'node:sqlite'
import type { Database, Row, Session, Statement, Value } from '../../databases/database.ts'
import { registerFunctions } from '../../databases/sqlite/functions.ts'
import { explain } from '../../databases/sqlite/open.ts'
import { readSchema } from '../../databases/sqlite/read-schema.ts'

export interface InProcessOptions {
  /** Told each statement before it is run. */
  heard?: (sql: string) => void
  /** The file is full at so many pages. */
  pagesMax?: number
}

/** Nothing is waited for on its way to the disk. */
export function inProcess(path: string, { heard = () => undefined, pagesMax }: InProcessOptions = {}): Database {
  const using = async <T>(use: (session: Session) => Promise<T>): Promise<T> => {
    const connection = new DatabaseSync(path, { timeout: 2000 })
    connection.exec('PRAGMA synchronous = OFF')
    if (pagesMax !== undefined) connection.exec(`PRAGMA max_page_count = ${pagesMax}`)
    registerFunctions(connection)
    try {
      return await use(sessionOf(path, connection, heard))
    } finally {
      connection.close()
    }
  }
  return {
    engine: 'sqlite',
    identity: path,
    schema: () => using(readSchema),
    integrity: () => Promise.resolve([]),
    snapshot: (_readers, _signal, use) => using((session) => use({ sessions: [session], id: 'now', scan: null })),
    write: (_signal, use) => using(use),
  }
}

function sessionOf(path: string, connection: DatabaseSync, heard: (sql: string) => void): Session {
  const explained = async <T>(sql: string, work: () => T): Promise<T> => {
    heard(sql)
    try {
      return work()
    } catch (error) {
      throw explain(path, error)
    }
  }
  return {
    all: ({ sql, parameters }: Statement) =>
      explained(sql, () => connection.prepare(sql).all(...(parameters as Value[])) as Row[]),
    run: ({ sql, parameters }: Statement) =>
      explained(sql, () => {
        if (parameters.length > 0) return Number(connection.prepare(sql).run(...(parameters as Value[])).changes)
        connection.exec(sql)
        return Number(connection.prepare('SELECT changes() AS n').get()?.n)
      }),
  }
}
