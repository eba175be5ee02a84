// One query on Postgres in a transaction that can only read; the server itself ends it at the time limit.
import { ROWS_MAX, type Rows } from './rows.ts'

/** @throws Error of the server or of the connection. */
export async function askPostgres(
  connectionString: string,
  query: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Rows> {
  const { Client } = await import('pg')
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs + 500,
    application_name: 'gonogo sql',
  })
  // A connection that breaks after an answer would otherwise be thrown as an uncaught event.
  client.on('error', () => {})
  const close = (): void => void client.end().catch(() => {})
  signal.addEventListener('abort', close, { once: true })
  try {
    await client.connect()
    // Said in the session, not when connecting: a pooler in between refuses settings there.
    await client.query('BEGIN TRANSACTION READ ONLY')
    await client.query(`SET LOCAL statement_timeout = ${timeoutMs}`)
    // So that a query ends on the server too when we are cancelled or killed. Servers before 14 do not know it.
    await client.query('SAVEPOINT own')
    await client
      .query("SET LOCAL client_connection_check_interval = '1s'")
      .catch(() => client.query('ROLLBACK TO SAVEPOINT own'))
    // The extended protocol takes one statement only, and a cursor one that reads: nothing can be hidden behind the query.
    const cursor = { text: `DECLARE own_rows NO SCROLL CURSOR FOR ${query}`, queryMode: 'extended' }
    await client.query(cursor)
    const result = await client.query<(string | null)[]>({
      text: `FETCH ${ROWS_MAX + 1} FROM own_rows`,
      rowMode: 'array' as const,
      types: { getTypeParser: () => String },
    })
    return result.rows
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}
