// How lock and statement time-outs get to a Postgres server through a tool that opens the connection itself.
import { isPostgresUrl } from './options.ts'
import type { MigrationPlace } from './tool.ts'

/** Environment for a tool, and how the time-outs travel in it. */
export interface Passage {
  env: Record<string, string>
  says: string
}

/**
 * Time-outs as `options` of the connection URL, and as PGOPTIONS for clients that read that. A value of 0 is no time-out.
 * libpq (psycopg), node-postgres and Prisma take `options` from the URL; libpq and node-postgres read PGOPTIONS too. A URL's `options`
 * win over PGOPTIONS, so what stands in either is kept and ours comes last.
 */
export function connectionEnv(place: MigrationPlace, readsPgOptions: boolean): Passage {
  const { env, databaseVariable } = place
  const url = place.database ?? env[databaseVariable] ?? null
  const settings = `-c lock_timeout=${place.lockTimeoutMs} -c statement_timeout=${place.statementTimeoutMs}`
  const pgOptions = { PGOPTIONS: [env.PGOPTIONS, settings].filter(Boolean).join(' ') }
  if (url !== null && isPostgresUrl(url)) {
    const handed = { [databaseVariable]: withOptions(url, settings) }
    return { env: { ...pgOptions, ...handed }, says: `${told(place)} by the connection URL` }
  }
  if (url === null && readsPgOptions)
    return { env: pgOptions, says: `${told(place)} by PGOPTIONS: heeded where the database is Postgres` }
  return {
    env: url === null ? {} : { [databaseVariable]: url },
    says: 'lock and statement time-outs could not be set: no Postgres URL is known',
  }
}

/** `lock time-out 5000 ms, statement time-out 60000 ms`. */
export function told({ lockTimeoutMs, statementTimeoutMs }: MigrationPlace): string {
  return `lock time-out ${lockTimeoutMs} ms, statement time-out ${statementTimeoutMs} ms`
}

/** The URL with these settings after those that its `options` have already. Spaces must be %20: libpq does not know `+`. */
export function withOptions(url: string, settings: string): string {
  const [base = '', query = ''] = url.split('?', 2)
  const parts = query.split('&').filter(Boolean)
  const own = parts.find((part) => part.startsWith('options='))
  const options = own === undefined ? settings : `${decodeURIComponent(own.slice('options='.length))} ${settings}`
  const others = parts.filter((part) => part !== own)
  return `${base}?${[...others, `options=${encodeURIComponent(options)}`].join('&')}`
}
