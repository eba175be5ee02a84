// Old samples are thinned: one for each interval instead of one for each look. What was counted stays exact. Pure.
import type { Sample } from '../../plan/signal.ts'

/** From this age on one sample for each interval. */
export interface Tier {
  olderThanMs: number
  everyMs: number
}

export interface Retention {
  /** The youngest first; each interval a multiple of the one before, so that thinning again comes to the same. */
  tiers: readonly Tier[]
  /** Older samples are left out. */
  keepMs: number
  /** Of more than this the oldest samples are left out. */
  bytesMax: number
}

const HOUR_MS = 3_600_000

export const RETENTION: Retention = {
  tiers: [
    { olderThanMs: HOUR_MS, everyMs: 10_000 },
    { olderThanMs: 24 * HOUR_MS, everyMs: 60_000 },
  ],
  keepMs: 30 * 24 * HOUR_MS,
  bytesMax: 256 << 20,
}

export interface Thinning {
  /** Takes a sample, about in the order of time. @returns those that are finished, in the order of time. */
  add(sample: Sample): Sample[]
  end(): Sample[]
}

/** A slow source's sample is this much behind the others; one that is later still gets an interval's sample of its own. */
const LATE_MS = 60_000
const GROUPS_MAX = 10_000

/** @param now milliseconds since the epoch, from which ages are counted. */
export function createThinning({ tiers, keepMs }: Retention, now: number): Thinning {
  let groups = new Map<string, Group>()
  let firstEnd = Number.POSITIVE_INFINITY

  function finish(isOver: (group: Group) => boolean): Sample[] {
    const over = [...groups.values()].filter(isOver)
    groups = new Map([...groups].filter(([, group]) => !isOver(group)))
    firstEnd = Math.min(...[...groups.values()].map(({ end }) => end))
    return over.map(sampleOf).toSorted((a, b) => a.at - b.at)
  }

  return {
    add(sample) {
      if (sample.at < now - keepMs) return []
      const everyMs = tiers.findLast((tier) => sample.at < cutoffOf(tier, now))?.everyMs
      if (everyMs === undefined) return [...(groups.size > 0 ? finish(() => true) : []), sample]
      const isFull = groups.size >= GROUPS_MAX
      const finished =
        isFull || sample.at - LATE_MS >= firstEnd ? finish(({ end }) => isFull || sample.at - LATE_MS >= end) : []
      const start = Math.floor(sample.at / everyMs) * everyMs
      const key = `${start}\n${keyOf(sample)}`
      const group = groups.get(key)
      if (group) absorb(group, sample)
      else groups.set(key, groupOf(sample, start + everyMs))
      firstEnd = Math.min(firstEnd, start + everyMs)
      return finished
    },
    end: () => finish(() => true),
  }
}

/** An interval is thinned when all of it is old enough. */
function cutoffOf({ olderThanMs, everyMs }: Tier, now: number): number {
  return Math.floor((now - olderThanMs) / everyMs) * everyMs
}

/** What can be one sample: an unknown look or an idle one is never hidden in one with a value. */
function keyOf({ signal, version, unit, value, observations, tally }: Sample): string {
  const kind = value !== null ? 'known' : observations === 0 ? 'idle' : 'unknown'
  const bounds = tally ? (tally.latency?.boundsMs.join() ?? 'no latency') : ''
  return `${signal}\n${version === null ? '' : `=${version}`}\n${unit}\n${kind}\n${bounds}`
}

interface Group {
  end: number
  sample: Sample
  sinceAt: number
  looks: number
  min: number | null
  max: number | null
  last: number | null
  observations: number | null
  /** Summed values, each times its observations; and each times its looks. */
  byObservations: number
  byLooks: number
}

function groupOf(sample: Sample, end: number): Group {
  const { value, at, observations, thinned } = sample
  const { sinceAt, looks, min, max, last } = thinned ?? { sinceAt: at, looks: 1, min: value, max: value, last: value }
  const byObservations = (value ?? 0) * (observations ?? 0)
  return { end, sample, sinceAt, looks, min, max, last, observations, byObservations, byLooks: (value ?? 0) * looks }
}

function absorb(group: Group, sample: Sample): void {
  const other = groupOf(sample, group.end)
  const { sample: before } = group
  const isLater = sample.at >= before.at
  const [earlier, later] = isLater ? [before, sample] : [sample, before]
  const detail = later.detail ?? earlier.detail
  const tally = addTallies(before.tally, sample.tally)
  group.sample = { ...later, ...(detail === undefined ? {} : { detail }), ...(tally ? { tally } : {}) }
  if (isLater) group.last = other.last
  group.sinceAt = Math.min(group.sinceAt, other.sinceAt)
  group.looks += other.looks
  group.min = group.min === null || other.min === null ? null : Math.min(group.min, other.min)
  group.max = group.max === null || other.max === null ? null : Math.max(group.max, other.max)
  group.observations =
    group.observations === null || other.observations === null ? null : group.observations + other.observations
  group.byObservations += other.byObservations
  group.byLooks += other.byLooks
}

/** Both are of one key: the buckets are the same. */
function addTallies(a: Sample['tally'], b: Sample['tally']): Sample['tally'] {
  if (!a || !b) return a ?? b
  const counts = a.latency?.counts.map((count, bucket) => count + (b.latency?.counts[bucket] ?? 0))
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latency: a.latency && counts ? { boundsMs: a.latency.boundsMs, counts } : null,
  }
}

function sampleOf({ sample, sinceAt, looks, min, max, last, observations, byObservations, byLooks }: Group): Sample {
  if (looks === 1) return sample
  const thinned = { sinceAt, looks, min, max, last }
  // An error rate over many requests weighs more than one over a few: the mean is that of the requests.
  const mean = observations !== null && observations > 0 ? byObservations / observations : byLooks / looks
  const value = sample.value === null ? null : (sample.tally?.requests ?? mean)
  return { ...sample, value, observations, thinned }
}
