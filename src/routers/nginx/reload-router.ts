// An nginx without Lua: the table is written into its configuration, and old workers end when new ones have read it.
import { existsSync, readFileSync } from 'node:fs'
import type { RoutingTable } from '../../plan/traffic.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { pause, poll } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { canonicalJson } from '../../lib/hash.ts'
import { probeTable } from '../probing.ts'
import { rememberedTable } from '../remembered-table.ts'
import type { RememberedTable } from '../remembered-table.ts'
import type { Router, RouterContext } from '../router.ts'
import { Installation } from './installation.ts'
import type { NginxFile } from './installation.ts'
import { workersOf } from './master.ts'
import { nginxPaths } from './paths.ts'
import type { NginxPaths } from './paths.ts'
import { reloadTrafficStep } from './reload-capsule.ts'
import type { NginxSettings } from './settings.ts'
import { splitHttp, splitServer } from './split-config.ts'

/** Waited where the system does not tell of processes. */
const UNSEEN_GRACE_MS = 1000

export class ReloadRouter implements Router {
  readonly #settings: NginxSettings
  readonly #name: string
  readonly #system: string
  readonly #paths: NginxPaths
  readonly #nginx: Installation
  readonly #remembered: RememberedTable

  constructor(settings: NginxSettings, context: RouterContext) {
    this.#settings = settings
    this.#name = context.name
    this.#system = `router ${context.name}`
    this.#paths = nginxPaths(settings, context)
    this.#nginx = new Installation(this.#system, settings, this.#paths, context.env)
    this.#remembered = rememberedTable(context)
  }

  current(): Promise<RoutingTable | null> {
    return Promise.resolve(this.#nginx.master() ? this.#remembered.read() : null)
  }

  async set(table: RoutingTable): Promise<void> {
    if (table.hold) throw new OutsideError(this.#system, 'an nginx without Lua cannot hold requests')
    const files = this.#files(table)
    if (!this.#isInForce(files, table)) await this.#change(files, table)
    const { probe } = this.#settings
    if (probe && table.closed === undefined) await probeTable(this.#system, probe, table.weights)
  }

  async drain(_version: string, timeoutMs: number): Promise<boolean> {
    const master = this.#nginx.master()
    if (!master) return true
    if (!workersOf(master)) return pause(Math.min(UNSEEN_GRACE_MS, timeoutMs)).then(() => true)
    // Whoever asked the version that was taken out is with a worker that ends.
    const areGone = (): true | null => (workersOf(master)?.ending.length === 0 ? true : null)
    return (await poll(areGone, { everyMs: 20, timeoutMs })) === true
  }

  counters(): Promise<null> {
    return Promise.resolve(null)
  }

  stop(): Promise<void> {
    return this.#nginx.stop()
  }

  capsule(table: RoutingTable): CapsuleStep {
    const http = splitHttp(this.#settings, this.#name, this.#system, table)
    const { pidFile, isOwn } = this.#nginx
    const context = { name: this.#name, paths: this.#paths, settings: this.#settings, pidFile, isOwn }
    return reloadTrafficStep(context, table, http)
  }

  #files(table: RoutingTable): NginxFile[] {
    return [
      { path: this.#paths.server, content: splitServer(this.#settings, this.#name), mode: 0o644 },
      { path: this.#paths.http, content: splitHttp(this.#settings, this.#name, this.#system, table), mode: 0o644 },
    ]
  }

  #isInForce(files: readonly NginxFile[], table: RoutingTable): boolean {
    const isThere = ({ path, content }: NginxFile): boolean =>
      existsSync(path) && readFileSync(path, 'utf8') === content
    const remembered = this.#remembered.read()
    return (
      remembered !== null &&
      this.#nginx.master() !== null &&
      canonicalJson(remembered) === canonicalJson(table) &&
      [...files, ...this.#nginx.ownFiles()].every(isThere)
    )
  }

  async #change(files: readonly NginxFile[], table: RoutingTable): Promise<void> {
    const putBack = await this.#nginx.write(files)
    try {
      if (!this.#nginx.isOwn) await this.#nginx.checkIncluded()
      // What is in force from here on is not known until it was seen.
      this.#remembered.forget()
      if (this.#nginx.isOwn && !this.#nginx.master()) await this.#nginx.start()
      else await this.#nginx.reload()
    } catch (error) {
      putBack()
      throw error
    }
    this.#remembered.write(table)
  }
}
