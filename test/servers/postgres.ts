// A real Postgres server for services suites: Debian's, in a temporary directory, on a port of its own, ended by process id.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, type QueryResultRow } from 'pg'
import { poll } from '../../src/lib/deadline.ts'
import { installPackages } from './packages.ts'

export const PASSWORD = 'postgres-password-to-hide'

export interface PostgresServer {
  port: number
  /** Directory of psql, pg_dump and the like. */
  bin: string
  /** Of the superuser `app`. */
  urlOf(database?: string): string
  /** One statement as superuser, values as text or null. */
  ask<Row extends QueryResultRow = Record<string, string | null>>(sql: string, database?: string): Promise<Row[]>
  /** As `kill -9` of the whole server. */
  crash(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** Debian's programs, newest first; installed when this is root and they are not there. Null where that cannot be. */
export function installPostgres(): string | null {
  const found = binDirectory()
  if (found || process.getuid?.() !== 0) return found
  // Without the server that the package would start by itself.
  mkdirSync('/etc/postgresql-common', { recursive: true })
  if (!existsSync('/etc/postgresql-common/createcluster.conf'))
    writeFileSync('/etc/postgresql-common/createcluster.conf', 'create_main_cluster = false\n')
  installPackages('postgresql postgresql-client')
  return binDirectory()
}

function binDirectory(): string | null {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb'))) ?? null
}

/**
 * Starts a server with these settings; `fsync` is off unless given: what is killed here are clients.
 * @param primary the server whose replica this is, streaming from it.
 */
export async function startPostgres(
  bin: string,
  settings: Record<string, string> = {},
  primary?: PostgresServer,
): Promise<PostgresServer> {
  const user = process.getuid?.() === 0 ? unprivileged() : {}
  const root = mkdtempSync(join(tmpdir(), 'gonogo-postgres-'))
  if (user.uid !== undefined && user.gid !== undefined) chownSync(root, user.uid, user.gid)
  const data = join(root, 'data')
  const passwordFile = join(root, 'password')
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 })
  const initdb = [
    '-D',
    data,
    '-U',
    'app',
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale',
    'C.UTF-8',
    '-N',
  ]
  const copy = ['-D', data, '-d', primary?.urlOf() ?? '', '-R', '-X', 'stream', '-c', 'fast']
  if (primary) await promisify(execFile)(join(bin, 'pg_basebackup'), copy, { ...user, cwd: root })
  else await promisify(execFile)(join(bin, 'initdb'), initdb, { ...user, cwd: root })
  const port = await freePort()
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    ...settings,
  }
  let server: ChildProcess | null = null

  const urlOf = (database = 'postgres'): string => `postgres://app:${PASSWORD}@127.0.0.1:${port}/${database}`
  const ask = async <Row extends QueryResultRow>(sql: string, database?: string): Promise<Row[]> => {
    const client = new Client({ connectionString: urlOf(database), types: { getTypeParser: () => String } })
    client.on('error', () => {})
    await client.connect()
    try {
      const result: unknown = await client.query<Row>(sql)
      const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: Row[] }
      return last.rows
    } finally {
      await client.end().catch(() => {})
    }
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    // Another may be started before this one is known to be gone.
    const ending = server
    server = null
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill(signal)
    await gone
  }
  let said = ''
  const launch = (): void => {
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    said = ''
    server = spawn(join(bin, 'postgres'), ['-D', data, ...flags], {
      ...user,
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  }
  const start = async (): Promise<void> => {
    launch()
    const answers = async (): Promise<true | null> => {
      if (server?.exitCode !== null) {
        // It has ended, but what it said is still on its way.
        if (said === '') return null
        // The children of one that was killed are a moment longer in ending than itself.
        if (!/shared memory block .* still in use/.test(said)) throw new Error(`postgres did not start: ${said}`)
        launch()
        return null
      }
      return (await ask('SELECT 1').catch(() => null)) ? true : null
    }
    if ((await poll(answers, { everyMs: 50, timeoutMs: 60_000 })) === null)
      throw new Error(`postgres did not answer: ${said}`)
  }
  // So that it does not outlive a run that is cut short.
  process.once('exit', () => server?.kill('SIGQUIT'))
  await start()
  return {
    port,
    bin,
    urlOf,
    ask,
    start,
    crash: () => end('SIGKILL'),
    async stop() {
      await end('SIGINT')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Postgres does not run as root. */
function unprivileged(): { uid?: number; gid?: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  return user ? { uid: Number(user[2]), gid: Number(user[3]) } : {}
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
