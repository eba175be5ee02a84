// Buckets of OpenTelemetry become a histogram in milliseconds; exponential ones on one fixed grid, which is exact. Pure.
import type { Histogram } from '../../../plan/signal.ts'
import type { HistogramPoint } from './points.ts'

/** Bounds of the grid are 2^(k/4) of the unit: 19 % apart. */
const GRID_SCALE = 2
/** In seconds: from 0.1 ms to 108 s. */
const GRID_FIRST = -53
const GRID_LAST = 27
/** `unit` to milliseconds. */
const TO_MS: Readonly<Record<string, number>> = { s: 1000, ms: 1, us: 0.001, ns: 0.000_001 }

/** From the unit of a metric to milliseconds; what names none is in the unit of its convention. Null: no unit of time. */
export function toMsOf({ unit, metric }: Pick<HistogramPoint, 'unit' | 'metric'>): number | null {
  if (unit === '') return metric === 'http.server.duration' ? 1 : 1000
  return TO_MS[unit] ?? null
}

/** The histogram of a point; a text: why it has none. */
export function histogramOf({ buckets }: HistogramPoint, toMs: number): Histogram | string {
  if (buckets === null) return 'the histogram has no buckets'
  if (buckets.kind === 'explicit') {
    const boundsMs = buckets.bounds.map((bound) => Number((bound * toMs).toPrecision(12)))
    const isRising = boundsMs.every((bound, index) => Number.isFinite(bound) && bound > (boundsMs[index - 1] ?? -1))
    return isRising && areCounts(buckets.counts)
      ? { boundsMs, counts: [...buckets.counts] }
      : 'the histogram has bounds that do not rise, or counts that are none'
  }
  const { scale, zeroCount, offset, counts } = buckets
  if (!Number.isInteger(scale) || !Number.isInteger(offset) || !areCounts([zeroCount, ...counts]))
    return 'the histogram has counts that are none'
  // Buckets of a finer scale lie within those of the grid; those of a coarser one do not.
  if (scale < GRID_SCALE)
    return `the exponential histogram is too coarse: scale ${scale}, at least ${GRID_SCALE} wanted`
  return gridded({ scale, zeroCount, offset, counts }, toMs)
}

function gridded(
  { scale, zeroCount, offset, counts }: { scale: number; zeroCount: number; offset: number; counts: readonly number[] },
  toMs: number,
): Histogram {
  const shift = 2 ** (scale - GRID_SCALE)
  // The grid is laid in seconds whatever the unit, as near as powers of two allow.
  const unitSteps = Math.round(Math.log2(1000 / toMs) * 2 ** GRID_SCALE)
  const boundsMs: number[] = []
  for (let k = GRID_FIRST; k <= GRID_LAST; k++)
    boundsMs.push(Number((2 ** ((k + unitSteps) / 2 ** GRID_SCALE) * toMs).toPrecision(12)))
  const gridCounts = boundsMs.map(() => 0).concat(0)
  gridCounts[0] = zeroCount
  for (const [index, count] of counts.entries()) {
    // Upper bound of grid bucket g is 2^((g+1)/4).
    const upper = Math.floor((offset + index) / shift) + 1 - unitSteps
    const place = Math.min(Math.max(upper - GRID_FIRST, 0), boundsMs.length)
    gridCounts[place] = (gridCounts[place] ?? 0) + count
  }
  return { boundsMs, counts: gridCounts }
}

function areCounts(counts: readonly number[]): boolean {
  return counts.every((count) => Number.isFinite(count) && count >= 0)
}
