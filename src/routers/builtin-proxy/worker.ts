// The worker: what the proxy's process does from its first connection to its last one.
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pause, poll, withDeadline } from '../../lib/deadline.ts'
import { LISTENING_FD } from '../../lib/entry-point.ts'
import { messageOf } from '../../lib/errors.ts'
import { identify } from '../../lib/process-identity.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { listenAdmin } from './admin.ts'
import { askProxy } from './admin-client.ts'
import { watchControlFile } from './control-file.ts'
import { sumCounters } from './figures.ts'
import { HandingOver } from './handing-over.ts'
import { Keeping } from './keeping.ts'
import { takeLock } from './lock.ts'
import type { Log } from './log.ts'
import type { ProxyPaths } from './paths.ts'
import { Predecessors } from './predecessors.ts'
import { Proxy } from './proxy.ts'
import { listenPublic, portOf, stopListening } from './server.ts'
import type { ProxySettings } from './settings.ts'
import { Switching } from './switching.ts'
import { tellKeeper } from './telling.ts'

/** Requests under way get this long when the proxy is told to end. */
const SHUTDOWN_GRACE_MS = 30_000
const IDLE_LOOK_MS = 50
/** An error nobody caught costs one request; so many of them say that something is broken for good. */
const UNCAUGHT_ERRORS_MAX = 100
/** One that is just ending lets go of the lock soon; one that runs on does not. */
const LOCK_TIMEOUT_MS = 2000
/** A question of a hand-over is answered at once or not at all. */
const QUESTION_TIMEOUT_MS = 5000

export interface WorkerParts {
  paths: ProxyPaths
  log: Log
  lock: DatabaseSync
  settings: ProxySettings
}

export class Worker {
  readonly #paths: ProxyPaths
  readonly #log: Log
  readonly #proxy: Proxy
  readonly #keeping = new Keeping()
  readonly #predecessors: Predecessors
  readonly #switching: Switching
  readonly #handingOver: HandingOver
  #lock: DatabaseSync | null
  #stopWatching: (() => Promise<void>) | null = null
  #ending = false
  #server!: Server
  #admin!: Server
  #port = 0

  /** @param lock That of the directory: it is held for the life of this process, or until a successor has it. */
  constructor({ paths, log, lock, settings }: WorkerParts) {
    this.#paths = paths
    this.#log = log
    this.#lock = lock
    this.#proxy = new Proxy(settings, log)
    this.#predecessors = new Predecessors(paths, log)
    this.#switching = new Switching(this.#proxy, this.#keeping, paths.table, this.#predecessors)
    this.#handingOver = new HandingOver(paths, {
      listen: settings.listen,
      table: () => this.#proxy.routing.table,
      takeFiles: () => this.#takeFiles(),
      leaveFiles: () => this.#leaveFiles(),
      retire: () => this.#retire(),
    })
  }

  /**
   * Serves the socket that this process was started with. Ends the process when it is told to, or when its successor serves and everything
   * under way is answered.
   * @param serving Called when connections are taken and nobody can know yet.
   */
  async serve(table: RoutingTable | null, serving: () => void): Promise<void> {
    if (table) this.#switching.apply(table)
    const { adminSocket } = this.#paths
    process.once('exit', () => this.#lock?.close())
    this.#surviveErrors()
    makeRoomForSockets(adminSocket)
    this.#predecessors.adopt()
    await this.#watch()
    const draft = this.#paths.draftSocket(process.pid)
    this.#server = await listenPublic(this.#proxy, LISTENING_FD)
    this.#port = portOf(this.#server)
    this.#admin = await listenAdmin(draft, {
      proxy: this.#proxy,
      keeping: this.#keeping,
      switching: this.#switching,
      predecessors: this.#predecessors,
      handingOver: this.#handingOver,
      server: this.#server,
      paths: this.#paths,
      port: this.#port,
      shutdown: () => void this.#shutdown(),
    })
    chmodSync(draft, 0o600)
    await this.#writeFiles()
    serving()
    renameSync(draft, adminSocket)
    this.#log(`pid ${process.pid} listens on ${this.#proxy.settings.listen.host}:${this.#port}`)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void this.#shutdown())
  }

  #surviveErrors(): void {
    let uncaught = 0
    process.on('uncaughtException', (error) => {
      this.#log(`uncaught: ${error.stack ?? messageOf(error)}`)
      if (++uncaught >= UNCAUGHT_ERRORS_MAX) process.exit(1)
    })
    process.on('SIGHUP', () => {})
  }

  async #watch(): Promise<void> {
    this.#stopWatching = await watchControlFile(this.#paths, (json) => this.#switching.to(json), this.#log)
  }

  async #leaveFiles(): Promise<void> {
    await this.#stopWatching?.()
    await this.#keeping.settled()
    this.#switching.keeps = false
    this.#lock?.close()
    this.#lock = null
  }

  async #takeFiles(): Promise<void> {
    this.#lock = await poll(() => takeLock(this.#paths.lock), { everyMs: 5, timeoutMs: LOCK_TIMEOUT_MS })
    this.#switching.keeps = true
    await this.#watch()
    await this.#writeFiles()
  }

  async #writeFiles(): Promise<void> {
    const { settings, table, state, adminSocket } = this.#paths
    const proxy = this.#proxy
    await this.#keeping.write(settings, JSON.stringify(proxy.settings))
    if (proxy.routing.table) await this.#keeping.write(table, JSON.stringify(proxy.routing.table))
    const keeper = process.connected ? identify(process.ppid) : null
    const listen = { host: proxy.settings.listen.host, port: this.#port }
    await this.#keeping.write(state, JSON.stringify({ ...identify(process.pid), keeper, listen, admin: adminSocket }))
  }

  /** Answers what is under way, for a bounded time; its last figures go to the successor. */
  #retire(): void {
    const { retiredMsMax } = this.#proxy.settings
    this.#log(`pid ${process.pid} has made way and answers what is under way`)
    this.#proxy.retired = true
    this.#predecessors.release()
    stopListening(this.#server, () => void this.#farewell())
    tellKeeper('let-go')
    setTimeout(() => void this.#farewell(), retiredMsMax).unref()
  }

  async #farewell(): Promise<void> {
    if (this.#ending) return
    this.#ending = true
    const counters = sumCounters([this.#proxy.tallies.snapshot(), await this.#predecessors.counters()])
    const body = JSON.stringify({ pid: process.pid, counters })
    const question = { method: 'POST', path: '/farewell', body, signal: withDeadline(QUESTION_TIMEOUT_MS) } as const
    await askProxy('the successor', this.#paths.adminSocket, question).catch((error: unknown) =>
      this.#log(`no farewell: ${messageOf(error)}`),
    )
    rmSync(this.#paths.retiredSocket(process.pid), { force: true })
    // Who asked for the upgrade is still to be answered.
    await Promise.race([closed(this.#admin), pause(QUESTION_TIMEOUT_MS)])
    this.#log(`pid ${process.pid} has answered everything and ends`)
    process.exit(0)
  }

  async #shutdown(): Promise<void> {
    this.#log('shutting down')
    setInterval(() => this.#server.closeIdleConnections(), IDLE_LOOK_MS)
    if (this.#proxy.retired) return void setTimeout(() => void this.#farewell(), SHUTDOWN_GRACE_MS)
    setTimeout(() => process.exit(0), SHUTDOWN_GRACE_MS).unref()
    // With the keeper's copy of the socket gone, and ours, clients are refused from now on instead of waiting for nobody.
    tellKeeper('let-go')
    const allAnswered = closed(this.#server)
    this.#admin.close()
    if (this.#handingOver.state === 'serving') rmSync(this.#paths.adminSocket, { force: true })
    // Whoever starts the proxy again need not wait for what is still under way here.
    await this.#leaveFiles()
    await this.#predecessors.shutdown()
    await allAnswered
    await poll(() => (this.#predecessors.areAlive() ? null : true), { everyMs: 20, timeoutMs: SHUTDOWN_GRACE_MS })
    process.exit(0)
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** Outside our own directory, the folder of the sockets must be ours and closed to others. */
function makeRoomForSockets(socket: string): void {
  const folder = dirname(socket)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stats = lstatSync(folder)
  const foreign = process.getuid !== undefined && stats.uid !== process.getuid()
  if (!stats.isDirectory() || foreign) throw new Error(`${folder} is not a directory of this user`)
}
