// Opening SQLite files, and what their errors mean to a person.
import { accessSync, closeSync, constants, existsSync, openSync, readSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { OWN_TABLES } from '../schema.ts'
import { diskFull } from './free-space.ts'

/** Primary result codes of SQLite. */
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

/** Waits this long for another connection's lock. */
const BUSY_TIMEOUT_MS = 10_000

/**
 * Whether this SQLite may write a WAL database that others have open: before 3.51.3 a connection that resets the log while
 * another checkpoints can corrupt the file. Early releases of Node 24 bring such a version.
 */
export function mayWriteSharedWal(version: string = process.versions.sqlite ?? '0'): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && (minor > 51 || (minor === 51 && patch >= 3)))
}

/**
 * Opens a database that others may use, to be read. With a SQLite that must not write it is opened read-only, which also keeps
 * it from emptying the log when it is the last to close.
 * @throws OutsideError when it is not there or is no SQLite database.
 */
export function openForReading(file: string): DatabaseSync {
  return openLive(file, !mayWriteSharedWal())
}

/** Opens a database that others may use, to be replaced. @throws OutsideError */
export function openForWriting(file: string): DatabaseSync {
  return openLive(file, false)
}

/**
 * Opens for a session: a reading one cannot write at all.
 * @throws OutsideError also where this SQLite must not write a WAL database that others have open.
 */
export function openForSession(
  file: string,
  { mode, lockTimeoutMs }: { mode: 'read' | 'write'; lockTimeoutMs: number },
): DatabaseSync {
  if (mode === 'write') requireWritable(file)
  else requireNoIndexOfOurs(file)
  const database = openLive(file, mode === 'read', lockTimeoutMs)
  if (mode === 'read' || mayWriteSharedWal() || journalMode(database) !== 'wal') return database
  database.close()
  throw new OutsideError(
    'sqlite',
    `${file} is in WAL mode, which SQLite ${process.versions.sqlite} can corrupt when it writes beside others (fixed in 3.51.3)`,
    { hint: 'use a newer Node 24' },
  )
}

/**
 * A reader of a WAL database makes the index of its log where there is none. Made by somebody who may not write the database, it would be one that
 * its owner cannot write either.
 */
function requireNoIndexOfOurs(file: string): void {
  const refusal = existsSync(file) ? refusalToWrite(file) : null
  if (!refusal || existsSync(`${file}-shm`) || !isInWalMode(file)) return
  throw new OutsideError(
    'sqlite',
    `${file} is in WAL mode and may not be written by this user, and nobody has it open`,
    {
      hint: 'run gonogo as the user of the service, or while the service has it open',
    },
  )
}

/** Byte 18 of the header: 2 is WAL. */
function isInWalMode(file: string): boolean {
  const header = Buffer.alloc(20)
  const handle = openSync(file, 'r')
  try {
    return readSync(handle, header, 0, 20, 0) === 20 && header[18] === 2
  } finally {
    closeSync(handle)
  }
}

/** SQLite opens a file it may not write for reading instead, and then takes no lock where it says that it does. */
function requireWritable(file: string): void {
  const refusal = refusalToWrite(file)
  if (refusal === null || refusal === 'ENOENT') return
  throw new OutsideError('sqlite', `${file} is read-only for this user (${refusal})`, {
    hint: 'give gonogo permission to write the file and its directory: SQLite keeps its log there',
  })
}

/** The error code with which the system refuses this user to write the file; null where it does not. */
function refusalToWrite(file: string): string | null {
  try {
    accessSync(file, constants.W_OK)
    return null
  } catch (error) {
    return codeOf(error) ?? 'unknown'
  }
}

/** Opens a copy nobody writes: no locks, no log, nothing created beside it. @throws OutsideError */
export function openCopy(file: string): DatabaseSync {
  return explained(file, () => new DatabaseSync(new URL(`${pathToFileURL(file).href}?immutable=1`), { readOnly: true }))
}

/** Runs `work`; what SQLite says against `file` becomes an OutsideError with a remedy. */
export function explained<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explain(file, error)
  }
}

/** Whether SQLite says that the file is no database, or a broken one. */
export function isDamage(error: unknown): boolean {
  return [CORRUPT, NOTADB].includes(resultCode(error))
}

/** Whether SQLite says that another connection has a lock. */
export function isLocked(error: unknown): boolean {
  return [BUSY, LOCKED].includes(resultCode(error))
}

/** Whether the backup API found its target locked: it then reports the code of no error. */
export function isBusyTarget(error: unknown): boolean {
  return isLocked(error) || resultCode(error) === 0
}

/** `wal`, `delete`, ... */
export function journalMode(database: DatabaseSync): string {
  return String(database.prepare('PRAGMA journal_mode').get()?.journal_mode)
}

/** Rows per table of a database in use. @throws OutsideError */
export function countRowsIn(file: string): Record<string, number> {
  using database = openForReading(file)
  return explained(file, () => countRows(database))
}

/** Rows per table. Left out: virtual tables and their parts, which may need extensions and are derived anyway, and tables of gonogo's own. */
export function countRows(database: DatabaseSync): Record<string, number> {
  const tables = database
    .prepare(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       AND substr(name, 1, ${OWN_TABLES.length}) <> '${OWN_TABLES}'`,
    )
    .all() as { name: string }[]
  const counts = tables.map(({ name }) => {
    const row = database.prepare(`SELECT count(*) AS count FROM "${name.replaceAll('"', '""')}"`).get()
    return [name, Number(row?.count)] as const
  })
  return Object.fromEntries(counts)
}

function openLive(file: string, readOnly: boolean, timeout = BUSY_TIMEOUT_MS): DatabaseSync {
  // SQLite would create it.
  if (!existsSync(file)) throw new OutsideError('sqlite', `there is no database ${file}`)
  return explained(file, () => {
    const database = new DatabaseSync(file, { readOnly, timeout })
    try {
      database.prepare('SELECT count(*) FROM sqlite_schema').get()
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** What SQLite says against `file`, as an OutsideError with a remedy; any other error, also one explained before, as it is. */
export function explain(file: string, error: unknown): unknown {
  if (error instanceof OutsideError) return error
  const because = { cause: error }
  switch (resultCode(error)) {
    case -1:
      return error
    case NOTADB:
      return new OutsideError('sqlite', `${file} is not a SQLite database, or is encrypted`, {
        ...because,
        hint: 'name the SQLite file itself, unencrypted',
      })
    case CORRUPT:
      return new OutsideError('sqlite', `${file} is damaged: ${messageOf(error)}`, {
        ...because,
        hint: 'restore a verified backup: gonogo backup restore',
      })
    case CANTOPEN:
    case READONLY:
      return new OutsideError('sqlite', `cannot open ${file}: ${messageOf(error)}`, {
        ...because,
        hint: 'give gonogo permission to write the file and its directory: SQLite keeps its log there',
      })
    case BUSY:
    case LOCKED:
      return new OutsideError('sqlite', `${file} is locked by another process`, {
        ...because,
        retryable: true,
        hint: 'end its long transaction, or stop it',
      })
    case FULL:
      return diskFull(`while writing ${file}`, 'make room on that disk')
    case IOERR:
      return new OutsideError('sqlite', `${file}: ${messageOf(error)}`, { ...because, retryable: true })
    default:
      return new OutsideError('sqlite', `${file}: ${messageOf(error)}`, because)
  }
}

/** SQLite's primary result code; of an error already explained, that of its cause; -1 where it is no error of SQLite. */
function resultCode(error: unknown): number {
  if (error instanceof OutsideError) return resultCode(error.cause)
  const errcode = (error as { errcode?: unknown } | null)?.errcode
  return typeof errcode === 'number' ? errcode & 0xff : -1
}
