// Figures of several processes as those of one.
import { LATENCY_BOUNDS_MS, latencyBucketOf } from '../../lib/latency-bounds.ts'
import type { Histogram, VersionCounters } from '../../plan/signal.ts'

/** Sums by version, in the order in which versions first come. */
export function sumCounters(all: readonly (readonly VersionCounters[])[]): VersionCounters[] {
  const sums = new Map<string, VersionCounters>()
  for (const counters of all.flat()) {
    const before = sums.get(counters.version)
    sums.set(counters.version, before ? sumOf(before, counters) : counters)
  }
  return [...sums.values()]
}

function sumOf(a: VersionCounters, b: VersionCounters): VersionCounters {
  const sum: Record<string, unknown> = { ...a }
  for (const [name, value] of Object.entries(b))
    if (typeof value === 'number') sum[name] = ((sum[name] as number | undefined) ?? 0) + value
  return { ...(sum as unknown as VersionCounters), latency: sumOfHistograms(a.latency, b.latency) }
}

/** In the buckets of this process: the other may be of another build, with other bounds. */
function sumOfHistograms(...histograms: readonly Histogram[]): Histogram {
  const counts = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
  for (const { boundsMs, counts: others } of histograms)
    for (const [at, count] of others.entries()) {
      const bucket = latencyBucketOf(boundsMs[at] ?? Number.POSITIVE_INFINITY)
      counts[bucket] = (counts[bucket] ?? 0) + count
    }
  return { boundsMs: [...LATENCY_BOUNDS_MS], counts }
}
