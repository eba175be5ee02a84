// Counters per version out of HAProxy's statistics: cumulative, over reloads and over the versions that a colour had before.
import type { Row, Statistics } from '../../lib/haproxy-runtime.ts'
import type { VersionCounters } from '../../plan/signal.ts'

/** Cumulative since the process began. */
interface Counted {
  requests: number
  errors: number
  retries: number
  shielded: number
  totalMs: number
}

/** Which version a server has, and whether its failures are answered by another version; null for a server of nobody. */
export type VersionOf = (row: Row) => { version: string; isShielded: boolean } | null

const NOTHING: Counted = { requests: 0, errors: 0, retries: 0, shielded: 0, totalMs: 0 }
const FIGURES = Object.keys(NOTHING) as (keyof Counted)[]

/**
 * What one server did. An attempt that was made again elsewhere is in none of the answers, only in `wredis`: it is a request that this
 * server failed. One that broke off for good is in `eresp`, one that could not be connected in `econ`.
 */
function countedOf(row: Row, isShielded: boolean): Omit<Counted, 'totalMs'> {
  const sum = (...columns: string[]): number =>
    columns.reduce((total, column) => total + Math.max(0, row.number(column) ?? 0), 0)
  const moved = sum('wredis')
  const errors = sum('hrsp_5xx', 'hrsp_other', 'econ', 'eresp') + moved
  const requests = sum('hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx') + errors
  return { requests, errors, retries: moved, shielded: isShielded ? moved : 0 }
}

/** Adds up what happens between looks, so that counters go on where HAProxy begins anew. */
export class CounterMemory {
  #process: string | null = null
  #rows = new Map<string, Omit<Counted, 'totalMs'>>()
  #versions = new Map<string, Counted>()

  /** Counters of each version of the statistics, from the first look on. */
  look({ process, rows }: Statistics, versionOf: VersionOf): VersionCounters[] {
    const before = process === this.#process ? this.#rows : new Map<string, Omit<Counted, 'totalMs'>>()
    this.#rows = new Map()
    this.#process = process
    const inFlight = new Map<string, number>()
    for (const row of rows) {
      if (row.server === null) continue
      const owner = versionOf(row)
      const key = `${row.backend}/${row.server}`
      const now = countedOf(row, owner?.isShielded ?? false)
      // Those of nobody too: who has the server next does not begin with what was counted before.
      this.#rows.set(key, now)
      if (!owner) continue
      this.#add(owner.version, now, before.get(key), row.number('ttime') ?? 0)
      inFlight.set(owner.version, (inFlight.get(owner.version) ?? 0) + Math.max(0, row.number('scur') ?? 0))
    }
    return [...inFlight].map(([version, count]) => countersOf(version, this.#versions.get(version) ?? NOTHING, count))
  }

  /** HAProxy tells the mean of its last 1024 requests: that is what those since the last look took. */
  #add(
    version: string,
    now: Omit<Counted, 'totalMs'>,
    before: Omit<Counted, 'totalMs'> | undefined,
    meanMs: number,
  ): void {
    const then = before && now.requests >= before.requests ? before : NOTHING
    const total = this.#versions.get(version) ?? NOTHING
    const requests = now.requests - then.requests
    const added: Counted = {
      requests,
      errors: now.errors - then.errors,
      retries: now.retries - then.retries,
      shielded: now.shielded - then.shielded,
      totalMs: requests * meanMs,
    }
    const sum = { ...total }
    for (const figure of FIGURES) sum[figure] += Math.max(0, added[figure])
    this.#versions.set(version, sum)
  }
}

function countersOf(version: string, counted: Counted, inFlight: number): VersionCounters {
  // HAProxy keeps no histogram: one bucket without a bound.
  return { version, ...counted, inFlight, latency: { boundsMs: [], counts: [counted.requests] } }
}
