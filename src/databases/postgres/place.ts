// A Postgres URL taken apart: what may be shown, what the server's own programs understand, and the same place with another database.

/** @returns `host:5432/app`: never a user or a password. */
export function shownPlace(url: string): string {
  if (!URL.canParse(url)) return 'postgres'
  const { host, port, database } = partsOf(url)
  return `${host}:${port}/${database}`
}

export interface PlaceParts {
  /** Of a socket its directory. */
  host: string
  port: number
  database: string
  user: string
}

/** @throws TypeError when it is no URL. */
export function partsOf(url: string): PlaceParts {
  const parsed = new URL(url)
  const user = decodeURIComponent(parsed.username) || parsed.searchParams.get('user') || ''
  return {
    host: decodeURIComponent(parsed.hostname) || parsed.searchParams.get('host') || 'localhost',
    port: Number(parsed.port || parsed.searchParams.get('port') || 5432),
    database: decodeURIComponent(parsed.pathname.slice(1)) || parsed.searchParams.get('dbname') || user || 'postgres',
    user,
  }
}

/** The same server and user, another database. */
export function withDatabase(url: string, database: string): string {
  const parsed = new URL(url)
  parsed.searchParams.delete('dbname')
  parsed.pathname = `/${encodeURIComponent(database)}`
  return parsed.href
}

/** Parameters of a URL that libpq knows; drivers have others (`schema`, `pgbouncer`, `connection_limit`), which it refuses. */
const LIBPQ =
  /^(?:host|hostaddr|port|user|dbname|connect_timeout|options|service|ssl\w+|gssencmode|krbsrvname|target_session_attrs|channel_binding|keepalives\w*|tcp_user_timeout)$/

/** For `--dbname` of pg_dump, pg_restore and psql; the password goes by PGPASSWORD, because arguments are seen by everybody. */
export function forLibpq(url: string): { dbname: string; env: Record<string, string> } {
  const parsed = new URL(url)
  const password = decodeURIComponent(parsed.password) || parsed.searchParams.get('password') || ''
  parsed.password = ''
  const foreign = [...parsed.searchParams.keys()].filter((name) => !LIBPQ.test(name))
  for (const name of foreign) parsed.searchParams.delete(name)
  // `+` is a space in a browser's query, but not in libpq's.
  parsed.search = parsed.search.replaceAll('+', '%20')
  return { dbname: parsed.href, env: { PGAPPNAME: 'gonogo', ...(password ? { PGPASSWORD: password } : {}) } }
}
