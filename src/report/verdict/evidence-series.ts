// Evidence over time, from the recorded samples of the candidate.
import type { Sample } from '../../plan/signal.ts'
import { looksOf } from '../recording.ts'
import { COLUMNS, thin } from '../series.ts'
import type { EvidenceSeries, JudgedMetric } from './shape.ts'

const METRICS: readonly JudgedMetric[] = ['errors', 'latency', 'objective']
const RECORDED = new Set(METRICS.flatMap((metric) => Object.values(signalsOf(metric))))
/** Evidence is not multiplied beyond its threshold: it comes to lie on it, up to rounding. */
const ROUNDING = 1e-9

/** Names of the signals that a metric's evidence and the ends of its interval are recorded under. */
export function signalsOf(metric: JudgedMetric): { evidence: string; low: string; high: string } {
  return { evidence: `evidence-${metric}`, low: `ratio-low-${metric}`, high: `ratio-high-${metric}` }
}

/** The signal is a verdict's own record, no measurement of the service. */
export function isVerdictSignal(signal: string): boolean {
  return RECORDED.has(signal)
}

/** @param threshold log10, from which on it is enough. @returns null when no look had any evidence. */
export function evidenceSeries(samples: readonly Sample[], threshold: number): EvidenceSeries | null {
  let last: EvidenceSeries['last'] | null = null
  let peak: EvidenceSeries['peak'] | null = null
  let crossedAt: number | null = null
  let looks = 0
  for (const sample of samples) {
    if (sample.value === null) continue
    const { at, thinned } = sample
    const highest = thinned?.max ?? sample.value
    last = { at, value: thinned?.last ?? sample.value }
    if (peak === null || highest > peak.value) peak = { at, value: highest }
    if (highest >= threshold - ROUNDING) crossedAt ??= at
    looks += looksOf(sample)
  }
  return last && peak && { points: thin(samples, COLUMNS), last, peak, crossedAt, looks }
}
