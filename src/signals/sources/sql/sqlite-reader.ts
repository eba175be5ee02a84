// Program: reads one SqliteRequest from standard input, writes one SqliteReply. Opens read-only and allows nothing but reading.
import { readFileSync } from 'node:fs'
import { DatabaseSync, constants } from 'node:sqlite'
import { messageOf } from '../../../lib/errors.ts'
import type { SqliteReply, SqliteRequest } from './sqlite-rows.ts'

const READING: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_RECURSIVE,
])

function answer({ path, query, lockTimeoutMs, rowsMax }: SqliteRequest): SqliteReply {
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: lockTimeoutMs })
    // A read-only connection could still write elsewhere, as by VACUUM INTO.
    database.setAuthorizer((action) => (READING.has(action) ? constants.SQLITE_OK : constants.SQLITE_DENY))
    const statement = database.prepare(query)
    // As arrays: two columns may have the same name.
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    const rows: (string | null)[][] = []
    for (const row of statement.iterate()) {
      rows.push(Object.values(row).map((value) => (value === null ? null : String(value))))
      if (rows.length >= rowsMax) break
    }
    return { rows }
  } catch (error) {
    return { error: messageOf(error) }
  }
}

process.stdout.write(JSON.stringify(answer(JSON.parse(readFileSync(0, 'utf8')) as SqliteRequest)))
