// Counts the requests of a log by version, between two looks.
import { LATENCY_BOUNDS_MS, latencyBucketOf } from '../../../lib/latency-bounds.ts'
import type { RequestWindow } from '../../window-samples.ts'

/** What one line says. Several names: nginx asked one server after the other, the last one's answer went out. */
export interface Entry {
  status: number
  names: readonly string[]
  /** One for each name, or one for the whole request; null where it is not told. */
  timesMs: readonly (number | null)[]
}

/** Requests of one version, or of the service (null), since the last time they were taken. */
export interface Counting {
  count(entry: Entry): void
  /** Ends the window. */
  take(): (version: string | null) => RequestWindow
}

class Counts {
  requests = 0
  errors = 0
  timed = 0
  totalMs = 0
  readonly buckets: number[] = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)

  add(failed: boolean, elapsedMs: number | null): void {
    this.requests++
    if (failed) this.errors++
    if (elapsedMs === null) return
    this.timed++
    this.totalMs += elapsedMs
    const bucket = latencyBucketOf(elapsedMs)
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1
  }

  window(): RequestWindow {
    const { requests, errors, timed, totalMs, buckets } = this
    return {
      requests,
      errors,
      // A failed attempt may have no time of its own: the mean is that of the others.
      totalMs: timed === 0 ? null : (totalMs / timed) * requests,
      latency: timed === 0 && requests > 0 ? null : { boundsMs: [...LATENCY_BOUNDS_MS], counts: buckets },
      inFlight: 0,
    }
  }
}

/** @param versionOf the version that a name belongs to; null: to none, then only the service has the request. */
export function createCounting(versionOf: (name: string) => string | null): Counting {
  let byVersion = new Map<string | null, Counts>()

  const add = (version: string | null, failed: boolean, elapsedMs: number | null): void => {
    let counts = byVersion.get(version)
    if (!counts) byVersion.set(version, (counts = new Counts()))
    counts.add(failed, elapsedMs)
  }

  return {
    count({ status, names, timesMs }) {
      const failed = status >= 500
      const known = timesMs.filter((time) => time !== null)
      const totalMs = known.length === 0 ? null : known.reduce((sum, time) => sum + time, 0)
      const isTimedEach = timesMs.length === names.length
      add(null, failed, totalMs)
      for (const [index, name] of names.entries()) {
        const version = versionOf(name)
        if (version === null) continue
        // Another server was asked because this one did not answer, or not well: a canary that breaks every connection
        // would else be seen to have no requests at all.
        const isLast = index === names.length - 1
        const ownMs = isTimedEach ? (timesMs[index] ?? null) : null
        add(version, isLast ? failed : true, isLast && !isTimedEach ? totalMs : ownMs)
      }
    },
    take() {
      const taken = byVersion
      byVersion = new Map()
      return (version) => (taken.get(version) ?? new Counts()).window()
    },
  }
}
