// Figures per version, cumulative since the proxy started.
import { LATENCY_BOUNDS_MS, latencyBucketOf } from '../../lib/latency-bounds.ts'
import type { VersionCounters } from '../../plan/signal.ts'

/** Versions whose figures are kept after they left the table. */
const VERSIONS_KEPT_MAX = 32

export class Tally {
  requests = 0
  errors = 0
  retries = 0
  shielded = 0
  diverted = 0
  inFlight = 0
  totalMs = 0
  readonly counts: number[] = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)

  /** One request that ended after `elapsedMs`. */
  count(elapsedMs: number, failed: boolean): void {
    this.requests++
    if (failed) this.errors++
    this.totalMs += elapsedMs
    const bucket = latencyBucketOf(elapsedMs)
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }
}

/** The tallies of all versions seen, bounded. */
export class Tallies {
  readonly #byVersion = new Map<string, Tally>()

  /** The tally of a version, made when it is new. */
  of(version: string): Tally {
    let tally = this.#byVersion.get(version)
    if (!tally) this.#byVersion.set(version, (tally = new Tally()))
    return tally
  }

  /** Requests in flight at a version. */
  inFlight(version: string): number {
    return this.#byVersion.get(version)?.inFlight ?? 0
  }

  /** Makes tallies for the versions of a new table and forgets the oldest others beyond what is kept. */
  keep(versions: readonly string[]): void {
    for (const version of versions) this.of(version)
    for (const [version, tally] of this.#byVersion) {
      if (this.#byVersion.size <= VERSIONS_KEPT_MAX) return
      if (tally.inFlight === 0 && !versions.includes(version)) this.#byVersion.delete(version)
    }
  }

  snapshot(): VersionCounters[] {
    return [...this.#byVersion].map(([version, tally]) => ({
      version,
      requests: tally.requests,
      errors: tally.errors,
      retries: tally.retries,
      shielded: tally.shielded,
      diverted: tally.diverted,
      inFlight: tally.inFlight,
      totalMs: tally.totalMs,
      latency: { boundsMs: [...LATENCY_BOUNDS_MS], counts: [...tally.counts] },
    }))
  }
}
