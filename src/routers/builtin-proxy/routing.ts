// The table in force and the backends behind it.
import type { RoutingTable } from '../../plan/traffic.ts'
import { nextInTurn, previewedVersion, sharesOf, versionAt } from './choosing.ts'
import type { Shares } from './choosing.ts'
import type { ProxySettings } from './settings.ts'
import { Upstream } from './upstream.ts'

/** The backends of one version and whose turn it is. */
interface VersionRoute {
  upstreams: Upstream[]
  turn: number
}

export class Routing {
  table: RoutingTable | null = null
  shares: Shares = { cuts: [], split: false, salt: '' }
  readonly #routes = new Map<string, VersionRoute>()
  #settings: ProxySettings

  constructor(settings: ProxySettings) {
    this.#settings = settings
  }

  /** Puts a table in force at once; connections of backends that stay are kept, those of the others end gracefully. */
  apply(table: RoutingTable): void {
    const before = new Map(this.upstreams().map((upstream) => [keyOf(upstream.backend), upstream]))
    this.#routes.clear()
    for (const backend of table.backends) {
      const key = keyOf(backend)
      const upstream = before.get(key) ?? new Upstream(backend, this.#settings)
      before.delete(key)
      const route = this.#routes.get(backend.version)
      if (route) route.upstreams.push(upstream)
      else this.#routes.set(backend.version, { upstreams: [upstream], turn: 0 })
    }
    for (const upstream of before.values()) upstream.close()
    this.table = table
    this.shares = sharesOf(table)
  }

  /** Takes new settings; connections are made anew under them. */
  configure(settings: ProxySettings): void {
    this.#settings = settings
    const table = this.table
    if (!table) return
    this.close()
    this.apply(table)
  }

  upstreams(): Upstream[] {
    return [...this.#routes.values()].flatMap((route) => route.upstreams)
  }

  /** The version for a client at a position 0 <= position < 100. */
  versionAt(position: number): string {
    return versionAt(this.shares, position)
  }

  previewed(wanted: string): string | null {
    return this.table && previewedVersion(this.table, wanted)
  }

  /** The backend of a version whose turn it is, among the healthy ones that were not tried; null when there is none. */
  next(version: string, tried: readonly Upstream[]): Upstream | null {
    const route = this.#routes.get(version)
    return route ? nextInTurn(route.upstreams, route.turn++, tried) : null
  }

  /** Any backend of a version, ejected ones too: the last resort before an error of our own. */
  any(version: string, tried: readonly Upstream[]): Upstream | null {
    const upstreams = this.#routes.get(version)?.upstreams ?? []
    return upstreams.find((upstream) => !tried.includes(upstream)) ?? null
  }

  close(): void {
    for (const upstream of this.upstreams()) upstream.close()
    this.#routes.clear()
  }
}

function keyOf(backend: RoutingTable['backends'][number]): string {
  return JSON.stringify([backend.id, backend.version, backend.host, backend.port])
}
