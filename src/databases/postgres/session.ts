// One connection to Postgres: statements in the order asked, each ended on the server when the signal aborts.
import type { Client } from 'pg'
import { pause } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { Row, Session, Statement, Value } from '../database.ts'
import { explainPostgres } from './explain.ts'
import { shownPlace } from './place.ts'
import { types } from './values.ts'

export interface ConnectOptions {
  /** With the password. */
  url: string
  /** Schemas whose tables are named without them, in this order; empty: as the server has it. */
  searchPath: readonly string[]
  lockTimeoutMs: number
  statementTimeoutMs: number
}

export interface OpenSession extends Session {
  /** Process id of the server's side. */
  readonly pid: number
  /** As the server counts: 150004. */
  readonly serverVersion: number
  /** Rolls back what was not committed. */
  close(): Promise<void>
}

/** Longest wait for the server to take a connection. */
const CONNECT_MS = 10_000
/** Longest wait for the server to end what was cancelled; then the connection is simply cut, which ends it as well, later. */
const CANCEL_MS = 3_000

/** Opens a connection of its own. @throws OutsideError when it cannot be had, or the signal aborts. */
export async function openSession(options: ConnectOptions, signal: AbortSignal): Promise<OpenSession> {
  signal.throwIfAborted()
  const client = await connect(options, signal)
  const session = new Connection(client, options, signal)
  try {
    await session.settle()
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

class Connection implements OpenSession {
  pid = 0
  serverVersion = 0
  readonly #client: Client
  readonly #options: ConnectOptions
  readonly #place: string
  readonly #signal: AbortSignal
  /** Why the connection is of no use any more: news of the server between two statements. */
  #broken: unknown = null
  #cancelling: Promise<void> = Promise.resolve()
  #running = 0

  constructor(client: Client, options: ConnectOptions, signal: AbortSignal) {
    this.#client = client
    this.#options = options
    this.#place = shownPlace(options.url)
    this.#signal = signal
    client.on('error', (error) => (this.#broken ??= error))
    signal.addEventListener('abort', this.#cancel, { once: true })
  }

  /** Settings of this connection; those that this server does not know are left out. */
  async settle(): Promise<void> {
    const { searchPath, lockTimeoutMs, statementTimeoutMs } = this.#options
    const settings: Record<string, string> = {
      statement_timeout: String(statementTimeoutMs),
      lock_timeout: String(lockTimeoutMs),
      // A snapshot is idle between statements, and ends with its connection.
      idle_in_transaction_session_timeout: '0',
      transaction_timeout: '0',
      // A statement ends on the server soon after we were killed.
      client_connection_check_interval: '1000',
      DateStyle: 'ISO, MDY',
      TimeZone: 'UTC',
      IntervalStyle: 'postgres',
      bytea_output: 'hex',
      extra_float_digits: '1',
      // An answer that leaves rows out without a word would be wrong; then there is an error instead.
      row_security: 'off',
      // Estimates of sums over whole tables are high enough for it every time, and compiling takes longer than it saves.
      jit: 'off',
      ...(searchPath.length > 0 ? { search_path: searchPath.map(quoted).join(', ') } : {}),
    }
    const rows = await this.all({
      sql: `SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version,
        (SELECT count(set_config(s.name, v.value, false)) FROM pg_settings AS s JOIN json_each_text($1::json) AS v ON v.key = s.name) AS set,
        (SELECT set_config('work_mem', '64MB', false) FROM pg_settings WHERE name = 'work_mem' AND setting::int < 65536) AS memory`,
      parameters: [JSON.stringify(settings)],
    })
    this.pid = Number(rows[0]?.pid)
    this.serverVersion = Number(rows[0]?.version)
  }

  async all({ sql, parameters }: Statement): Promise<Row[]> {
    // The extended protocol takes one statement only.
    const query = { text: sql, values: asSent(parameters), queryMode: 'extended' as const }
    const result = await this.#ask(() => this.#client.query<Row>(query))
    return result.rows
  }

  async run({ sql, parameters }: Statement): Promise<number> {
    const query = parameters.length > 0 ? { text: sql, values: asSent(parameters) } : { text: sql }
    const result: unknown = await this.#ask(() => this.#client.query(query))
    const results = (Array.isArray(result) ? result : [result]) as { rowCount: number | null; command: string | null }[]
    return results
      .filter(({ command }) => command !== null && CHANGING.test(command))
      .reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#cancel)
    await this.#cancelling
    const rolledBack = this.#broken === null && this.#running === 0 ? this.#client.query('ROLLBACK') : null
    const ended = (rolledBack ?? Promise.resolve()).catch(() => {}).then(() => this.#client.end())
    await Promise.race([ended.catch(() => {}), pause(CANCEL_MS)])
    cut(this.#client)
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.#signal.aborted) throw this.#aborted()
    if (this.#broken !== null) throw explainPostgres(this.#place, this.#broken)
    this.#running++
    try {
      return await work()
    } catch (error) {
      if (this.#signal.aborted) throw this.#aborted(error)
      // Told by the server before it hung up, it says more than that the connection is gone.
      throw explainPostgres(this.#place, isServers(error) ? error : (this.#broken ?? error))
    } finally {
      this.#running--
    }
  }

  readonly #cancel = (): void => {
    if (this.#running > 0) this.#cancelling = this.#cancelOnServer()
  }

  /** Over a second connection, while the first one is still ours and so is the process id. */
  async #cancelOnServer(): Promise<void> {
    const asked = (async () => {
      const second = await connect(this.#options, AbortSignal.timeout(CANCEL_MS))
      try {
        if (this.#running > 0) await second.query('SELECT pg_cancel_backend($1)', [this.pid])
      } finally {
        await second.end()
      }
    })().catch(() => {})
    await Promise.race([asked, pause(CANCEL_MS)])
    for (let waitedMs = 0; this.#running > 0 && waitedMs < CANCEL_MS; waitedMs += 10) await pause(10)
    if (this.#running > 0) cut(this.#client)
  }

  #aborted(cause?: unknown): OutsideError {
    const late = (this.#signal.reason as Error | undefined)?.name === 'TimeoutError'
    const what = late ? 'not done by the deadline' : 'cancelled'
    return new OutsideError('postgres', `${this.#place}: ${what}`, { retryable: true, cause })
  }
}

const CHANGING = /^(?:INSERT|UPDATE|DELETE|MERGE)\b/

async function connect({ url }: ConnectOptions, signal: AbortSignal): Promise<Client> {
  const { Client: PgClient } = await import('pg')
  const place = shownPlace(url)
  const client = new PgClient({
    connectionString: url,
    application_name: 'gonogo',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types,
  })
  // A connection that breaks later would otherwise be thrown as an uncaught event.
  client.on('error', () => {})
  const onAbort = (): void => cut(client)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await client.connect()
    return client
  } catch (error) {
    cut(client)
    throw signal.aborted
      ? new OutsideError('postgres', `${place}: cancelled while connecting`, { retryable: true })
      : explainPostgres(place, error)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Hangs up; the server rolls back. */
function cut(client: Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } }
  connection?.stream?.destroy()
}

function isServers(error: unknown): boolean {
  return typeof (error as { severity?: unknown } | null)?.severity === 'string'
}

function asSent(parameters: readonly Value[]): unknown[] {
  return parameters.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value))
}

/** A name as an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
