// Program: reads one SqliteRequest from standard input, writes one SqliteReply. Opens read-only and allows nothing but reading.
import { readFileSync } from 'node:fs'
import { DatabaseSync, constants } from 'node:sqlite'
import type { SqliteReply, SqliteRequest, SqliteTask } from './read-sqlite.ts'

const PROBLEMS_MAX = 20

const READING: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_RECURSIVE,
])

function answer(request: SqliteRequest): SqliteReply {
  try {
    const database = new DatabaseSync(request.path, { readOnly: true, timeout: request.lockTimeoutMs })
    return request.task.type === 'integrity' ? integrity(database, request.task) : number(database, request.task.query)
  } catch (error) {
    const { errcode, message } = error as Error & { errcode?: number }
    // The low byte is the primary code; what is above it only says where it happened.
    return { error: { code: errcode === undefined ? null : errcode & 0xff, message } }
  }
}

function integrity(database: DatabaseSync, task: Extract<SqliteTask, { type: 'integrity' }>): SqliteReply {
  const pragma = task.quick ? 'quick_check' : 'integrity_check'
  const rows = database.prepare(`PRAGMA ${pragma}(${PROBLEMS_MAX})`).all()
  const problems = rows.map((row) => String(Object.values(row)[0])).filter((line) => line !== 'ok')
  return { problems, foreignKeyViolations: task.foreignKeys ? countForeignKeyViolations(database) : null }
}

function countForeignKeyViolations(database: DatabaseSync): number {
  const row = database.prepare('SELECT count(*) AS violations FROM pragma_foreign_key_check').get()
  return Number(row?.violations)
}

function number(database: DatabaseSync, query: string): SqliteReply {
  // A read-only connection could still write elsewhere, as by VACUUM INTO.
  database.setAuthorizer((action) => (READING.has(action) ? constants.SQLITE_OK : constants.SQLITE_DENY))
  const statement = database.prepare(query)
  statement.setReadBigInts(true)
  const rows: (string | null)[][] = []
  for (const row of statement.iterate()) {
    rows.push(Object.values(row).map((value) => (value === null ? null : String(value))))
    if (rows.length === 2) break
  }
  return { rows }
}

process.stdout.write(JSON.stringify(answer(JSON.parse(readFileSync(0, 'utf8')) as SqliteRequest)))
