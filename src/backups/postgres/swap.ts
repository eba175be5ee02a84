// The exchange of two databases by renaming them in one transaction, and the names they get.
import { createHash } from 'node:crypto'
import { pause } from '../../lib/deadline.ts'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import type { Session } from '../../databases/database.ts'
import { quoted, type OpenSession } from '../../databases/postgres/session.ts'
import { onDatabase, type Server } from './scratch.ts'

/** Name of the copy that is ready to be renamed to `live`; the same for the same backup. */
export function stagedName(live: string, id: string): string {
  return `${stagedBeginning(live)}${id.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`.slice(0, 63)
}

/** What names of all staged copies of a database begin with. */
export function stagedBeginning(live: string): string {
  return `gonogo_staged_${createHash('sha256').update(live).digest('hex').slice(0, 8)}_`
}

/** `shop_replaced_20261121t101500123z`, within the 63 bytes that names have. */
export function keptName(live: string, now: number): string {
  const stamp = new Date(now).toISOString().toLowerCase().replaceAll(/[-:.]/g, '')
  const ending = `_replaced_${stamp}`
  let beginning = live
  while (Buffer.byteLength(beginning + ending) > 63) beginning = beginning.slice(0, -1)
  return beginning + ending
}

export async function exists(session: Session, database: string): Promise<boolean> {
  return (await session.all({ sql: 'SELECT 1 FROM pg_database WHERE datname = $1', parameters: [database] })).length > 0
}

/**
 * One transaction renames the live database to `kept` and `fresh` to `live`. Who is connected is disconnected meanwhile by a second
 * connection; who connects anew waits for the rename, because it holds the database's lock. @returns how many were disconnected.
 * @throws OutsideError when it cannot be done; then nothing has changed, but that connections were ended.
 */
export async function swap(
  server: Server,
  admin: OpenSession,
  names: { live: string; fresh: string; kept: string | null },
  signal: AbortSignal,
): Promise<number> {
  const run = (sql: string): Promise<number> => admin.run({ sql, parameters: [] })
  const disconnecting = new AbortController()
  const ended = new Set<unknown>()
  const disconnect = async (): Promise<void> => {
    if (names.kept === null) return
    await onDatabase(server, server.maintenance, AbortSignal.any([signal, disconnecting.signal]), async (second) => {
      while (!disconnecting.signal.aborted) {
        const pids = await second.all({ sql: DISCONNECT, parameters: [names.live] })
        for (const { pid } of pids) ended.add(pid)
        await pause(20, disconnecting.signal)
      }
    })
  }
  await refuseWhatStays(admin, names.live)
  let trouble: unknown = null
  const second = disconnect().catch((error: unknown) => {
    if (!disconnecting.signal.aborted) trouble = error
  })
  try {
    await run('BEGIN')
    if (names.kept !== null) await run(`ALTER DATABASE ${quoted(names.live)} RENAME TO ${quoted(names.kept)}`)
    await run(`ALTER DATABASE ${quoted(names.fresh)} RENAME TO ${quoted(names.live)}`)
    signal.throwIfAborted()
    await run('COMMIT')
    return ended.size
  } catch (error) {
    await run('ROLLBACK').catch(() => 0)
    throw trouble === null
      ? error
      : new OutsideError('backup', `${messageOf(error)}; ${messageOf(trouble)}`, {
          hint: 'stop what is connected to it, or GRANT pg_signal_backend to the user of `url`',
          cause: error,
        })
  } finally {
    disconnecting.abort()
    await second
  }
}

/**
 * Ends all connections to one database. In WHERE the planner may ask pg_terminate_backend before it looks at the name, and end those of
 * every database; in the list it cannot. Autovacuum is ended by the rename itself.
 */
export const DISCONNECT = `SELECT pid, pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type IS DISTINCT FROM 'autovacuum worker'`

/** What cannot be ended by disconnecting, told before anybody is. */
async function refuseWhatStays(admin: Session, live: string): Promise<void> {
  const [row] = await admin.all({
    sql: `SELECT (SELECT count(*) FROM pg_prepared_xacts WHERE database = $1) AS prepared,
      (SELECT count(*) FROM pg_replication_slots WHERE database = $1) AS slots`,
    parameters: [live],
  })
  if (Number(row?.prepared) > 0)
    throw new OutsideError('backup', `${live} has prepared transactions`, {
      hint: 'COMMIT PREPARED or ROLLBACK PREPARED them: pg_prepared_xacts lists them',
    })
  if (Number(row?.slots) > 0)
    throw new OutsideError(
      'backup',
      `${live} has logical replication slots, which would stay with the replaced database`,
      {
        hint: 'drop them (pg_replication_slots), restore, and set the replication up anew',
      },
    )
}
