// Asking Postgres: read only, statement by statement, ended by the server itself at the time limit.
import { Socket } from 'node:net'
import type { QueryConfig } from 'pg'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { bound, withBoundedSockets } from './bounded-sockets.ts'

export type Row = Record<string, string | null>

/**
 * One statement, or several of which the last one gives rows, in a read-only transaction of its own; values as the server writes them.
 * @throws what the server or the network says.
 */
export type Ask = (sql: string | readonly string[], values?: readonly (string | null)[]) => Promise<Row[]>

/** Options that every kind has that asks Postgres. */
export const postgresFields = {
  url: url('postgres', 'postgresql').describe('Postgres URL; a secret: write ${env:DATABASE_URL}'),
  timeoutMs: timeoutMs(15_000).describe('how long each question may take, letting us in included'),
}

export interface PostgresPlace {
  url: string
  timeoutMs: number
}

/** Connects, lets `work` ask, and leaves. Aborting ends the connection, and with it what the server does for us. */
export function withPostgres<T>(place: PostgresPlace, signal: AbortSignal, work: (ask: Ask) => Promise<T>): Promise<T> {
  return withBoundedSockets(async () => {
    const { Client } = await import('pg')
    const client = new Client({
      connectionString: place.url,
      connectionTimeoutMillis: place.timeoutMs,
      query_timeout: place.timeoutMs + 1000,
      application_name: 'gonogo',
      types: { getTypeParser: () => String },
      stream: () => bound(new Socket()),
    })
    // A connection that breaks after an answer would otherwise be thrown as an uncaught event.
    client.on('error', () => {})
    const close = (): void => {
      void client.end().catch(() => {})
      // A server that never answers never hangs up either.
      ;(client as unknown as { connection: { stream: Socket } }).connection.stream.destroySoon()
    }
    signal.addEventListener('abort', close, { once: true })
    try {
      await client.connect()
      // So that a statement ends on the server too when we are cancelled or killed. Servers before 14 do not know it.
      await client.query("SET client_connection_check_interval = '1s'").catch(() => {})
      return await work(async (sql, values = []) => {
        await client.query(`BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${place.timeoutMs}`)
        try {
          const statements = [sql].flat()
          const last = statements.pop() ?? ''
          // The extended protocol takes one statement only: nothing can be hidden behind it.
          for (const text of statements) await client.query({ text, queryMode: 'extended' } as QueryConfig)
          return (await client.query<Row>({ text: last, values: [...values], queryMode: 'extended' } as QueryConfig))
            .rows
        } finally {
          await client.query('ROLLBACK').catch(() => {})
        }
      })
    } finally {
      signal.removeEventListener('abort', close)
      close()
    }
  })
}

/** Judges by what Postgres says; where it cannot be asked, or does not say, there is no verdict. */
export async function askPostgres(
  place: PostgresPlace,
  signal: AbortSignal,
  work: (ask: Ask) => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await withPostgres(place, signal, work)
  } catch (error) {
    return unverified(`${publicUrl(place.url)}: ${messageOf(error)}`, { remedy: remedyOf(error) })
  }
}

/** Whether it was the login that was refused, or something that it may not see, rather than the server that is not there. */
export function isRefused(error: unknown): boolean {
  return /^(?:28|42501|3D000)/.test(codeOf(error) ?? '') || /password must be a string/.test(messageOf(error))
}

function remedyOf(error: unknown): string {
  if (isRefused(error)) return 'see user, password and database of the url, and what that user is granted'
  if (codeOf(error) === '57014' || /timeout/i.test(messageOf(error)))
    return 'raise timeoutMs, or find out what the server is busy with'
  return 'see that Postgres runs there, that this machine may reach it, and that what is asked is right'
}
