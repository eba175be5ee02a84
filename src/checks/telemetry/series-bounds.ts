// Whether series keep within bounds, now or over a window. Pure. What has no number, or too few of them, is unknown: never a pass.
import { plainNumber } from '../../lib/measure.ts'
import type { RawSeries } from '../../lib/prometheus-api.ts'

/** What a window of samples is made into before it is judged; `every` judges all of them. */
export const AGGREGATES = ['every', 'avg', 'min', 'max', 'p50', 'p95', 'p99', 'last'] as const
export type Aggregate = (typeof AGGREGATES)[number]

export interface Bounds {
  valueMin?: number | undefined
  valueMax?: number | undefined
}

export interface JudgedSeries {
  labels: RawSeries['labels']
  /** Of `every` the one that is furthest out; null where there is no number. */
  value: number | null
  /** Null: unknown. */
  holds: boolean | null
}

/** How far a value is beyond the bounds; negative where it is within. */
function excess(value: number, { valueMin, valueMax }: Bounds): number {
  return Math.max(
    valueMax === undefined ? Number.NEGATIVE_INFINITY : value - valueMax,
    valueMin === undefined ? Number.NEGATIVE_INFINITY : valueMin - value,
  )
}

/** Whether a value is right; null where it is none. Infinity can be too much, but never enough. */
function holds(value: number | null, bounds: Bounds): boolean | null {
  if (value === null || Number.isNaN(value)) return null
  if (excess(value, bounds) > 0) return false
  return Number.isFinite(value) ? true : null
}

/** Every series judged, the worst first: those that break a bound, then those that are unknown, then those nearest to one. */
export function judgeSeries(
  series: readonly RawSeries[],
  aggregate: Aggregate,
  bounds: Bounds,
  scale = 1,
): JudgedSeries[] {
  const judged = series.map(({ labels, samples, isNative }): JudgedSeries => {
    const values = isNative ? [] : samples.map((sample) => sample.value * scale)
    const value = aggregated(values, aggregate, bounds)
    return { labels, value, holds: holds(value, bounds) }
  })
  const rank = ({ holds: so }: JudgedSeries): number => (so === false ? 0 : so === null ? 1 : 2)
  const beyond = ({ value }: JudgedSeries): number => (value === null ? 0 : excess(value, bounds))
  return judged.toSorted((a, b) => rank(a) - rank(b) || beyond(b) - beyond(a) || 0)
}

function aggregated(values: readonly number[], aggregate: Aggregate, bounds: Bounds): number | null {
  if (aggregate === 'last') return values.at(-1) ?? null
  const numbers = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b)
  if (numbers.length === 0) return null
  const at = (share: number): number => numbers[Math.max(0, Math.ceil(share * numbers.length) - 1)] as number
  switch (aggregate) {
    case 'every':
      return numbers.reduce((worst, value) => (excess(value, bounds) > excess(worst, bounds) ? value : worst))
    case 'avg':
      return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
    case 'min':
      return at(0)
    case 'max':
      return at(1)
    case 'p50':
      return at(0.5)
    case 'p95':
      return at(0.95)
    case 'p99':
      return at(0.99)
  }
}

/** Percent of the moments of a window at which some series had a number. */
export function coveragePercent(series: readonly RawSeries[], window: { overMs: number; stepMs: number }): number {
  const moments = new Set(
    series.flatMap(({ samples }) => samples.filter(({ value }) => !Number.isNaN(value)).map(({ atMs }) => atMs)),
  )
  return Math.min(100, (moments.size / (Math.floor(window.overMs / window.stepMs) + 1)) * 100)
}

/** `at most 5 %`, `at least 1 and at most 3 count`. */
export function boundsInWords({ valueMin, valueMax }: Bounds, unit = ''): string {
  const words = [
    valueMin === undefined ? '' : `at least ${plainNumber(valueMin)}`,
    valueMax === undefined ? '' : `at most ${plainNumber(valueMax)}`,
  ].filter(Boolean)
  return withUnit(words.join(' and '), unit)
}

/** A figure with its unit, where the unit says something. */
export function withUnit(figure: string, unit: string): string {
  if (unit === '' || unit === 'count') return figure
  return `${figure} ${unit === 'percent' ? '%' : unit}`
}
