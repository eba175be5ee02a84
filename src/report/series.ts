// What the charts show: each version's samples thinned to the extremes of a fixed number of columns. Gaps stay gaps.
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import type { Recording, Stretch } from './recording.ts'
import type { Chart, ReportModel, Series } from './shape.ts'

/** So many stretches of equal length are told apart in a chart. */
export const COLUMNS = 160

/** Of each group the first signal that was sampled gets a chart. */
const CHARTS: { signals: string[]; title: string }[] = [
  { signals: ['error-rate'], title: 'Error rate' },
  { signals: ['response-time-p95', 'response-time'], title: 'Response time' },
  { signals: ['memory', 'memory-bytes'], title: 'Memory' },
  { signals: ['cpu'], title: 'CPU' },
]

/** Error rate, response time, memory, CPU and share of requests, as far as they were sampled. */
export function reportCharts(
  recording: Recording,
  versions: ReportModel['versions'],
  guards: readonly GuardRule[],
): Chart[] {
  const charts: Chart[] = []
  for (const { signals, title } of CHARTS) {
    for (const signal of signals) {
      const series = seriesOf(versions, (version) => recording.of(signal, version))
      if (series.length === 0) continue
      const aggregate = signal.startsWith('response-time') ? (signal.endsWith('p95') ? ', p95' : ', average') : ''
      const bounds = boundsOf(signal, guards)
      charts.push({ signal, title: title + aggregate, unit: recording.unitOf(signal), series, bounds })
      break
    }
  }
  const shares = seriesOf(versions, (version) => requestShares(recording, version, versions))
  if (shares.length > 0)
    charts.push({ signal: 'request-share', title: 'Share of requests', unit: 'percent', series: shares, bounds: [] })
  return charts
}

function seriesOf(versions: ReportModel['versions'], samplesOf: (version: string) => readonly Sample[]): Series[] {
  return (['stable', 'candidate'] as const).flatMap((role) => {
    const version = versions[role]
    const samples = version === null ? [] : samplesOf(version)
    if (version === null || !samples.some(({ value }) => value !== null)) return []
    return { version, role, points: thin(samples, COLUMNS) }
  })
}

function boundsOf(signal: string, guards: readonly GuardRule[]): Chart['bounds'] {
  return guards.flatMap(({ series, severity, title }) =>
    series.flatMap(({ signal: bounded, bad }) =>
      bounded === signal && bad?.operator.startsWith('>') && bad.value !== null
        ? [{ value: bad.value, severity, title }]
        : [],
    ),
  )
}

/** One version's request rate as percent of both versions' at the same look. */
function requestShares(
  recording: Recording,
  version: string,
  { stable, candidate }: ReportModel['versions'],
): Sample[] {
  const other = version === stable ? candidate : stable
  const others = new Map(
    (other === null ? [] : recording.of('request-rate', other)).map(({ at, value }) => [at, value ?? 0]),
  )
  return recording.of('request-rate', version).map((sample) => {
    const total = (sample.value ?? 0) + (others.get(sample.at) ?? 0)
    return {
      ...sample,
      signal: 'request-share',
      unit: 'percent',
      value: total > 0 ? ((sample.value ?? 0) / total) * 100 : null,
    }
  })
}

/**
 * Lowest and highest of each column in time order; a null value where samples are unknown or stay away for more
 * than three usual intervals. Of a sample that stands for several looks both extremes are kept.
 */
export function thin(samples: readonly Sample[], columns: number): { at: number; value: number | null }[] {
  const stretch: Stretch = { from: samples[0]?.at ?? 0, to: samples.at(-1)?.at ?? 0 }
  const columnMs = Math.max(1, (stretch.to - stretch.from) / columns)
  const silenceMs = silenceMsOf(samples, columnMs)
  const points: { at: number; value: number | null }[] = []
  let column: { index: number; low: Extreme; high: Extreme } | null = null
  let lastAt = stretch.from
  const flush = (): void => {
    if (!column) return
    const { low, high } = column
    points.push(...(low.value === high.value ? [low] : low.at <= high.at ? [low, high] : [high, low]))
    column = null
  }
  for (const sample of samples) {
    const { at, value, thinned } = sample
    if (value === null || sinceOf(sample) - lastAt > silenceMs) {
      flush()
      if (points.length > 0 && points.at(-1)?.value !== null) points.push({ at: lastAt, value: null })
    }
    lastAt = at
    if (value === null) continue
    const index = Math.floor((at - stretch.from) / columnMs)
    if (column && column.index !== index) flush()
    const low = { at, value: thinned?.min ?? value }
    const high = { at, value: thinned?.max ?? value }
    column ??= { index, low, high }
    if (low.value < column.low.value) column.low = low
    if (high.value > column.high.value) column.high = high
  }
  flush()
  return points
}

interface Extreme {
  at: number
  value: number
}

/** First look that a sample stands for. */
export function sinceOf({ at, thinned }: Sample): number {
  return thinned?.sinceAt ?? at
}

/** From when on no sample means a gap, rather than the usual time between two looks or what one column hides. */
export function silenceMsOf(samples: readonly Sample[], columnMs: number): number {
  const intervals = samples.slice(1).map((sample, index) => sinceOf(sample) - (samples[index]?.at ?? sample.at))
  const usualMs = intervals.toSorted((a, b) => a - b)[intervals.length >> 1] ?? 0
  return Math.max(3 * usualMs, 2 * columnMs)
}
