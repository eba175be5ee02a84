// The Postgres a command works with: the one in DATABASE_URL, or a real one of our own in the state directory,
// shared by all gonogo commands that run at the time and stopped by the last of them.
import { rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Client } from 'pg'
import { messageOf, OutsideError } from '../lib/errors.ts'
import { isAlive } from '../lib/process-identity.ts'
import { withExclusiveLock } from './exclusive-lock.ts'
import { countLiveLeases, takeLease } from './leases.ts'
import { findPackage, prepareBinaries } from './server-binaries.ts'
import { locateServer } from './server-location.ts'
import type { ServerLocation } from './server-location.ts'
import { ensureServer, findServer, isAnswering, stopServer, urlOf } from './server-process.ts'
import type { ServerSetup } from './server-process.ts'
import { chooseServerUser } from './server-user.ts'
import type { ServerUser } from './server-user.ts'

export interface Postgres {
  /** Connection string; stays the same as long as this is open, even when the server had to be started again. */
  url: string
  /** Gives up the lease; stops the embedded server when no living process holds another. */
  close(): Promise<void>
}

export interface PostgresOptions {
  /** `.gonogo` of the project. */
  stateDirectory: string
  /** A Postgres of the user's own; nothing is started then. */
  databaseUrl?: string
  /** Where what a person should know is told. @default nowhere */
  log?: (line: string) => void
}

const LOCK_TIMEOUT_MS = 120_000
const REVIVE_EVERY_MS = 250

/**
 * Opens the database. While the embedded one is open, a server that dies (killed, out of memory) is started again.
 * @throws OutsideError when the given database does not answer, or the embedded one cannot be had here.
 */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  if (options.databaseUrl) return await openGiven(options.databaseUrl)
  const log = options.log ?? (() => {})
  const stateDirectory = resolve(options.stateDirectory)
  const user = serverUserOf(stateDirectory)
  return await openEmbedded(locateServer(stateDirectory, user, log), user, log)
}

async function openGiven(url: string): Promise<Postgres> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return { url, close: async () => {} }
  } catch (cause) {
    throw new OutsideError('postgres', `the database in DATABASE_URL does not answer: ${messageOf(cause)}`, {
      cause,
      retryable: true,
      hint: 'see that it runs and lets you in, or unset DATABASE_URL to use the embedded one',
    })
  } finally {
    await client.end().catch(() => {})
  }
}

/** Data that an ordinary user's gonogo made stays that user's, also when root comes by. */
function serverUserOf(stateDirectory: string): ServerUser | null {
  const chosen = chooseServerUser()
  const data = statSync(join(stateDirectory, 'postgres', 'data'), { throwIfNoEntry: false })
  return chosen && data && data.uid !== 0 ? { name: `#${data.uid}`, uid: data.uid, gid: data.gid } : chosen
}

async function openEmbedded(
  location: ServerLocation,
  user: ServerUser | null,
  log: (line: string) => void,
): Promise<Postgres> {
  const leases = join(location.base, 'leases')
  const lock = join(location.base, 'lock.sqlite')
  const locked = <T>(work: () => Promise<T>): Promise<T> => withExclusiveLock(lock, LOCK_TIMEOUT_MS, work)
  let { lease, server } = await locked(async () => {
    const running = await ensureServer(prepare(), log)
    return { lease: takeLease(leases), server: running }
  })

  function prepare(): ServerSetup {
    return { location, user, binaries: prepareBinaries(findPackage(), location.base, user) }
  }

  let closed = false
  let reviving: Promise<void> | null = null
  const watch = setInterval(() => {
    if (reviving || isAlive(server)) return
    reviving = revive().finally(() => (reviving = null))
  }, REVIVE_EVERY_MS).unref()

  async function revive(): Promise<void> {
    log('the embedded Postgres is gone; starting it again')
    try {
      await locked(async () => {
        if (!closed) server = await ensureServer(prepare(), log)
      })
    } catch (error) {
      // The next turn of the watch tries again; meanwhile every query says what it misses.
      log(messageOf(error))
    }
  }

  async function close(): Promise<void> {
    if (closed) return
    closed = true
    clearInterval(watch)
    await reviving
    await locked(async () => {
      rmSync(lease, { force: true })
      if (countLiveLeases(leases) > 0) return
      const running = findServer(location)
      if (running && (await isAnswering(location))) await stopServer(running)
    })
  }

  return { url: urlOf(location), close }
}
