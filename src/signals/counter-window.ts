// What happened between two looks at a router's cumulative counters. Pure.
import { histogramQuantileMs, type Histogram, type VersionCounters } from '../plan/signal.ts'

/** The requests answered between two looks. */
export interface CounterWindow {
  requests: number
  errors: number
  totalMs: number
  latency: Histogram
  /** Requests that were under way at the later look. */
  inFlight: number
}

/**
 * The difference of two looks at one version.
 * @param before null: the version was not there at the earlier look.
 * @returns null when a counter went down or the buckets are others: the router was restarted and the difference means nothing.
 */
export function windowBetween(before: VersionCounters | null, after: VersionCounters): CounterWindow | null {
  if (before && before.latency.boundsMs.join() !== after.latency.boundsMs.join()) return null
  const counts = after.latency.counts.map((count, bucket) => count - (before?.latency.counts[bucket] ?? 0))
  const window = {
    requests: after.requests - (before?.requests ?? 0),
    errors: after.errors - (before?.errors ?? 0),
    totalMs: after.totalMs - (before?.totalMs ?? 0),
    latency: { boundsMs: after.latency.boundsMs, counts },
    inFlight: after.inFlight,
  }
  return [window.requests, window.errors, window.totalMs, ...counts].some((difference) => !(difference >= 0))
    ? null
    : window
}

/** Several versions as one service; null when there is nothing to add up or the histograms have different buckets. */
export function addWindows(windows: readonly CounterWindow[]): CounterWindow | null {
  const [first, ...others] = windows
  if (!first) return null
  const sum: CounterWindow = { ...first, latency: { ...first.latency, counts: [...first.latency.counts] } }
  for (const other of others) {
    if (other.latency.boundsMs.join() !== first.latency.boundsMs.join()) return null
    sum.requests += other.requests
    sum.errors += other.errors
    sum.totalMs += other.totalMs
    sum.inFlight += other.inFlight
    for (const [bucket, count] of other.latency.counts.entries())
      sum.latency.counts[bucket] = (sum.latency.counts[bucket] ?? 0) + count
  }
  return sum
}

/** Percent of the requests that failed; null when there were none. */
export function errorRatePercent(window: Pick<CounterWindow, 'requests' | 'errors'>): number | null {
  return window.requests === 0 ? null : Math.min(100, (100 * window.errors) / window.requests)
}

/** Mean response time; null when there were no requests. */
export function responseTimeMs(window: Pick<CounterWindow, 'requests' | 'totalMs'>): number | null {
  return window.requests === 0 ? null : window.totalMs / window.requests
}

/**
 * Response time at quantile `q` (0..1): the upper bound of its bucket. Above the last bound all that is known is "more
 * than that", so the answer is one millisecond more: large enough to break every bound the histogram can tell apart.
 */
export function quantileMs(window: Pick<CounterWindow, 'latency'>, q: number): number | null {
  const upperMs = histogramQuantileMs(window.latency, q)
  return upperMs === Number.POSITIVE_INFINITY ? (window.latency.boundsMs.at(-1) ?? 0) + 1 : upperMs
}
