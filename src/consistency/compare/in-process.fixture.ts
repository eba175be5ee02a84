// A SQLite database read in this process: starting one for each of many small tests would take most of their time.
import { DatabaseSync } from 'node:sqlite'
import type { Database, Row, Session } from '../../databases/database.ts'
import { registerFunctions } from '../../databases/sqlite/functions.ts'
import { readSchema } from '../../databases/sqlite/read-schema.ts'

/** As the kind `sqlite` gives it, read-only and without the process between. */
export function inProcess(path: string): Database {
  const using = async <T>(use: (session: Session) => Promise<T>): Promise<T> => {
    using database = new DatabaseSync(path, { readOnly: true })
    registerFunctions(database)
    database.exec('BEGIN')
    return await use(sessionOf(database))
  }
  return {
    engine: 'sqlite',
    identity: path,
    schema: () => using(readSchema),
    integrity: () => Promise.resolve([]),
    snapshot: (_readers, _signal, use) =>
      using((session) => use({ sessions: [session], id: new Date().toISOString(), scan: null })),
    write: () => Promise.reject(new Error('nobody writes here')),
  }
}

function sessionOf(database: DatabaseSync): Session {
  return {
    async all({ sql, parameters }) {
      const statement = database.prepare(sql)
      statement.setReadBigInts(true)
      const rows = statement.all(...parameters) as Row[]
      return rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value,
          ]),
        ),
      )
    },
    async run({ sql, parameters }) {
      if (parameters.length === 0) database.exec(sql)
      else database.prepare(sql).run(...parameters)
      return 0
    },
  }
}
