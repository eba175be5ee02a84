// A transaction in which nobody else writes what it reads, and what tells whether somebody did since the last one.
import { sql } from 'kysely'
import { relationOf } from '../terms.ts'
import { type SqlSession } from './sql.ts'

/** Thrown to take a transaction back without being a failure. */
export class TakenBack<T> extends Error {
  readonly result: T

  constructor(result: T) {
    super('taken back')
    this.result = result
  }
}

/**
 * SQLite: the write lock of the whole database. Postgres: the tables named let others read and nobody else write; always in the same
 * order, so that two fixes do not wait for each other.
 */
export async function inTransaction<T>(
  session: SqlSession,
  tables: Iterable<string>,
  work: () => Promise<T>,
): Promise<T> {
  await session.run(session.engine === 'sqlite' ? sql`BEGIN IMMEDIATE` : sql`BEGIN`)
  try {
    const locked = [...new Set(tables)].toSorted()
    if (session.engine === 'postgres' && locked.length > 0)
      await session.run(
        sql`LOCK TABLE ${sql.join(locked.map((table) => relationOf('postgres', table)))} IN SHARE ROW EXCLUSIVE MODE`,
      )
    const result = await work()
    await session.run(sql`COMMIT`)
    return result
  } catch (error) {
    // A connection that is gone has rolled back already.
    await session.run(sql`ROLLBACK`).catch(() => undefined)
    if (error instanceof TakenBack) return error.result as T
    throw error
  }
}

/** Tells, by comparing two of them, whether other connections may have committed in between. */
export interface Watermark {
  /** Equal: nobody has. */
  seen: string
}

/** Inside a transaction, before anything is read. */
export async function readWatermark(session: SqlSession): Promise<Watermark> {
  const query =
    session.engine === 'sqlite'
      ? sql`SELECT data_version AS mark FROM pragma_data_version`
      : sql`SELECT pg_snapshot_xmin(pg_current_snapshot())::text || ' ' || pg_snapshot_xmax(pg_current_snapshot())::text AS mark`
  const [row] = await session.all(query)
  return { seen: String(row?.mark) }
}

/** What the next transaction will see if only this one is committed. Asked at its end. */
export async function watermarkAfter(session: SqlSession): Promise<Watermark> {
  if (session.engine === 'sqlite') return readWatermark(session)
  const [row] = await session.all(
    sql`SELECT (pg_current_xact_id()::text::numeric + 1)::text || ' ' || (pg_current_xact_id()::text::numeric + 1)::text AS mark`,
  )
  return { seen: String(row?.mark) }
}

/** SQLite moves its log into the file as part of a commit; where transactions are to be short, between them instead. */
export async function checkpointBetween(session: SqlSession): Promise<void> {
  if (session.engine === 'sqlite') await session.all(sql`PRAGMA wal_autocheckpoint = 0`)
}

/** Holds up neither readers nor writers. */
export async function checkpoint(session: SqlSession): Promise<void> {
  if (session.engine === 'sqlite') await session.all(sql`PRAGMA wal_checkpoint(PASSIVE)`)
}
