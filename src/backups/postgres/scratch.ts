// Databases made for a while. Whose maker is gone is told by a lock its connection holds: the server lets go of it when the maker dies.
import { randomBytes } from 'node:crypto'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import type { Row, Session } from '../../databases/database.ts'
import { withDatabase } from '../../databases/postgres/place.ts'
import { openSession, quoted, type OpenSession } from '../../databases/postgres/session.ts'

/** First key of our advisory locks, "gono"; the second is the hash of the database's name. */
const LOCK = 0x676f6e6f
const CLEANING_MS = 60_000

/** A server, and how to get at it: `url` names the live database, `maintenance` one to be connected to while it is renamed. */
export interface Server {
  url: string
  maintenance: string
  lockTimeoutMs: number
  timeoutMs: number
}

/** One connection to a database of the server. */
function connectTo(server: Server, database: string, signal: AbortSignal): Promise<OpenSession> {
  const { lockTimeoutMs, timeoutMs } = server
  return openSession(
    { url: withDatabase(server.url, database), searchPath: [], lockTimeoutMs, statementTimeoutMs: timeoutMs },
    signal,
  )
}

/** Opens, uses and closes one. */
export async function onDatabase<T>(
  server: Server,
  database: string,
  signal: AbortSignal,
  use: (session: OpenSession) => Promise<T>,
): Promise<T> {
  const session = await connectTo(server, database, signal)
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

/** A name nobody has: `gonogo_scratch_1f0c5a...`. */
function unusedName(purpose: 'scratch' | 'restore'): string {
  return `gonogo_${purpose}_${randomBytes(9).toString('hex')}`
}

/**
 * Makes a database and drops it when `use` is over, unless `use` renamed it. Left-overs of killed makers are dropped first.
 * @throws OutsideError when it may not be made.
 */
export async function withMadeDatabase<T>(
  server: Server,
  purpose: 'scratch' | 'restore',
  createStatement: (database: string) => string,
  signal: AbortSignal,
  use: (database: string, admin: OpenSession) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  // Not ended by the signal: it has to drop what was made.
  const admin = await connectTo(server, server.maintenance, AbortSignal.timeout(server.timeoutMs + CLEANING_MS))
  const database = unusedName(purpose)
  try {
    await dropLeftOvers(admin)
    await admin.all({ sql: 'SELECT pg_advisory_lock($1, hashtext($2))', parameters: [LOCK, database] })
    await admin.run({ sql: createStatement(database), parameters: [] }).catch((error: unknown) => {
      throw explainCreation(error)
    })
    return await use(database, admin)
  } finally {
    await drop(server, admin, database)
    await admin.close()
  }
}

/** Drops what killed makers left. Another cleaner may be at it too. */
async function dropLeftOvers(admin: Session): Promise<void> {
  for (const { name } of await leftOvers(admin)) await dropNow(admin, String(name)).catch(() => 0)
}

/** Databases of ours that nobody holds, of those we may drop. */
function leftOvers(admin: Session): Promise<Row[]> {
  return admin.all({
    sql: `SELECT datname AS name FROM pg_database AS d
      WHERE datname ~ '^gonogo_(scratch|restore)_[0-9a-f]+$' AND pg_has_role(datdba, 'MEMBER')
        AND NOT EXISTS (SELECT FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid::int8 = $1
          AND l.objid::int8 = hashtext(d.datname)::int8 & 4294967295)`,
    parameters: [LOCK],
  })
}

/** The connection that made it may be lost: then another one tries, and else the next backup. */
async function drop(server: Server, admin: Session, database: string): Promise<void> {
  try {
    await dropNow(admin, database)
  } catch {
    await onDatabase(server, server.maintenance, AbortSignal.timeout(CLEANING_MS), (session) =>
      dropNow(session, database),
    ).catch(() => 0)
  }
}

/** With those connected, as a restore that outlived its maker. */
function dropNow(admin: Session, database: string): Promise<number> {
  return admin.run({ sql: `DROP DATABASE IF EXISTS ${quoted(database)} WITH (FORCE)`, parameters: [] })
}

function explainCreation(error: unknown): unknown {
  const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: string }
  if (code !== '42501') return error
  return new OutsideError('backup', messageOf(error), {
    hint: 'ALTER ROLE ... CREATEDB for the user of `url`: a copy is proved, and restored, in a database of its own',
    cause: error,
  })
}
