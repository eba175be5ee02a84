// Our own tables, typed, and patience with a Postgres that is away for a while.
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import type { ColumnType } from 'kysely'
import { Pool, types } from 'pg'
import { pause } from '../lib/deadline.ts'
import { codeOf, messageOf, OutsideError } from '../lib/errors.ts'
import type { EnvironmentLock, LockEvent } from './environment-locks.ts'
import type { LedgerEntry, Pace, RunRecord } from '../plan/run-record.ts'
import type { WayBack } from '../plan/way-back.ts'
import { migrate } from './migrations.ts'

/** Read as a value, written as JSON text. */
type Json<T> = ColumnType<T, string, string>

/** Column names are the snake_case of these. */
interface RunsTable extends Omit<RunRecord, 'wayBack' | 'pace'> {
  wayBack: Json<WayBack>
  pace: Json<Pace>
  /** The locked plan, as the text it was given as. */
  plan: string
}

interface LedgerTable extends Omit<LedgerEntry, 'body'> {
  runId: string
  body: Json<Record<string, unknown>>
}

export interface Tables {
  'gonogo.runs': RunsTable
  'gonogo.ledger': LedgerTable
  'gonogo.environmentLocks': EnvironmentLock
  'gonogo.lockEvents': LockEvent
}

export interface Database {
  /**
   * Runs a query that may be run again: while Postgres is away it is repeated until `patienceMs` have passed.
   * @throws OutsideError when Postgres stays away or refuses; the driver's own error for a broken constraint.
   */
  query<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface DatabaseOptions {
  url: string
  /** How long a query waits for a Postgres that is away. @default 120 s */
  patienceMs?: number
  /** Connections at the most. @default 4 */
  connectionsMax?: number
}

const QUERY_TIMEOUT_MS = 30_000
const INT8 = 20

/** Connects, and brings the schema to this program's version. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const pool = new Pool({
    connectionString: options.url,
    application_name: `gonogo ${process.pid}`,
    max: options.connectionsMax ?? 4,
    connectionTimeoutMillis: 10_000,
    query_timeout: QUERY_TIMEOUT_MS,
    // Milliseconds since the epoch fit a double; pg gives 64-bit integers as text unless told so.
    types: { getTypeParser: (id, format) => (id === INT8 ? Number : types.getTypeParser(id, format)) },
  })
  // A connection that breaks is replaced; whoever needs it next meets the problem if there still is one. Without the
  // second line one that breaks between being borrowed and being used would take the process down.
  pool.on('error', () => {})
  pool.on('connect', (client) => void client.on('error', () => {}))
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
  const patienceMs = options.patienceMs ?? 120_000
  const database: Database = {
    query: (work) => withPatience(() => work(db), patienceMs),
    close: () => db.destroy(),
  }
  try {
    await database.query(migrate)
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

/** Repeats `work` with growing pauses while it fails for want of a connection. */
async function withPatience<T>(work: () => Promise<T>, patienceMs: number): Promise<T> {
  const endsAt = performance.now() + patienceMs
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    try {
      return await work()
    } catch (cause) {
      if (isRefusal(cause))
        throw new OutsideError('postgres', messageOf(cause), {
          cause,
          hint: 'see the disk of the database server, and what its user may do',
        })
      if (!isAway(cause)) throw cause
      if (performance.now() >= endsAt)
        throw new OutsideError('postgres', `away for ${Math.round(patienceMs / 1000)} s: ${messageOf(cause)}`, {
          cause,
          retryable: true,
          hint: 'see that the database server runs and can be reached',
        })
      await pause(pauseMs)
    }
  }
}

/** Disk full, out of memory (class 53; too many connections pass by themselves), no permission, read-only, no such database. */
const REFUSAL_CODES = /^(53(?!300)...|42501|25006|3D000|28...)$/

function isRefusal(error: unknown): boolean {
  return REFUSAL_CODES.test(codeOf(error) ?? '')
}

const AWAY_CODES =
  /^(08...|57P0.|53300|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/
const AWAY_WORDS = /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable/i

function isAway(error: unknown): boolean {
  const code = codeOf(error)
  return code ? AWAY_CODES.test(code) : AWAY_WORDS.test(messageOf(error))
}

/** Whether a unique constraint refused the query; with `constraint`, whether it was that one. */
export function isTaken(error: unknown, constraint?: string): boolean {
  const { code, constraint: broken } = error as { code?: unknown; constraint?: unknown }
  return code === '23505' && (constraint === undefined || broken === constraint)
}
