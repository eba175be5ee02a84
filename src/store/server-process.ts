// The embedded server's process: make its cluster, start it detached, know whether it answers, stop it.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import type { ProcessIdentity } from '../lib/process-identity.ts'
import { ownDirectory } from './server-location.ts'
import type { ServerLocation } from './server-location.ts'
import type { ServerUser } from './server-user.ts'

/** What a server is started with. */
export interface ServerSetup {
  location: ServerLocation
  /** Directory of `initdb` and `postgres`. */
  binaries: string
  /** Who it runs as; null: ourselves. */
  user: ServerUser | null
}

/** Names the socket file only: the server listens on no network address. */
const PORT = 5432
const ROLE = 'gonogo'
const LOG_BYTES_MAX = 5 << 20
const STARTS_MAX = 5

/** Sized for one conductor and a few commands beside it. Durability (fsync, full_page_writes) stays as Postgres ships it. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '',
  max_connections: '100',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
}

/** The connection string of the server. Host, port and TLS are all said, so that no PG* variable can interfere. */
export function urlOf(location: ServerLocation): string {
  const query = new URLSearchParams({ host: location.sockets, sslmode: 'disable' })
  return `postgresql://${ROLE}@localhost:${PORT}/postgres?${query.toString()}`
}

/** Whether a server takes connections on the socket. */
export async function isAnswering(location: ServerLocation): Promise<boolean> {
  const client = new Client({ connectionString: urlOf(location), connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** The server that `postmaster.pid` names; null when it does not run, or its process id is somebody else's by now. */
export function findServer(location: ServerLocation): ProcessIdentity | null {
  try {
    const pid = Number.parseInt(readFileSync(pidFileOf(location), 'utf8'), 10)
    const isServer = process.platform !== 'linux' || readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
    return isServer ? identify(pid) : null
  } catch {
    return null
  }
}

function pidFileOf(location: ServerLocation): string {
  return join(location.base, 'data', 'postmaster.pid')
}

/**
 * Starts the server unless it answers already; makes the cluster first where there is none.
 * @throws OutsideError with the end of the server's log when it does not come up.
 */
export async function ensureServer(setup: ServerSetup, log: (line: string) => void): Promise<ProcessIdentity> {
  const { location } = setup
  if (!existsSync(join(location.base, 'data'))) createCluster(setup)
  if (await isAnswering(location)) {
    const found = findServer(location)
    if (found) return found
  }
  // Left by a server that was killed. Postgres itself would refuse to start if another program of the same user has
  // been given that process id since, as it happens after a reboot.
  if (!findServer(location)) rmSync(pidFileOf(location), { force: true })
  // A start right after a kill can find workers of the old server still alive; Postgres refuses until they are gone.
  for (let start = 1; ; start++) {
    const server = await startServer(setup)
    if (server) return server
    const why = readLogEnd(location)
    if (start === STARTS_MAX)
      throw new OutsideError('postgres', `the embedded server does not start: ${why}`, {
        hint: `read ${join(location.base, 'server.log')}, or set DATABASE_URL`,
      })
    log(`the embedded Postgres did not start (${why}); trying again`)
    await poll(() => null, { everyMs: 500, timeoutMs: 500 })
  }
}

/** Into a draft directory, renamed when complete: an initdb that was killed half-way leaves nothing that looks finished. */
function createCluster({ location, binaries, user }: ServerSetup): void {
  for (const name of readdirSync(location.base))
    if (name.startsWith('data.draft')) rmSync(join(location.base, name), { recursive: true, force: true })
  const draft = ownDirectory(join(location.base, `data.draft-${process.pid}`), user)
  const made = spawnSync(
    join(binaries, 'initdb'),
    [
      `--pgdata=${draft}`,
      `--username=${ROLE}`,
      '--auth-local=peer',
      '--auth-host=reject',
      '--encoding=UTF8',
      // Built into Postgres: the same order and the same bytes whatever locales the system has.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    { ...spawnAs(user), encoding: 'utf8', timeout: 60_000 },
  )
  if (made.status !== 0)
    throw new OutsideError(
      'postgres',
      `initdb failed: ${lastLine(made.stderr) || made.error?.message || made.signal}`,
      {
        hint: `see that ${location.base} can be written and has 100 MB free, or set DATABASE_URL`,
      },
    )
  // Only the account gonogo runs under, and root, may connect: the kernel says who is at the other end of the socket.
  writeFileSync(join(draft, 'pg_hba.conf'), `local all ${ROLE} peer map=operators\n`)
  writeFileSync(join(draft, 'pg_ident.conf'), `operators "${userInfo().username}" ${ROLE}\noperators root ${ROLE}\n`)
  renameSync(draft, join(location.base, 'data'))
}

/** Starts the server in a session of its own and waits until it is ready; null when it ended before that. */
async function startServer({ location, binaries, user }: ServerSetup): Promise<ProcessIdentity | null> {
  const data = join(location.base, 'data')
  const settings = { ...SETTINGS, unix_socket_directories: location.sockets }
  const logFile = openLog(location)
  const server = spawn(
    join(binaries, 'postgres'),
    [
      '-D',
      data,
      '-p',
      String(PORT),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...spawnAs(user), detached: true, stdio: ['ignore', logFile, logFile] },
  )
  closeSync(logFile)
  server.unref()
  let over = false
  server.once('error', () => (over = true)).once('exit', () => (over = true))
  const ready = await poll(() => (over ? 'over' : isReady(data, server.pid) ? 'ready' : null), {
    everyMs: 10,
    timeoutMs: 60_000,
  })
  const identity = server.pid === undefined ? null : identify(server.pid)
  return ready === 'ready' ? identity : null
}

/** The last line of `postmaster.pid` says `ready`; the first must be this server's, not that of a dead one. */
function isReady(data: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

/**
 * Stops the server: first ending sessions in order, after 10 s at once (the next start then recovers from the log).
 * @throws OutsideError when it is still there after that.
 */
export async function stopServer(server: ProcessIdentity): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (isAlive(server)) process.kill(server.pid, signal)
    const gone = await poll(() => (isAlive(server) ? null : true), { everyMs: 5, timeoutMs: 10_000 })
    if (gone) return
  }
  throw new OutsideError('postgres', `the embedded server, process ${server.pid}, does not stop`)
}

/** A small environment: nothing of the caller's locale, preload or PG* variables reaches the server. */
function spawnAs(user: ServerUser | null): { env: Record<string, string>; cwd: string; uid?: number; gid?: number } {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }
  return user ? { env, cwd: '/', uid: user.uid, gid: user.gid } : { env, cwd: '/' }
}

/** Opens the server's log to append; a log grown too large begins anew. */
function openLog(location: ServerLocation): number {
  const file = openSync(join(location.base, 'server.log'), 'a', 0o600)
  if (fstatSync(file).size > LOG_BYTES_MAX) ftruncateSync(file)
  return file
}

function readLogEnd(location: ServerLocation): string {
  return lastLine(readFileSync(join(location.base, 'server.log'), 'utf8')) || 'it ended without a word'
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
