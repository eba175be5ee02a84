// A Postgres database as the store of a folder of plain SQL.
import type { Client } from 'pg'
import { messageOf } from '../../lib/errors.ts'
import type { MigrationPlace } from '../tool.ts'
import type { Statement } from './statements.ts'
import { SOMEBODY_ELSE, TABLE, type Applied, type Change, type Failure, type Store } from './store.ts'

/** Key of the advisory lock that one migrating process holds: "gonogo" in ASCII. */
const LOCK_KEY = 0x676f_6e6f_676f
const LOCK_NOT_AVAILABLE = '55P03'

interface DatabaseError extends Error {
  code?: string
  /** 1-based character of the query. */
  position?: string
  hint?: string
}

/** Each change is one connection and one transaction: it works through poolers, and what is killed is rolled back by the server. */
export function openPostgresStore(url: string, place: MigrationPlace): Store {
  return {
    applied: () => connected(url, place, readApplied),
    carryOut: (change) => connected(url, place, (client) => carryOut(client, change, place)),
  }
}

async function connected<T>(
  url: string,
  place: MigrationPlace,
  work: (client: Client) => Promise<T>,
): Promise<T | Failure> {
  const { Client } = await import('pg')
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'gonogo migration',
  })
  // A connection that breaks after an answer would otherwise be thrown as an uncaught event.
  client.on('error', () => {})
  const close = (): void => void client.end().catch(() => {})
  if (place.signal.aborted) return { kind: 'unreachable', message: 'was stopped', line: null }
  place.signal.addEventListener('abort', close, { once: true })
  try {
    await client.connect()
    // So that a statement ends on the server too when we are cancelled or killed. Servers before 14 do not know it.
    await client.query("SET client_connection_check_interval = '1s'").catch(() => {})
    return await work(client)
  } catch (error) {
    return { kind: 'unreachable', message: messageOf(error), line: null }
  } finally {
    place.signal.removeEventListener('abort', close)
    close()
  }
}

async function readApplied(client: Client): Promise<Applied[]> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [TABLE])
  if (!rows[0]?.there) return []
  return (await client.query<Applied>(`SELECT version, checksum FROM ${TABLE} ORDER BY position`)).rows
}

async function carryOut(client: Client, change: Change, place: MigrationPlace): Promise<Failure | null> {
  let committing = false
  let at: Statement | null = null
  try {
    await client.query('BEGIN')
    await client.query(`SET LOCAL lock_timeout = ${Math.round(place.lockTimeoutMs)}`)
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY])
    await client.query(`SET LOCAL statement_timeout = ${Math.round(place.statementTimeoutMs)}`)
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (position bigserial PRIMARY KEY, version text NOT NULL UNIQUE, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    )
    const now = (await readApplied(client)).map(({ version }) => version)
    if (now.join('\n') !== change.expected.join('\n'))
      return await rolledBack(client, { kind: 'changed', message: SOMEBODY_ELSE, line: null })
    for (const statement of change.statements) {
      at = statement
      await runAlone(client, statement)
    }
    at = null
    await record(client, change)
    committing = true
    await client.query('COMMIT')
    return null
  } catch (error) {
    const failure = failureOf(error as DatabaseError, at)
    if (committing) return { ...failure, kind: 'uncertain' }
    return rolledBack(client, failure)
  }
}

/** The extended protocol takes one statement only: nothing that ends the transaction can be hidden behind another. */
async function runAlone(client: Client, { sql: text }: Statement): Promise<void> {
  const query = { text, queryMode: 'extended' }
  await client.query(query)
}

async function record(client: Client, { way, version, checksum }: Change): Promise<void> {
  if (way === 'down') await client.query(`DELETE FROM ${TABLE} WHERE version = $1`, [version])
  else await client.query(`INSERT INTO ${TABLE} (version, checksum) VALUES ($1, $2)`, [version, checksum])
}

async function rolledBack(client: Client, failure: Failure): Promise<Failure> {
  await client.query('ROLLBACK').catch(() => {})
  return failure
}

function failureOf(error: DatabaseError, at: Statement | null): Failure {
  const message = [messageOf(error), error.hint].filter(Boolean).join('; ')
  if (error.code === LOCK_NOT_AVAILABLE) return { kind: 'locked', message, line: at?.line ?? null }
  if (at === null || error.code === undefined) return { kind: 'unreachable', message, line: null }
  const position = Number(error.position)
  const below = Number.isInteger(position) && position > 0 ? newlines(at.sql, position - 1) : 0
  return { kind: 'statement', message, line: at.line + below }
}

/** How many lines end in the first so many characters. Postgres counts characters, not UTF-16 units. */
function newlines(sql: string, characters: number): number {
  const before = Array.from(sql.slice(0, characters * 2)).slice(0, characters)
  return before.filter((character) => character === '\n').length
}
