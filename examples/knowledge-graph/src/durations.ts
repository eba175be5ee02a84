// How long answers took, as Prometheus scrapes it: one histogram per status, in its text format.

/** Content type of the text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** 0.5 ms to about a minute in steps of a fifth: fine enough to see that answers take a quarter longer. */
const BOUNDS_S = Array.from({ length: 65 }, (_, step) => Number((0.0005 * 1.2 ** step).toPrecision(3)))

interface Histogram {
  /** By bucket, the last one above every bound. */
  counts: number[]
  sumS: number
}

export interface Durations {
  observe(statusCode: number, durationMs: number): void
  /** `http_request_duration_seconds` by status, and when the process began: a scrape that finds more than before knows what is new. */
  exposition(): string
}

/** Durations of one process of this version; none yet. */
export function createDurations(version: string): Durations {
  const startedAt = performance.timeOrigin / 1000
  // Shown at nought from the start: what comes before the second scrape is counted too.
  const byStatus = new Map<number, Histogram>([[200, nothingYet()]])
  return {
    observe(statusCode, durationMs) {
      const seconds = durationMs / 1000
      const histogram = byStatus.get(statusCode) ?? nothingYet()
      const found = BOUNDS_S.findIndex((bound) => seconds <= bound)
      const bucket = found === -1 ? BOUNDS_S.length : found
      histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1
      histogram.sumS += seconds
      byStatus.set(statusCode, histogram)
    },
    exposition() {
      const lines = [
        '# TYPE process_start_time_seconds gauge',
        `process_start_time_seconds ${startedAt}`,
        '# TYPE http_request_duration_seconds histogram',
        ...[...byStatus].flatMap(([status, histogram]) => seriesOf(status, histogram, version)),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

function nothingYet(): Histogram {
  return { counts: BOUNDS_S.map(() => 0).concat(0), sumS: 0 }
}

function seriesOf(status: number, { counts, sumS }: Histogram, version: string): string[] {
  const labels = `status_code="${status}",version="${version.replace(/["\\\n]/g, '\\$&')}"`
  let total = 0
  const buckets = counts.map((count, bucket) => {
    total += count
    return `http_request_duration_seconds_bucket{${labels},le="${BOUNDS_S[bucket] ?? '+Inf'}"} ${total}`
  })
  return [
    ...buckets,
    `http_request_duration_seconds_sum{${labels}} ${sumS}`,
    `http_request_duration_seconds_count{${labels}} ${total}`,
  ]
}
