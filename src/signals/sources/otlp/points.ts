// The histogram points of an export, whether it came as JSON or as protobuf: one shape for both. Pure.

export interface HistogramPoint {
  metric: string
  /** As the exporter wrote it: `s`, `ms`, or empty. */
  unit: string
  /** Of the resource: `service.name`, `service.version`, ... */
  resource: Readonly<Record<string, string>>
  attributes: Readonly<Record<string, string>>
  temporality: 'cumulative' | 'delta' | null
  /** Nanoseconds since the epoch as text, exact; empty where it was left out. */
  startNano: string
  timeNano: string
  count: number
  /** In `unit`; null where it was left out. */
  sum: number | null
  buckets: ExplicitBuckets | ExponentialBuckets | null
}

/** `counts[i]` were at most `bounds[i]`, the last count those above every bound. */
export interface ExplicitBuckets {
  kind: 'explicit'
  bounds: number[]
  counts: number[]
}

/** `counts[i]` were in (base^(offset+i), base^(offset+i+1)], base 2^(2^-scale). */
export interface ExponentialBuckets {
  kind: 'exponential'
  scale: number
  /** At most the zero threshold. */
  zeroCount: number
  offset: number
  counts: number[]
}

/** One sender's part of an export. */
export interface ResourceExport {
  resource: Readonly<Record<string, string>>
  points: HistogramPoint[]
}

/** Points and resources of one export beyond this are not read. */
export const POINTS_MAX = 20_000
