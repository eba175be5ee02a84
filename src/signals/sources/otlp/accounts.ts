// Histogram points become whole counts per version: cumulative ones differenced, restarts told by their start times. Pure.
import type { Histogram } from '../../../plan/signal.ts'
import { addHistograms, type Portion } from '../../version-windows.ts'
import { histogramOf, toMsOf } from './buckets.ts'
import type { HistogramPoint, ResourceExport } from './points.ts'

export interface AccountsOptions {
  /** Names of the histograms of request durations; of a sender that has several, the first counts. */
  metrics: readonly string[]
  /** The version that a point or its resource is about; null: none that matters. */
  versionOf(point: Pick<HistogramPoint, 'resource' | 'attributes'>): string | null
  /** Nanoseconds since the epoch, as text: what began before is not known from its beginning. */
  sinceNano: string
}

/** What an export said of one version; `portion` null: there was nothing to compare it with. */
export interface Accounted {
  version: string
  portion: Portion | null
}

export interface Accounts {
  /** Takes in an export. @returns what it adds, and why some of it could not be counted */
  take(exported: readonly ResourceExport[]): { accounted: Accounted[]; notes: string[] }
}

/** What a series stood at. */
interface Standing {
  startNano: string
  timeNano: string
  count: number
  sumMs: number | null
  latency: Histogram | string
}

interface Growth {
  requests: number
  totalMs: number | null
  latency: Histogram | string
}

const SERIES_MAX = 20_000
const SENDERS_MAX = 2000
const NOTES_MAX = 3

/** Accounts that hold nothing yet. */
export function createAccounts({ metrics, versionOf, sinceNano }: AccountsOptions): Accounts {
  const series = new Map<string, Standing>()
  /** Sender and version → the metric that is counted. A sender heard before has no series that are older than it. */
  const senders = new Map<string, string>()

  function take(exported: readonly ResourceExport[]): { accounted: Accounted[]; notes: string[] } {
    const notes = new Set<string>()
    const accounted: Accounted[] = []
    for (const { resource, points } of exported) {
      const own = versionOf({ resource, attributes: {} })
      const byVersion = new Map<string, HistogramPoint[]>(own === null ? [] : [[own, []]])
      for (const point of points) {
        const version = metrics.includes(point.metric) ? versionOf(point) : null
        if (version !== null) byVersion.set(version, [...(byVersion.get(version) ?? []), point])
      }
      for (const [version, all] of byVersion) accounted.push({ version, portion: count(resource, version, all, notes) })
    }
    forgetOldest(series, SERIES_MAX)
    forgetOldest(senders, SENDERS_MAX)
    return { accounted, notes: [...notes].slice(0, NOTES_MAX) }
  }

  function count(
    resource: ResourceExport['resource'],
    version: string,
    all: readonly HistogramPoint[],
    notes: Set<string>,
  ): Portion | null {
    const sender = `${keyOf(resource)}\n${version}`
    const isHeard = senders.has(sender)
    const metric = metrics.find((name) => name === senders.get(sender) || all.some((point) => point.metric === name))
    senders.delete(sender)
    senders.set(sender, metric ?? '')
    let portion: Portion | null = isHeard ? { requests: 0, errors: 0, totalMs: 0, latency: null } : null
    const counted = all.filter((point) => point.metric === metric)
    const sound = counted.filter((point) => {
      const problem = problemOf(point)
      if (problem !== null) notes.add(problem)
      return problem === null
    })
    // Where nothing can be counted, nothing is known: that is not "no requests".
    if (counted.length > 0 && sound.length === 0) return null
    for (const point of sound) {
      const growth = grown(point, toMsOf(point) ?? 1, isHeard)
      if (growth) portion = added(portion, growth, hasFailed(point) === true)
    }
    return portion
  }

  /** Null: there is nothing to compare it with, or it is not new. */
  function grown(point: HistogramPoint, toMs: number, isHeard: boolean): Growth | null {
    const key = `${point.metric}\n${keyOf(point.resource)}\n${keyOf(point.attributes)}`
    const before = series.get(key)
    // Sent again, or overtaken on its way.
    if (before && nanoOf(point.timeNano) <= nanoOf(before.timeNano)) return null
    const { startNano, timeNano } = point
    const latency = histogramOf(point, toMs)
    const now: Standing = { startNano, timeNano, count: point.count, sumMs: point.sum && point.sum * toMs, latency }
    series.delete(key)
    series.set(key, now)
    const whole: Growth = { requests: now.count, totalMs: now.sumMs, latency }
    const beganSince = startNano !== '' && nanoOf(startNano) >= nanoOf(sinceNano)
    if (point.temporality === 'delta') return before || isHeard || beganSince ? whole : null
    if (!before) return isHeard || beganSince ? whole : null
    const restarted = startNano !== before.startNano || now.count < before.count
    return restarted ? whole : difference(before, now)
  }

  return { take }
}

function difference(before: Standing, now: Standing): Growth {
  const totalMs = now.sumMs === null || before.sumMs === null ? null : now.sumMs - before.sumMs
  const requests = now.count - before.count
  if (typeof now.latency === 'string') return { requests, totalMs, latency: now.latency }
  if (typeof before.latency === 'string' || before.latency.boundsMs.join() !== now.latency.boundsMs.join())
    return { requests, totalMs, latency: 'the buckets are others than in the export before' }
  const earlier = before.latency.counts
  const counts = now.latency.counts.map((value, bucket) => value - (earlier[bucket] ?? 0))
  const latency = counts.some((value) => value < 0) ? 'a bucket went down' : { ...now.latency, counts }
  return { requests, totalMs, latency }
}

function added(portion: Portion | null, { requests, totalMs, latency }: Growth, failed: boolean): Portion {
  const one: Portion = {
    requests,
    errors: failed ? requests : 0,
    totalMs,
    ...(typeof latency === 'string' ? { latency: null, remark: latency } : { latency }),
  }
  if (!portion || portion.requests === 0)
    return portion?.remark === undefined ? one : { ...one, remark: portion.remark }
  const both = portion.latency && one.latency && addHistograms(portion.latency, one.latency)
  const differ = portion.latency && one.latency && !both ? 'the histograms have different buckets' : undefined
  const remark = portion.remark ?? one.remark ?? differ
  return {
    requests: portion.requests + one.requests,
    errors: portion.errors + one.errors,
    totalMs: portion.totalMs === null || totalMs === null ? null : portion.totalMs + totalMs,
    latency: both,
    ...(remark === undefined ? {} : { remark }),
  }
}

/** Whether the requests of a point failed; null where it cannot be told, since then all would look well. */
function hasFailed({ attributes }: HistogramPoint): boolean | null {
  const status = attributes['http.response.status_code'] ?? attributes['http.status_code']
  if (status !== undefined) return /^5\d\d$/.test(status)
  // An answer that never came has no status but the kind of its error.
  return attributes['error.type'] === undefined ? null : true
}

/** Why a point cannot be counted, or null. */
function problemOf(point: HistogramPoint): string | null {
  const { temporality, timeNano, count, unit } = point
  if (temporality === null) return 'a histogram does not say whether it is cumulative'
  if (timeNano === '') return 'a point has no time'
  if (!Number.isFinite(count) || count < 0) return 'a point has no count'
  if (toMsOf(point) === null) return `the unit ${unit} is none of time`
  return hasFailed(point) === null ? 'requests have neither http.response.status_code nor error.type' : null
}

function nanoOf(text: string): bigint {
  return text === '' ? 0n : BigInt(text)
}

function keyOf(attributes: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function forgetOldest(entries: Map<string, unknown>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= max) return
    entries.delete(key)
  }
}
