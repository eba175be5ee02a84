// Program: reads one SqliteRequest from standard input, writes one SqliteReply. Opens read-only and allows nothing but reading.
import { readFileSync } from 'node:fs'
import { DatabaseSync, constants } from 'node:sqlite'
import { sha256 } from '../../lib/hash.ts'
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
    const { task } = request
    if (task.type === 'integrity') return integrity(database, task)
    return task.type === 'state' ? state(database, task) : number(database, task.query)
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

function state(database: DatabaseSync, { pragmas, schemaSql }: Extract<SqliteTask, { type: 'state' }>): SqliteReply {
  const pragma = (name: string): string | null => {
    // Of a closed list of names, see sqlite-state.
    const [value] = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})
    return value === undefined || value === null ? null : String(value)
  }
  const size = (name: string): number => Number(pragma(name))
  return {
    pragmas: Object.fromEntries(pragmas.map((name) => [name, pragma(name)])),
    pages: size('page_count'),
    freePages: size('freelist_count'),
    pageBytes: size('page_size'),
    schema: schemaOf(database),
    expected: schemaSql === null ? null : expectedSchema(schemaSql),
  }
}

/** Statements as they are kept: white space aside, which is what tools differ in. */
function schemaOf(database: DatabaseSync): Record<string, string> {
  const rows = database
    .prepare(
      "SELECT type || ' ' || name AS name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1 LIMIT 20000",
    )
    .all()
  const hash = (sql: unknown): string => sha256(String(sql).replace(/\s+/g, ' ').trim())
  return Object.fromEntries(rows.map(({ name, sql }) => [String(name), hash(sql)]))
}

function expectedSchema(sql: string): Record<string, string> {
  const scratch = new DatabaseSync(':memory:')
  // Somebody's file of statements makes tables here; other files are none of its business.
  const elsewhere = new Set([constants.SQLITE_ATTACH, constants.SQLITE_DETACH])
  scratch.setAuthorizer((action) => (elsewhere.has(action) ? constants.SQLITE_DENY : constants.SQLITE_OK))
  scratch.exec(sql)
  scratch.setAuthorizer(null)
  return schemaOf(scratch)
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
