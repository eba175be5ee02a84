// Trend of a series over a sliding window, robust against outliers: Theil-Sen over means of equal parts. Pure, bounded size.
//
// Theil (1950), Sen (1968): the median of the slopes of all pairs of points. Up to 29 % of the points may be arbitrary.

/** Parts of the window that hold their samples as a mean: 276 pairs. */
export const TREND_PARTS = 24
/** A trend is told from a quarter of the window on. */
const PARTS_MIN = TREND_PARTS / 4

/** One part of the window: which one since the epoch, and what fell into it. */
interface Part {
  index: number
  samples: number
  /** Sum of the values. */
  sum: number
  /** Sum of the milliseconds since the begin of the part. */
  offsetsMs: number
}

/** In order of time, oldest first; at most as many as the window has. */
export type Trend = Part[]

/** The window with one more sample. What is older than the window is forgotten, and what is later, where the clock was set back. */
export function withSample(trend: Trend, at: number, value: number, windowMs: number): Trend {
  const partMs = windowMs / TREND_PARTS
  const index = Math.floor(at / partMs)
  const kept = trend.filter((part) => part.index <= index && part.index > index - TREND_PARTS)
  const last = kept.at(-1)
  const open = last?.index === index ? last : { index, samples: 0, sum: 0, offsetsMs: 0 }
  const part: Part = {
    index,
    samples: open.samples + 1,
    sum: open.sum + value,
    offsetsMs: open.offsetsMs + (at - index * partMs),
  }
  return [...(open === last ? kept.slice(0, -1) : kept), part]
}

export interface Growth {
  /** Fitted value at the begin and at the end of what is in the window. */
  from: number
  to: number
  spanMs: number
  samples: number
  /** Whether it rises more often than it falls, beyond what a saw-tooth or noise does now and then. */
  steady: boolean
}

/** How the fitted line goes through the window; null where less than a quarter of it, or too few samples, are known. */
export function growthOf(trend: Trend, windowMs: number, samplesMin: number): Growth | null {
  const samples = trend.reduce((sum, part) => sum + part.samples, 0)
  if (trend.length < PARTS_MIN || samples < samplesMin) return null
  const points = pointsOf(trend, windowMs / TREND_PARTS)
  const slopes = slopesOf(points)
  const slope = median(slopes)
  const start = median(Float64Array.from(points, ({ ms, value }) => value - slope * ms))
  const [first, last] = [points[0]?.ms ?? 0, points.at(-1)?.ms ?? 0]
  const steady = risesSteadily(points.length, slopes)
  return { from: start + slope * first, to: start + slope * last, spanMs: last - first, samples, steady }
}

interface Point {
  /** Since the begin of the oldest part. */
  ms: number
  value: number
}

function pointsOf(trend: Trend, partMs: number): Point[] {
  const first = trend[0]?.index ?? 0
  return trend.map(({ index, samples, sum, offsetsMs }) => ({
    ms: (index - first) * partMs + offsetsMs / samples,
    value: sum / samples,
  }))
}

/** Of every pair of points. */
function slopesOf(points: readonly Point[]): Float64Array {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2)
  let next = 0
  for (const [index, a] of points.entries())
    for (let other = index + 1; other < points.length; other++) {
      const b = points[other] as Point
      slopes[next++] = (b.value - a.value) / Math.max(1e-9, b.ms - a.ms)
    }
  return slopes
}

/** One-sided at 1 % for points that do not depend on each other. */
const STEADY_Z = 2.33

/** Mann (1945), Kendall (1975): pairs that rise less pairs that fall, against the variance n (n - 1) (2n + 5) / 18 without a trend. */
function risesSteadily(points: number, slopes: Float64Array): boolean {
  const rising = slopes.reduce((sum, slope) => sum + Math.sign(slope), 0)
  return (rising - 1) / Math.sqrt((points * (points - 1) * (2 * points + 5)) / 18) >= STEADY_Z
}

function median(values: Float64Array): number {
  const sorted = values.toSorted()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}
