// An ExportMetricsServiceRequest in OTLP's JSON: camelCase names, 64-bit integers as text or number. Pure.
import { POINTS_MAX, type HistogramPoint, type ResourceExport } from './points.ts'

type Json = Record<string, unknown>

/** The exports of each resource. @throws Error when it is none. */
export function fromJson(text: string): ResourceExport[] {
  return exportsOf(JSON.parse(text))
}

/** The same of a parsed request. */
export function exportsOf(request: unknown): ResourceExport[] {
  const resourceMetrics = (request as Json | null)?.resourceMetrics
  if (!Array.isArray(resourceMetrics)) throw new Error('it has no resourceMetrics')
  let read = 0
  return objects(resourceMetrics).map((one) => {
    const resource = attributesOf((one.resource as Json | undefined)?.attributes)
    const metrics = objects(one.scopeMetrics).flatMap((scope) => objects(scope.metrics))
    const points = metrics.flatMap((metric) => pointsOf(metric, resource)).slice(0, Math.max(0, POINTS_MAX - read))
    read += points.length
    return { resource, points }
  })
}

function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((one): one is Json => one !== null && typeof one === 'object') : []
}

function pointsOf(metric: Json, resource: Readonly<Record<string, string>>): HistogramPoint[] {
  const explicit = metric.histogram as Json | undefined
  const data = explicit ?? (metric.exponentialHistogram as Json | undefined)
  if (data === null || typeof data !== 'object') return []
  const temporality = temporalityOf(data.aggregationTemporality)
  return objects(data.dataPoints).map((point) => ({
    metric: textOf(metric.name),
    unit: textOf(metric.unit),
    resource,
    attributes: attributesOf(point.attributes),
    temporality,
    startNano: nanoOf(point.startTimeUnixNano),
    timeNano: nanoOf(point.timeUnixNano),
    count: numberOf(point.count ?? 0),
    sum: point.sum === undefined || point.sum === null ? null : numberOf(point.sum),
    buckets: explicit ? explicitOf(point) : exponentialOf(point),
  }))
}

function explicitOf({ explicitBounds, bucketCounts }: Json): HistogramPoint['buckets'] {
  const [bounds, counts] = [numbersOf(explicitBounds), numbersOf(bucketCounts)]
  return bounds.length > 0 && counts.length === bounds.length + 1 ? { kind: 'explicit', bounds, counts } : null
}

function exponentialOf({ scale, zeroCount, positive, negative }: Json): HistogramPoint['buckets'] {
  const { offset, bucketCounts } = (positive ?? {}) as Json
  // Durations below zero are none.
  if (numbersOf((negative as Json | undefined)?.bucketCounts).some((count) => count > 0)) return null
  return {
    kind: 'exponential',
    scale: numberOf(scale ?? 0),
    zeroCount: numberOf(zeroCount ?? 0),
    offset: numberOf(offset ?? 0),
    counts: numbersOf(bucketCounts),
  }
}

function temporalityOf(value: unknown): HistogramPoint['temporality'] {
  if (value === 2 || value === 'AGGREGATION_TEMPORALITY_CUMULATIVE') return 'cumulative'
  return value === 1 || value === 'AGGREGATION_TEMPORALITY_DELTA' ? 'delta' : null
}

/** Values that are no plain ones (lists, maps) are left out. */
function attributesOf(value: unknown): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const { key, value: any } of objects(value)) {
    const { stringValue, intValue, doubleValue, boolValue } = (any ?? {}) as Json
    const plain = stringValue ?? intValue ?? doubleValue ?? boolValue
    if (typeof key === 'string' && plain !== undefined && plain !== null && typeof plain !== 'object')
      attributes[key] = String(plain as string | number | boolean)
  }
  return attributes
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function nanoOf(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : textOf(value)
  return /^\d{1,20}$/.test(text) && !/^0+$/.test(text) ? text : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) ? value.map(numberOf) : []
}
