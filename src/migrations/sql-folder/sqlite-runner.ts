// Program: reads one SqliteRequest from standard input, writes one SqliteReply. A process of its own: a long migration blocks nobody, and
// killed in the middle it leaves what SQLite's journal leaves, which is nothing.
import { readFileSync } from 'node:fs'
import { DatabaseSync, constants } from 'node:sqlite'
import type { SqliteReply, SqliteRequest } from './sqlite-store.ts'
import { SOMEBODY_ELSE, TABLE, type Applied, type Change, type Failure, type Limits } from './store.ts'

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
/** The first version without the fault that can corrupt a database in WAL mode when its log is reset. */
const WAL_SAFE = [3, 51, 3] as const

class Refusal extends Error {
  readonly failure: Failure
  constructor(kind: Failure['kind'], message: string, line: number | null = null) {
    super(message)
    this.failure = { kind, message, line }
  }
}

function answer({ path, limits, task }: SqliteRequest): SqliteReply {
  try {
    if (task.type === 'applied') return { applied: look(path, limits) }
    carryOut(path, limits, task.change)
    return { done: true }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}

function look(path: string, limits: Limits): Applied[] {
  try {
    return using(new DatabaseSync(path, { readOnly: true, timeout: limits.lockTimeoutMs }), readApplied)
  } catch (error) {
    // Somebody was killed while writing: what he left has to be rolled back before anything can be read.
    if (codeOf(error) !== SQLITE_READONLY) throw error
    return using(new DatabaseSync(path, { timeout: limits.lockTimeoutMs }), readApplied)
  }
}

function using<T>(database: DatabaseSync, work: (database: DatabaseSync) => T): T {
  try {
    return work(database)
  } finally {
    database.close()
  }
}

function readApplied(database: DatabaseSync): Applied[] {
  const table = database.prepare('SELECT 1 FROM sqlite_schema WHERE type = ? AND name = ?').get('table', TABLE)
  if (!table) return []
  return database.prepare(`SELECT version, checksum FROM ${TABLE} ORDER BY position`).all() as unknown as Applied[]
}

/** Foreign keys are off, as SQLite has them by default: a table that is rebuilt must not take its children along. */
function carryOut(path: string, limits: Limits, change: Change): void {
  const options = { timeout: limits.lockTimeoutMs, enableForeignKeyConstraints: false }
  using(new DatabaseSync(path, options), (database) => inTransaction(database, change))
}

function inTransaction(database: DatabaseSync, change: Change): void {
  refuseOldWal(database)
  database.exec('PRAGMA synchronous = FULL')
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (position INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)`,
    )
    const now = readApplied(database).map(({ version }) => version)
    if (now.join('\n') !== change.expected.join('\n')) throw new Refusal('changed', SOMEBODY_ELSE)
    runStatements(database, change)
    record(database, change)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function runStatements(database: DatabaseSync, change: Change): void {
  let refused = ''
  database.setAuthorizer((action, first, second) => {
    refused = whyRefused(action, first, second)
    return refused === '' ? constants.SQLITE_OK : constants.SQLITE_DENY
  })
  try {
    for (const { sql, line } of change.statements) {
      try {
        database.exec(sql)
      } catch (error) {
        throw new Refusal('statement', refused || (error as Error).message, line)
      }
    }
  } finally {
    database.setAuthorizer(null)
  }
}

function record(database: DatabaseSync, { way, version, checksum }: Change): void {
  if (way === 'down') {
    database.prepare(`DELETE FROM ${TABLE} WHERE version = ?`).run(version)
    return
  }
  database
    .prepare(`INSERT INTO ${TABLE} (version, checksum, applied_at) VALUES (?, ?, ?)`)
    .run(version, checksum, new Date().toISOString())
}

/** What would tear a migration apart, or what silently does nothing inside of a transaction; '' for all the rest. */
function whyRefused(action: number, first: string | null, second: string | null): string {
  if (action === constants.SQLITE_TRANSACTION)
    return `it ends or begins a transaction (${first}), but runs in one together with its record`
  if (action === constants.SQLITE_ATTACH) return 'it attaches another database, which is not taken back with this one'
  if (
    action === constants.SQLITE_PRAGMA &&
    first?.toLowerCase() === 'foreign_keys' &&
    /^(?:on|1|yes|true)$/i.test(second ?? '')
  )
    return 'PRAGMA foreign_keys has no effect inside of a transaction: migrations run with foreign keys off'
  return ''
}

function refuseOldWal(database: DatabaseSync): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const parts = version.split('.').map(Number)
  const differing = WAL_SAFE.findIndex((part, index) => part !== parts[index])
  if (differing < 0 || (parts[differing] ?? 0) > (WAL_SAFE[differing] as number)) return
  const { journal_mode: mode } = database.prepare('PRAGMA journal_mode').get() as { journal_mode: string }
  if (mode === 'wal')
    throw new Refusal('unreachable', `SQLite ${version} can corrupt a WAL database: Node with SQLite 3.51.3 is needed`)
}

/** SQLite's primary result code: what is above the low byte only says where it happened. */
function codeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}

function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) return error.failure
  const { message } = error as Error
  const code = codeOf(error)
  if (code === SQLITE_BUSY || code === SQLITE_LOCKED) return { kind: 'locked', message, line: null }
  return { kind: 'unreachable', message, line: null }
}

process.stdout.write(JSON.stringify(answer(JSON.parse(readFileSync(0, 'utf8')) as SqliteRequest)))
