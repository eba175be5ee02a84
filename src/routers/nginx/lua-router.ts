// An nginx with the Lua module: the table stands in memory all workers share, so a switch loses no request.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import type { VersionCounters } from '../../plan/signal.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { pause, poll, withDeadline } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { probeTable } from '../probing.ts'
import type { Router, RouterContext } from '../router.ts'
import { askNginx } from './admin-client.ts'
import type { AdminQuestion } from './admin-client.ts'
import { readCounters } from './counters.ts'
import { Installation } from './installation.ts'
import { luaTrafficStep } from './lua-capsule.ts'
import { luaFiles } from './lua-config.ts'
import type { LuaFiles } from './lua-config.ts'
import { nginxPaths } from './paths.ts'
import type { NginxPaths } from './paths.ts'
import { startProgram } from './programs.ts'
import type { NginxSettings } from './settings.ts'
import { readTable, tableLines, tableText } from './table-text.ts'

const ASK_TIMEOUT_MS = 5000
const COME_UP_TIMEOUT_MS = 15_000
const TOKEN_HEADER = 'x-gonogo-token: '

export class LuaRouter implements Router {
  readonly #settings: NginxSettings
  readonly #name: string
  readonly #system: string
  readonly #paths: NginxPaths
  readonly #nginx: Installation

  constructor(settings: NginxSettings, context: RouterContext) {
    this.#settings = settings
    this.#name = context.name
    this.#system = `router ${context.name}`
    this.#paths = nginxPaths(settings, context)
    this.#nginx = new Installation(this.#system, settings, this.#paths, context.env)
  }

  async current(): Promise<RoutingTable | null> {
    const text = await this.#ask({ method: 'GET', path: '/table', signal: withDeadline(ASK_TIMEOUT_MS) })
    return text === null ? null : readTable(text)
  }

  async set(table: RoutingTable): Promise<void> {
    const lines = tableLines(this.#system, table)
    const files = this.#files()
    // Traffic first: whether nginx runs, and with these settings, shows in its answer.
    let put = await this.#put(lines)
    if (put?.build !== files.build) {
      await this.#takeUp(files, put !== null)
      put ??= await this.#put(lines)
    }
    if (put === null) throw this.#notRunning()
    const { text } = put
    // Later than nginx's memory, so that no worker finds it first and a table that was refused is not kept.
    writeFileAtomic(this.#paths.table, text, 0o644)
    if ((await this.#ask({ method: 'GET', path: '/table', signal: withDeadline(ASK_TIMEOUT_MS) })) !== text)
      throw new OutsideError(this.#system, 'another table is in force than the one just set', {
        retryable: true,
        hint: 'is somebody else switching traffic?',
      })
    const { probe } = this.#settings
    if (probe && !table.hold && table.closed === undefined) await probeTable(this.#system, probe, table.weights)
  }

  async drain(version: string, timeoutMs: number): Promise<boolean> {
    const path = `/drain?version=${encodeURIComponent(version)}&timeoutMs=${timeoutMs}`
    const signal = withDeadline(timeoutMs + ASK_TIMEOUT_MS)
    return (await this.#askRunning({ method: 'GET', path, signal })) === 'yes'
  }

  async counters(signal: AbortSignal): Promise<VersionCounters[]> {
    const limited = withDeadline(ASK_TIMEOUT_MS, signal)
    return readCounters(await this.#askRunning({ method: 'GET', path: '/counters', signal: limited }))
  }

  stop(): Promise<void> {
    return this.#nginx.stop()
  }

  capsule(table: RoutingTable): CapsuleStep {
    const { listen, admin } = this.#settings
    return luaTrafficStep({
      name: this.#name,
      paths: this.#paths,
      table,
      lines: tableLines(this.#system, table),
      address: listen ? null : admin,
      start: listen ? startProgram(this.#settings, this.#paths) : null,
    })
  }

  /** Puts a table in force. @returns how it stands there, and the build that took it; null where no nginx of ours runs. */
  async #put(lines: string): Promise<{ build: string; text: string } | null> {
    const body = tableText(Date.now(), lines)
    const answer = await this.#ask({ method: 'PUT', path: '/table', body, signal: withDeadline(ASK_TIMEOUT_MS) })
    if (answer === null) return null
    const end = answer.indexOf('\n')
    return { build: answer.slice(0, end), text: answer.slice(end + 1) }
  }

  #files(): LuaFiles {
    const config = this.#nginx.ownFiles().map(({ content }) => content)
    return luaFiles(this.#settings, this.#name, this.#paths, { token: this.#token(), config: config.join('') })
  }

  /** Sees to an nginx that runs with what is configured now. */
  async #takeUp(files: LuaFiles, isRouting: boolean): Promise<void> {
    await this.#write(files)
    if (!this.#nginx.isOwn) await this.#nginx.checkIncluded()
    if (this.#nginx.isOwn && !this.#nginx.master()) await this.#start(files)
    else await this.#reload(isRouting)
    const isThere = async (): Promise<true | null> => ((await this.#build()) === files.build ? true : null)
    if (await poll(isThere, { everyMs: 20, timeoutMs: COME_UP_TIMEOUT_MS })) return
    throw new OutsideError(this.#system, 'nginx runs and does not take up what gonogo has written for it', {
      retryable: true,
      hint: this.#nginx.isOwn ? `see ${this.#paths.log}` : 'see the error log of nginx',
    })
  }

  #write({ http, server, lua }: LuaFiles): Promise<() => void> {
    const paths = this.#paths
    // Workers run as another user than who wrote it, and have to read the program and to acknowledge a table.
    const [forMaster, forWorkers, byWorkers] = this.#nginx.isOwn ? [0o600, 0o600, 0o600] : [0o600, 0o644, 0o666]
    return this.#nginx.write([
      { path: paths.ack, content: '', mode: byWorkers },
      { path: paths.lua, content: lua, mode: forWorkers },
      { path: paths.server, content: server, mode: forWorkers },
      { path: paths.http, content: http, mode: forMaster },
    ])
  }

  /** Of several callers one nginx comes up: the others cannot listen. */
  async #start({ build }: LuaFiles): Promise<void> {
    if ((await this.#build()) !== null) return
    await this.#nginx.start().catch(async (error: unknown) => {
      if ((await this.#build()) !== build) throw error
    })
  }

  /** Clients are asked to come again on a new connection first: one that is idle is closed by a worker that ends. */
  async #reload(isRouting: boolean): Promise<void> {
    const { reloadGraceMs } = this.#settings
    if (isRouting && reloadGraceMs > 0) {
      // Until well after the new workers are there.
      const path = `/closing?ms=${reloadGraceMs + 2000}`
      await this.#ask({ method: 'POST', path, signal: withDeadline(ASK_TIMEOUT_MS) })
      await pause(reloadGraceMs)
    }
    await this.#nginx.reload()
  }

  #build(): Promise<string | null> {
    return this.#ask({ method: 'GET', path: '/health', signal: withDeadline(ASK_TIMEOUT_MS) })
  }

  async #askRunning(question: AdminQuestion): Promise<string> {
    const answer = await this.#ask(question)
    if (answer === null) throw this.#notRunning()
    return answer
  }

  #notRunning(): OutsideError {
    return new OutsideError(this.#system, 'nginx does not run, or does not include what gonogo writes for it', {
      retryable: true,
      hint: this.#nginx.isOwn ? `see ${this.#paths.log}` : `start it; it must include ${this.#paths.http}`,
    })
  }

  #ask(question: AdminQuestion): Promise<string | null> {
    const { listen, admin: address } = this.#settings
    const socketPath = listen ? this.#paths.adminSocket : null
    const token = listen ? null : (this.#keptToken() ?? 'none yet')
    return askNginx({ system: this.#system, name: this.#name, socketPath, address, token }, question)
  }

  /** What a shared admin address wants to hear, made once; it stands in a file as the header that curl sends. */
  #token(): string | null {
    if (this.#nginx.isOwn) return null
    const kept = this.#keptToken()
    if (kept !== null) return kept
    const token = randomBytes(24).toString('hex')
    mkdirSync(this.#paths.directory, { recursive: true, mode: 0o700 })
    writeFileAtomic(this.#paths.token, `${TOKEN_HEADER}${token}\n`, 0o600)
    return token
  }

  #keptToken(): string | null {
    const { token } = this.#paths
    return existsSync(token) ? readFileSync(token, 'utf8').slice(TOKEN_HEADER.length).trim() : null
  }
}
