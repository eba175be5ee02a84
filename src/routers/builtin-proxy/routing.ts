// The table in force and the backends behind it.
import type { RoutingTable } from '../../plan/traffic.ts'
import { nextInTurn, previewedVersion, sharesOf, versionAt } from './choosing.ts'
import type { Shares } from './choosing.ts'
import { FailureRun } from './breaker.ts'
import type { ProxySettings } from './settings.ts'
import { Upstream } from './upstream.ts'
import type { UpstreamKeeper } from './upstream.ts'

/** The backends of one version and whose turn it is. */
interface VersionRoute {
  upstreams: Upstream[]
  turn: number
}

/** Ids of backends that get nothing but probes, by what is wrong with them. */
export interface OutOfTurn {
  /** They accept no connection. */
  ejected: string[]
  /** Their answers were errors. */
  broken: string[]
  /** Their health check fails. */
  unwell: string[]
}

export class Routing implements UpstreamKeeper {
  table: RoutingTable | null = null
  shares: Shares = { cuts: [], split: false, salt: '' }
  /** A breaker is open somewhere: only then a request may be a probe. */
  broken = false
  readonly #routes = new Map<string, VersionRoute>()
  #settings: ProxySettings

  constructor(settings: ProxySettings) {
    this.#settings = settings
  }

  /** Puts a table in force at once; connections of backends that stay are kept, those of the others end gracefully. */
  apply(table: RoutingTable): void {
    const before = new Map(this.upstreams().map((upstream) => [keyOf(upstream.backend), upstream]))
    this.#routes.clear()
    const runs = new Map([...before.values()].map(({ backend, breaker }) => [backend.version, breaker.run]))
    for (const backend of table.backends) {
      const key = keyOf(backend)
      const run = runs.get(backend.version) ?? new FailureRun()
      runs.set(backend.version, run)
      const upstream = before.get(key) ?? new Upstream(backend, this.#settings, run, this)
      before.delete(key)
      const route = this.#routes.get(backend.version)
      if (route) route.upstreams.push(upstream)
      else this.#routes.set(backend.version, { upstreams: [upstream], turn: 0 })
    }
    for (const upstream of before.values()) upstream.close()
    // What has just become stable is what everybody falls back on: its breakers begin anew under that rule.
    if (table.stable !== this.table?.stable)
      for (const { breaker } of this.#routes.get(table.stable)?.upstreams ?? []) breaker.close()
    this.table = table
    this.shares = sharesOf(table)
    this.breakerChanged()
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

  /** Any backend of a version in turn, those out of turn too: the last resort before an error of our own. */
  any(version: string, tried: readonly Upstream[]): Upstream | null {
    const route = this.#routes.get(version)
    if (!route) return null
    const untried = route.upstreams.filter((upstream) => !tried.includes(upstream))
    return untried[route.turn++ % untried.length] ?? null
  }

  /** A backend of a version that is out of turn for its answers and due to be tried again; null otherwise. */
  probe(version: string, repeatable: boolean, now: number): Upstream | null {
    const upstreams = this.#routes.get(version)?.upstreams ?? []
    return upstreams.find((each) => isOnlyBroken(each) && each.breaker.takeProbe(repeatable, now)) ?? null
  }

  /** Whether a version has a backend that could be reached and is out of turn for its answers. */
  isBroken(version: string): boolean {
    return (this.#routes.get(version)?.upstreams ?? []).some(isOnlyBroken)
  }

  /** At most half of the stable backends may be out of turn for their answers, and never the last: somebody must answer. */
  mayBreak({ backend }: Upstream): boolean {
    if (backend.version !== this.table?.stable) return true
    const upstreams = this.#routes.get(backend.version)?.upstreams ?? []
    return 2 * (upstreams.filter((upstream) => !upstream.healthy).length + 1) <= upstreams.length
  }

  breakerChanged(): void {
    this.broken = this.upstreams().some((upstream) => upstream.breaker.open)
  }

  outOfTurn(): OutOfTurn {
    const all = this.upstreams()
    const idsOf = (is: (upstream: Upstream) => boolean): string[] => all.filter(is).map(({ backend }) => backend.id)
    return {
      ejected: idsOf((upstream) => !upstream.reachable),
      broken: idsOf((upstream) => upstream.breaker.open),
      unwell: idsOf((upstream) => !upstream.well),
    }
  }

  close(): void {
    for (const upstream of this.upstreams()) upstream.close()
    this.#routes.clear()
  }
}

function isOnlyBroken(upstream: Upstream): boolean {
  return upstream.breaker.open && upstream.reachable && upstream.well
}

function keyOf({ id, version, host, port }: RoutingTable['backends'][number]): string {
  return JSON.stringify([id, version, host, port])
}
