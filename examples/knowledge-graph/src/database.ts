// Opens the graph's SQLite file the one way everything here uses it: WAL, patient with other writers.
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** How long a writer waits for another one before it gives up. */
const BUSY_TIMEOUT_MS = 5000

/** First SQLite without the WAL-reset fault that can corrupt a database with several writers. */
const SQLITE_MIN = '3.51.3'

/**
 * Opens an existing database.
 * @throws Error when there is none at `path`, or when this SQLite may not write in WAL mode.
 */
export function openDatabase(path: string, options: { readOnly?: boolean } = {}): DatabaseSync {
  if (!existsSync(path)) throw new Error(`${path}: no such database; make one with \`node scripts/generate.ts\``)
  const database = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: BUSY_TIMEOUT_MS })
  try {
    if (!options.readOnly) prepareForWriting(database)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function prepareForWriting(database: DatabaseSync): void {
  const version = String(database.prepare('SELECT sqlite_version() AS version').get()?.version)
  if (compareVersions(version, SQLITE_MIN) < 0)
    throw new Error(`SQLite ${version} can corrupt a database in WAL mode; ${SQLITE_MIN} or newer is needed`)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** Runs `work` in one write transaction: all of it or nothing. The lock is taken first, so it never fails half-way. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** The one number a query gives. */
export function readNumber(database: DatabaseSync, sql: string, ...parameters: (string | number)[]): number {
  const row = database.prepare(sql).get(...parameters)
  return Number(row ? Object.values(row)[0] : Number.NaN)
}
