// How this folder connects to Postgres: with time limits everywhere, and errors DBOS knows how to wait out.
import { Socket } from 'node:net'
import type { ClientConfig } from 'pg'

/** Settings for a client or a pool. `name` is what others see in pg_stat_activity; 63 bytes of it are kept. */
export function connectionOptions(databaseUrl: string, name: string): ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: name,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    stream: openSocket,
  }
}

/**
 * What DBOS does not know it does not wait out: an unknown error would end the run. A server on a Unix socket that is being started again
 * has no socket file for a moment, which is the same as a refused connection; one that was killed while we write is the same as a reset.
 */
function openSocket(): Socket {
  return new Socket().prependListener('error', (error: NodeJS.ErrnoException) => {
    error.code = KNOWN_TO_DBOS[error.code ?? ''] ?? error.code
  })
}

const KNOWN_TO_DBOS: Record<string, string> = { ENOENT: 'ECONNREFUSED', EPIPE: 'ECONNRESET' }
