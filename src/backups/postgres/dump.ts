// Takes a dump of one moment: an exported snapshot in which the rows are counted while pg_dump's own connections copy it.
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import type { Row } from '../../databases/database.ts'
import { forLibpq, partsOf, shownPlace } from '../../databases/postgres/place.ts'
import type { OpenSession } from '../../databases/postgres/session.ts'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import { besides } from '../../lib/besides.ts'
import { countRows } from './count-rows.ts'
import { readDress } from './dress.ts'
import { onDatabase, type Server } from './scratch.ts'
import { findTools, runTool, type Tools } from './tools.ts'

/** Lies in the dump, beside what pg_dump wrote; pg_restore does not look at it. */
export const DRESS = 'gonogo-database.json'

/** Older servers cannot drop a database that is in use, or name an ICU locale. */
const OLDEST_MAJOR = 13

export interface Dump {
  takenAt: number
  rows: Record<string, number>
  identity: Record<string, string | number>
  tools: Tools
  serverVersion: string
}

export interface DumpOptions {
  server: Server
  /** Does not exist yet. */
  file: string
  jobs: number
  tools: string | undefined
  /** Name of a restore point to be set in the log of the server at this moment, or null. */
  restorePoint: string | null
}

/** @throws OutsideError when it cannot be taken whole. */
export async function takeDump(
  { server, file, jobs, tools: given, restorePoint }: DumpOptions,
  signal: AbortSignal,
): Promise<Dump> {
  const { database } = partsOf(server.url)
  return onDatabase(server, database, signal, async (session) => {
    const about = await describeServer(session, database)
    const tools = await findTools(majorOf(session), given)
    requireFreeBytes(join(file, '..'), Number(about.bytes) / COMPRESSED, `a dump of ${shownPlace(server.url)}`)
    const dress = await readDress(session, database)
    // Everything committed by now is in it.
    const takenAt = Date.now()
    await session.run({ sql: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', parameters: [] })
    const [exported] = await session.all({ sql: 'SELECT pg_export_snapshot() AS id', parameters: [] })
    const point = restorePoint === null ? {} : await setRestorePoint(session, restorePoint)
    const [, rows] = await besides(
      (both) => dumpTo(file, String(exported?.id), { server, jobs, tools, signal: both }),
      () => countRows(session),
      signal,
    )
    writeFileSync(join(file, DRESS), JSON.stringify(dress, null, 2), { mode: 0o600 })
    const { host, port } = partsOf(server.url)
    const identity = { host, port, database, takenFrom: hostname(), systemIdentifier: String(about.system), ...point }
    return { takenAt, rows, identity, tools, serverVersion: String(about.version) }
  })
}

/** A dump with pg_dump's quickest compression is about a third of the tables; more is wanted than that. */
const COMPRESSED = 2

export function majorOf(session: OpenSession): number {
  const major = Math.floor(session.serverVersion / 10_000)
  if (major >= OLDEST_MAJOR) return major
  throw new OutsideError(
    'backup',
    `the server is Postgres ${major}, ${OLDEST_MAJOR} is the oldest whose copies can be proved and restored`,
    {
      hint: 'update the server: its makers no longer do',
    },
  )
}

async function describeServer(session: OpenSession, database: string): Promise<Row> {
  const ask = async (sql: string): Promise<Row | undefined> => (await session.all({ sql, parameters: [] }))[0]
  const size = await ask(
    `SELECT current_setting('server_version') AS version, coalesce(sum(pg_table_size(oid)), 0)::int8 AS bytes FROM pg_class WHERE relkind IN ('r', 'm', 't') AND relnamespace <> 'pg_catalog'::regnamespace`,
  )
  if (!size) throw new OutsideError('backup', `${database} did not say what it is`)
  // Some who host databases do not give it.
  const system = await ask('SELECT system_identifier::text AS system FROM pg_control_system()').catch(() => undefined)
  return { ...size, system: system?.system ?? 'unknown' }
}

async function setRestorePoint(session: OpenSession, name: string): Promise<Record<string, string>> {
  try {
    const [point] = await session.all({ sql: 'SELECT pg_create_restore_point($1)::text AS lsn', parameters: [name] })
    return { restorePoint: name, restorePointLsn: String(point?.lsn) }
  } catch (error) {
    throw new OutsideError('backup', `no restore point could be set: ${(error as Error).message}`, {
      hint: 'it takes wal_level replica, a primary, and EXECUTE on pg_create_restore_point(text); or set `restorePoint: false`',
      cause: error,
    })
  }
}

async function dumpTo(
  file: string,
  snapshot: string,
  { server, jobs, tools, signal }: { server: Server; jobs: number; tools: Tools; signal: AbortSignal },
): Promise<void> {
  const { dbname, env } = forLibpq(server.url)
  const args = [
    '--format=directory',
    `--jobs=${jobs}`,
    '--compress=1',
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${server.lockTimeoutMs}`,
    '--no-password',
    `--file=${file}`,
    `--dbname=${dbname}`,
  ]
  await runTool(tools, 'pg_dump', args, { env, timeoutMs: server.timeoutMs, signal })
}
