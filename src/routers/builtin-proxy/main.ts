// The proxy's own process: `main.ts DIRECTORY`. It outlives whoever started it and comes back with its last table.
import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { poll } from '../../lib/deadline.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { identify } from '../../lib/process-identity.ts'
import { listenAdmin } from './admin.ts'
import { watchControlFile } from './control-file.ts'
import { Keeping, keptTable } from './keeping.ts'
import { takeLock } from './lock.ts'
import { createLog } from './log.ts'
import { proxyPaths } from './paths.ts'
import type { ProxyPaths } from './paths.ts'
import { Proxy } from './proxy.ts'
import { listenPublic, portOf } from './server.ts'
import { settingsSchema } from './settings.ts'
import { switchTo } from './switching.ts'

/** Requests under way get this long when the proxy is told to end. */
const SHUTDOWN_GRACE_MS = 30_000
/** An error nobody caught costs one request; so many of them say that something is broken for good. */
const UNCAUGHT_ERRORS_MAX = 100

/** One that is just ending lets go of the lock soon; one that runs on does not. */
const LOCK_TIMEOUT_MS = 2000

// Everything this process makes is for its owner alone: sockets, state, logs.
process.umask(0o077)
const paths = proxyPaths(resolve(process.argv[2] ?? '.'))
const log = createLog((text) => process.stdout.write(text))

try {
  const lock = await poll(() => takeLock(paths.lock), { everyMs: 50, timeoutMs: LOCK_TIMEOUT_MS })
  if (lock) {
    // Held by this reference too: a collected lock would be an open one.
    process.once('exit', () => lock.close())
    await run(paths)
  } else log('another proxy of this directory runs already')
} catch (error) {
  writeFileSync(paths.failure, JSON.stringify({ pid: process.pid, code: codeOf(error), message: messageOf(error) }))
  log(`could not start: ${messageOf(error)}`)
  process.exit(1)
}

async function run(at: ProxyPaths): Promise<void> {
  const proxy = new Proxy(settingsSchema.parse(JSON.parse(await readFile(at.settings, 'utf8'))), log)
  const keeping = new Keeping()
  const table = await keptTable(at.table, log)
  if (table) proxy.apply(table)
  const stopWatching = await watchControlFile(at, (json) => switchTo(proxy, keeping, at.table, json), log)
  const server = await listenPublic(proxy)
  const port = portOf(server)

  makeRoomForSocket(at.adminSocket)
  const admin = await listenAdmin({ proxy, keeping, paths: at, port, shutdown })
  const state = { ...identify(process.pid), listen: { host: proxy.settings.listen.host, port }, admin: at.adminSocket }
  await keeping.write(at.state, JSON.stringify(state))
  log(`pid ${process.pid} listens on ${proxy.settings.listen.host}:${port}`)

  let uncaught = 0
  process.on('uncaughtException', (error) => {
    log(`uncaught: ${error.stack ?? messageOf(error)}`)
    if (++uncaught >= UNCAUGHT_ERRORS_MAX) process.exit(1)
  })
  process.on('SIGHUP', () => {})
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, shutdown)

  function shutdown(): void {
    log('shutting down')
    stopWatching()
    admin.close()
    server.close(() => process.exit(0))
    setTimeout(() => process.exit(0), SHUTDOWN_GRACE_MS).unref()
  }
}

/** Clears the place of the admin socket. Outside our own directory, its folder must be ours and closed to others. */
function makeRoomForSocket(socket: string): void {
  const folder = dirname(socket)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stats = lstatSync(folder)
  const foreign = process.getuid !== undefined && stats.uid !== process.getuid()
  if (!stats.isDirectory() || foreign) throw new Error(`${folder} is not a directory of this user`)
  rmSync(socket, { force: true })
}
