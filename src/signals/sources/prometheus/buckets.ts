// Buckets as Prometheus counts them (cumulative, by `le`) become a histogram. Pure.
import type { Histogram } from '../../../plan/signal.ts'
import { addHistograms } from '../../version-windows.ts'

/** So many took at most `boundMs`; the last bound is Infinity. */
export interface CumulativeBucket {
  boundMs: number
  count: number
}

/** The bound that a label `le` names, in milliseconds: `0.035` seconds are 35, not 35.00000000000001. Null: it is no number. */
export function boundMsOf(le: string | undefined, toMs: number): number | null {
  if (le === undefined || le.trim() === '') return null
  if (/^\+?Inf$/i.test(le)) return Number.POSITIVE_INFINITY
  const bound = Number((Number(le) * toMs).toPrecision(12))
  return Number.isFinite(bound) && bound >= 0 ? bound : null
}

/** One histogram of several with the same buckets; null with the reason where there is none to be had, null without where nobody asked. */
export function latencyOf(histograms: readonly (readonly CumulativeBucket[])[]): {
  latency: Histogram | null
  remark?: string
} {
  let total: Histogram | null = null
  for (const buckets of histograms) {
    const one = histogramOf(buckets)
    if (typeof one === 'string') return { latency: null, remark: one }
    const sum: Histogram | null = total === null ? one : addHistograms(total, one)
    if (!sum) return { latency: null, remark: 'the histograms have different buckets and cannot be added up' }
    total = sum
  }
  return { latency: total }
}

function histogramOf(buckets: readonly CumulativeBucket[]): Histogram | string {
  const sorted = buckets.toSorted((a, b) => a.boundMs - b.boundMs)
  if (sorted.at(-1)?.boundMs !== Number.POSITIVE_INFINITY) return 'the histogram has no bucket le="+Inf"'
  if (sorted.length < 2) return 'the histogram has no bucket but le="+Inf"'
  const counts = sorted.map(({ count }, index) => Math.round(count - (sorted[index - 1]?.count ?? 0)))
  if (counts.some((count) => count < 0)) return 'the histogram has buckets that hold fewer than the smaller ones'
  return { boundsMs: sorted.slice(0, -1).map(({ boundMs }) => boundMs), counts }
}
