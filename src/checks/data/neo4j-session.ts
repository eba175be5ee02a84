// Asking Neo4j over Bolt, with the client library where it is installed: in a session that may only read, rows and bytes bounded.
import { pause } from '../../lib/deadline.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { withBoundedSockets } from './bounded-sockets.ts'

/** What is used of the client library. */
interface Library {
  driver(url: string, login: unknown, options: object): Driver
  auth: { basic(user: string, password: string): unknown }
}
interface Driver {
  session(options: object): Session
  close(): Promise<void>
}
interface Session {
  run(cypher: string, parameters: object, options: object): AsyncIterable<{ values(): Iterable<unknown> }>
  close(): Promise<void>
}

/** Loads the client library, or gives null where it is not installed. */
export type LoadNeo4j = () => Promise<Library | null>

export interface Neo4jPlace {
  url: string
  database?: string | undefined
  query?: string | undefined
  timeoutMs: number
}

export interface Neo4jReading {
  version: string | null
  /** The first rows of the query; null: none was asked. */
  rows: unknown[][] | null
  /** Why the query did not answer, of a server that does. */
  problem: string | null
}

/** Enough to tell one row from several. */
const ROWS_MAX = 2
/** Longest wait for a connection to be closed. */
const CLOSE_MS = 500
/** For the server's own word that it took too long. */
const GRACE_MS = 1000

/** Null where the library is missing. @throws what the server or the network says. */
export async function readNeo4j(
  place: Neo4jPlace,
  signal: AbortSignal,
  load: LoadNeo4j = loadNeo4j,
): Promise<Neo4jReading | null> {
  const library = await load()
  if (!library) return null
  return withBoundedSockets(async () => {
    const { database, query, timeoutMs } = place
    const driver = connect(library, place)
    const close = (): Promise<unknown> => Promise.race([driver.close().catch(() => {}), pause(CLOSE_MS)])
    const onAbort = (): void => void close()
    signal.addEventListener('abort', onAbort, { once: true })
    const where = { defaultAccessMode: 'READ', fetchSize: ROWS_MAX, ...(database ? { database } : {}) }
    const ask = (cypher: string): Promise<unknown[][]> => inTime(firstRows(driver, where, cypher, timeoutMs), timeoutMs)
    try {
      const version = (await ask(VERSION))[0]?.[0]
      const isVersion = typeof version === 'string' && /^\d/.test(version)
      const reading = { version: isVersion ? version : null, rows: null, problem: null }
      if (query === undefined) return reading
      return await ask(query).then(
        (rows) => ({ ...reading, rows }),
        (error: unknown) => ({ ...reading, problem: messageOf(error) }),
      )
    } finally {
      signal.removeEventListener('abort', onAbort)
      await close()
    }
  })
}

/** The server ends what takes too long; one that takes the connection and says nothing is not waited for either. */
async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs + GRACE_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const VERSION =
  "CALL dbms.components() YIELD name, versions WITH name, versions WHERE name STARTS WITH 'Neo4j' RETURN versions[0]"

async function firstRows(driver: Driver, where: object, cypher: string, timeoutMs: number): Promise<unknown[][]> {
  const session = driver.session(where)
  const rows: unknown[][] = []
  try {
    for await (const record of session.run(cypher, {}, { timeout: timeoutMs })) {
      rows.push(Array.from(record.values()))
      if (rows.length === ROWS_MAX) break
    }
    return rows
  } finally {
    await Promise.race([session.close().catch(() => {}), pause(CLOSE_MS)])
  }
}

function connect({ driver, auth }: Library, { url, timeoutMs }: Neo4jPlace): Driver {
  const address = new URL(url)
  const login = address.username
    ? auth.basic(decodeURIComponent(address.username), decodeURIComponent(address.password))
    : undefined
  // The library refuses addresses with a user in them.
  address.username = ''
  address.password = ''
  return driver(address.href, login, {
    disableLosslessIntegers: true,
    connectionTimeout: timeoutMs,
    connectionAcquisitionTimeout: timeoutMs,
    maxConnectionPoolSize: 2,
    maxTransactionRetryTime: 0,
    telemetryDisabled: true,
  })
}

async function loadNeo4j(): Promise<Library | null> {
  try {
    return (await import('neo4j-driver')).default as unknown as Library
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
