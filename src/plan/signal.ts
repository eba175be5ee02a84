// Signals: named measurements over time.
import type { Tally } from './tally.ts'

/** One reading. `value` null: the source could not tell (unreachable, no data): unknown, never green. */
export interface Sample {
  /** `error-rate`, `response-time`, `memory`, `cpu`, `health`, `integrity`, ... */
  signal: string
  /** Which version it is about; null for the whole service. */
  version: string | null
  /** Milliseconds since the epoch. */
  at: number
  value: number | null
  /** `ms`, `percent`, `bytes`, `count`, `per-second`; for `health` and `integrity` 1 is good and 0 is bad. */
  unit: string
  /** How many observations it rests on (requests in the window); null where that makes no sense. */
  observations: number | null
  /** Why it is unknown, or what was seen when it is bad. */
  detail?: string
  /** With the signal `requests` only, whose value is the number of requests since the look before: what became of them. */
  tally?: Tally
  /** Of an old recording: this sample stands for several looks. `value` is their mean, of `requests` their sum. */
  thinned?: Thinned
}

/** What is left of the single looks of a stretch; null where none of them had a value. */
export interface Thinned {
  /** Milliseconds since the epoch of the first of them; `at` is that of the last. */
  sinceAt: number
  looks: number
  min: number | null
  max: number | null
  last: number | null
}

/** Latency histogram: `counts[i]` requests took at most `boundsMs[i]`, the last count those above every bound. */
export interface Histogram {
  boundsMs: number[]
  counts: number[]
}

/** Cumulative since the router started. Errors are 5xx answers and answers that never came. */
export interface VersionCounters {
  version: string
  requests: number
  errors: number
  /** Requests that a failed attempt at this version caused to be sent to another one. */
  retries: number
  /**
   * Error answers of this version that its client never saw: another version answered in its place. They are in `errors` too. What the
   * other one answered counts for neither: it is no fair draw, being asked only what has just failed.
   */
  shielded?: number
  /**
   * Requests of this version's share that another one answered untried, because the router had taken it out of turn for its errors.
   * They are not in `requests`: a version with many of them has been judged on fewer requests than its share says.
   */
  diverted?: number
  inFlight: number
  /** Summed response time. */
  totalMs: number
  latency: Histogram
}

/** Upper bound of the bucket that holds quantile `q` (0..1), or null when nothing was counted; Infinity for the last bucket. */
export function histogramQuantileMs(histogram: Histogram, q: number): number | null {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let seen = 0
  for (const [index, count] of histogram.counts.entries()) {
    seen += count
    if (seen >= q * total) return histogram.boundsMs[index] ?? Number.POSITIVE_INFINITY
  }
  return Number.POSITIVE_INFINITY
}

const USUAL_UNITS: [RegExp, string][] = [
  [/^(?:error-rate|memory|cpu)$/, 'percent'],
  [/^response-time(?:-p\d+)?$/, 'ms'],
  [/-bytes$/, 'bytes'],
  [/^request-rate$/, 'per-second'],
]

/** Unit that a signal of this name is measured in, before anything was measured; empty where its name does not say. */
export function usualUnit(signal: string): string {
  return USUAL_UNITS.find(([names]) => names.test(signal))?.[1] ?? ''
}
