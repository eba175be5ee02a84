// How a proxy makes way for its successor, on the same listening socket, without a connection lost: the successor comes up beside it,
// is given settings and table, takes the lock and the admin socket, serves; only then does the former one stop taking connections.
// Until that moment any failure ends the successor and leaves everything as it was.
import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { poll } from '../../lib/deadline.ts'
import { COMPILE_CACHE, LISTENING_FD, spawnDetached } from '../../lib/entry-point.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { identify } from '../../lib/process-identity.ts'
import { withListeningSocket } from './binding.ts'
import type { ProxyPaths } from './paths.ts'

/** What `POST /upgrade` says. */
export const upgradeSchema = z.strictObject({
  /** Node and entry that the successor runs. */
  node: z.string().min(1),
  script: z.string().min(1),
  /** The successor's settings, in its own schema: here only the address is looked at. */
  settings: z.looseObject({ listen: z.strictObject({ host: z.string(), port: z.int().min(0).max(65_535) }) }),
})

export type UpgradeRequest = z.infer<typeof upgradeSchema>

/** What the successor is given. */
export interface HandedOver {
  pid: number
  settings: unknown
  table: unknown
}

/** What the process does at each step. */
export interface Duties {
  listen: { host: string; port: number }
  /** Begins or stops to be the one who keeps the files: watching, writing, the lock. Resolves when nothing of it is under way. */
  takeFiles(): Promise<void>
  leaveFiles(): Promise<void>
  table(): unknown
  /** Stops taking connections, for good. */
  retire(): void
}

const SUCCESSOR_TIMEOUT_MS = 20_000
const LOOK_EVERY_MS = 5

export class HandingOver {
  /** `leaving`: the successor has been given the files and does not serve yet. */
  state: 'serving' | 'leaving' | 'retired' = 'serving'
  /** Why the last upgrade did not come about. */
  failure: string | null = null
  #request: UpgradeRequest | null = null
  readonly #paths: ProxyPaths
  readonly #duties: Duties

  constructor(paths: ProxyPaths, duties: Duties) {
    this.#paths = paths
    this.#duties = duties
  }

  /**
   * Starts the successor and waits until it serves.
   * @throws Error with why there is none; this process then serves as before.
   */
  async upgrade(request: UpgradeRequest): Promise<void> {
    if (this.#request || this.state !== 'serving') throw new Error('an upgrade is under way')
    this.#request = request
    this.failure = null
    try {
      rmSync(this.#paths.failure, { force: true })
      await this.#awaitSuccessor(await this.#start(request))
    } catch (error) {
      this.failure = messageOf(error)
      throw error
    } finally {
      this.#request = null
    }
  }

  /** The successor is up and asks for the files. */
  async handOver(): Promise<HandedOver> {
    if (!this.#request || this.state !== 'serving') throw new Error('no successor is waited for')
    this.state = 'leaving'
    await this.#duties.leaveFiles()
    rmSync(this.#paths.retiredSocket(process.pid), { force: true })
    linkSync(this.#paths.adminSocket, this.#paths.retiredSocket(process.pid))
    return { pid: process.pid, settings: this.#request.settings, table: this.#duties.table() }
  }

  /** The successor serves; it may say so twice. */
  retire(): void {
    if (this.state === 'retired') return
    if (this.state !== 'leaving') throw new Error(`nobody was given what this process has: it is ${this.state}`)
    this.state = 'retired'
    this.#duties.retire()
  }

  /** @returns the process id of the successor's keeper. */
  async #start({ node, script, settings: { listen } }: UpgradeRequest): Promise<number> {
    const { directory, log } = this.#paths
    const start = (listeningFd: number): number =>
      spawnDetached(script, [directory, 'succeed'], {
        cwd: directory,
        logPath: log,
        node,
        listeningFd,
        env: COMPILE_CACHE,
      })
    const { host, port } = this.#duties.listen
    if (listen.host === host && listen.port === port) return start(LISTENING_FD)
    return withListeningSocket(listen, start).catch((error: unknown) => {
      throw new Error(`cannot listen on ${listen.host}:${listen.port} (${codeOf(error) ?? messageOf(error)})`)
    })
  }

  async #awaitSuccessor(keeper: number): Promise<void> {
    const ended = (): true | null => (this.state === 'retired' || !identify(keeper) ? true : null)
    const came = await poll(ended, { everyMs: LOOK_EVERY_MS, timeoutMs: SUCCESSOR_TIMEOUT_MS })
    if (this.state === 'retired') return
    endGroup(keeper)
    if (this.state === 'leaving') await this.#takeBack()
    throw new Error(came ? this.#whyItEnded() : `the successor did not come up in ${SUCCESSOR_TIMEOUT_MS / 1000} s`)
  }

  async #takeBack(): Promise<void> {
    // Two names of one socket are left as they are by `rename`.
    renameSync(this.#paths.retiredSocket(process.pid), this.#paths.adminSocket)
    rmSync(this.#paths.retiredSocket(process.pid), { force: true })
    await this.#duties.takeFiles()
    this.state = 'serving'
  }

  #whyItEnded(): string {
    try {
      const { message } = JSON.parse(readFileSync(this.#paths.failure, 'utf8')) as { message: string }
      return `the successor did not start: ${message}`
    } catch {
      return `the successor ended at once; see ${this.#paths.log}`
    }
  }
}

/** A keeper leads a process group of its own, with its worker in it. */
function endGroup(keeper: number): void {
  try {
    process.kill(-keeper, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
