// What a load came to, whichever tool made it, and what that is worth.
import { excerpt } from '../../../lib/excerpt.ts'
import { plural } from '../../../lib/plural.ts'
import { failed, passed, unverified, type Measurement, type Outcome } from '../../../plan/outcome.ts'
import type { Tally } from './tally.ts'

/** Percentiles that can be bounded, with the share of requests that may be slower. */
export const PERCENTILES = { p50: 0.5, p75: 0.25, p90: 0.1, p95: 0.05, p99: 0.01, p999: 0.001, max: 0 } as const

export type Percentile = keyof typeof PERCENTILES
type Latencies = Partial<Record<Percentile, number>>

export interface LoadReport {
  /** All that were measured: ended, or never sent. */
  requests: number
  /** Answers that do not count as good, and requests without a whole answer. */
  failed: number
  /** Good answers. */
  requestsPerSecond: number
  /** What senders waited, milliseconds. */
  latencyMs: Latencies
  /** From the sending on, where the tool knows: no part of it is the tool's own lateness. */
  serviceMs?: Latencies
  /** Sent too late, and never: the tool's own failings. */
  late: number
  unsent: number
  /** Requests that failed for want of ports or file handles on this machine. */
  local: number
  /** Of its time what the tool's busiest thread worked, 0 to 1, where it is known. */
  utilization?: number
  /** Counts by status and by failure, as evidence. */
  counts: Record<string, number>
  /** What else the reader should know, the first of each failure. */
  remarks: string[]
}

export interface Bounds {
  latencyMsMax: Latencies
  errorPercentMax: number
  requestsPerSecondMin?: number | undefined
}

/** Of all requests so many may leave late before nothing is concluded from what they met. */
const LATE_SHARE_MAX = 0.01
/** Above it a tool that sends as fast as it can was held back by itself. */
const UTILIZATION_MAX = 0.9

/** The embedded generator's tally as a report. */
export function reportOf(tally: Tally, measuredMs: number): LoadReport {
  const { ended, unsent, good, goodInTime, late, byStatus, byFailure, details, utilization } = tally
  const latencies = (histogram: Tally['response']): Latencies =>
    Object.fromEntries(
      Object.entries(PERCENTILES).map(([name, above]) => [name, histogram.percentile(100 * (1 - above)) / 1000]),
    )
  const waited = tally.latestMs > 0 ? [`the longest wait for its sending was ${rounded(tally.latestMs)} ms`] : []
  return {
    requests: ended + unsent,
    failed: ended - good,
    requestsPerSecond: (goodInTime * 1000) / measuredMs,
    ...(tally.response.count > 0
      ? { latencyMs: latencies(tally.response), serviceMs: latencies(tally.service) }
      : { latencyMs: {} }),
    late,
    unsent,
    local: byFailure.local ?? 0,
    utilization,
    counts: { ...byStatus, ...byFailure },
    remarks: [...Object.entries(details).map(([name, detail]) => `${name}: ${detail}`), ...waited],
  }
}

/** Something that is not as it should be: shown, or only as far as the tool can be believed. */
interface Complaint {
  text: string
  isShown: boolean
}

/** Judges a report. What the tool itself spoilt is neither a pass nor, unless it is shown all the same, a failure. */
export function judgeLoad(where: string, report: LoadReport, bounds: Bounds, isMaximum: boolean): Outcome {
  const extra = { measurements: measurementsOf(report), evidence: [evidenceOf(report)] }
  if (report.requests === 0) return unverified(`${where}: nothing was sent`, extra)
  const doubts = doubtsOf(report)
  const complaints = complaintsOf(report, bounds, isMaximum, doubts.length > 0)
  const seen = `${where}: ${saying(report)}`
  const shown = complaints.filter(({ isShown }) => isShown)
  if (shown.length > 0) return failed(`${seen}: ${shown.map(({ text }) => text).join('; ')}`, extra)
  const open = [...doubts, ...complaints.map(({ text }) => text), ...unknownOf(report, bounds)]
  if (open.length === 0) return passed(seen, extra)
  return unverified(`${seen}; nothing is concluded: ${open.join('; ')}`, {
    ...extra,
    remedy:
      'ask for a lower rate, allow more connections or threads, run longer, or send the load from a quieter machine',
  })
}

function doubtsOf({ requests, late, unsent, local }: LoadReport): string[] {
  return [
    late > requests * LATE_SHARE_MAX ? `${plural(late, 'request')} left too late` : '',
    unsent > 0 ? `${plural(unsent, 'request')} never left, for want of a free connection` : '',
    local > 0 ? `${plural(local, 'request')} found no port or file handle on this machine` : '',
  ].filter(Boolean)
}

function complaintsOf(report: LoadReport, bounds: Bounds, isMaximum: boolean, isDoubtful: boolean): Complaint[] {
  const complaints: Complaint[] = []
  // What this machine or the tool could not send says nothing of the service.
  const counted = report.requests - report.unsent - report.local
  const errorPercent = counted > 0 ? ((report.failed - report.local) * 100) / counted : 0
  if (errorPercent > bounds.errorPercentMax)
    complaints.push({
      text: `errors ${rounded(errorPercent)} %, at most ${bounds.errorPercentMax} % wanted`,
      isShown: true,
    })
  const { requestsPerSecondMin } = bounds
  if (requestsPerSecondMin !== undefined && report.requestsPerSecond < requestsPerSecondMin) {
    const isToolAtItsLimit = isMaximum && (report.utilization ?? 0) > UTILIZATION_MAX
    const whose = isToolAtItsLimit ? ', but the load generator was at its own limit' : ''
    complaints.push({
      text: `at least ${requestsPerSecondMin} requests/s wanted${whose}`,
      isShown: !isDoubtful && !isToolAtItsLimit,
    })
  }
  for (const [name, maxMs] of Object.entries(bounds.latencyMsMax) as [Percentile, number][]) {
    const found = report.latencyMs[name]
    if (found === undefined || found <= maxMs) continue
    const isSlowItself = (report.serviceMs?.[name] ?? 0) > maxMs
    complaints.push({
      text: `${name} ${rounded(found)} ms, at most ${maxMs} ms wanted`,
      isShown: !isDoubtful || isSlowItself,
    })
  }
  return complaints
}

/** Bounds that there is nothing to hold against. */
function unknownOf({ requests, latencyMs }: LoadReport, { latencyMsMax }: Bounds): string[] {
  return (Object.keys(latencyMsMax) as Percentile[]).flatMap((name) => {
    const found = latencyMs[name]
    if (found === undefined || !Number.isFinite(found)) return [`no ${name} was measured`]
    const requestsMin = PERCENTILES[name] > 0 ? Math.ceil(1 / PERCENTILES[name] - 1e-6) : 1
    return requests < requestsMin ? [`${name} needs ${plural(requestsMin, 'request')} at least`] : []
  })
}

function saying({ requests, failed: bad, requestsPerSecond, latencyMs }: LoadReport): string {
  const times = (['p50', 'p95', 'p99'] as const).flatMap((name) =>
    latencyMs[name] === undefined ? [] : [`${name} ${rounded(latencyMs[name])} ms`],
  )
  const parts = [plural(requests, 'request'), `${rounded(requestsPerSecond)} requests/s`, ...times, `${bad} failed`]
  return parts.join(', ')
}

function measurementsOf({ requests, failed: bad, requestsPerSecond, latencyMs }: LoadReport): Measurement[] {
  return [
    { name: 'requests', value: requests, unit: 'count' },
    { name: 'throughput', value: rounded(requestsPerSecond), unit: 'per-second' },
    ...(requests > 0 ? [{ name: 'error rate', value: rounded((bad * 100) / requests), unit: 'percent' }] : []),
    ...Object.entries(latencyMs).map(([name, value]) => ({
      name: `latency ${name}`,
      value: rounded(value),
      unit: 'ms',
    })),
  ]
}

function evidenceOf(report: LoadReport) {
  const { remarks, ...figures } = report
  const content = excerpt(JSON.stringify({ ...figures, remarks: remarks.slice(0, 20) }, null, 2))
  return { name: 'load', mediaType: 'application/json' as const, content }
}

/** Three figures behind the point at the most. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
