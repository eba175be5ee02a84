// A verdict over time: evidence up to its threshold, and the interval of candidate over stable as a band. Both axes are logarithmic.
import { formatClock, formatNumber } from '../format.ts'
import type { ReportModel } from '../shape.ts'
import type { EvidenceSeries, IntervalPoint, IntervalSeries, MetricVerdict, ReportVerdict } from '../verdict/shape.ts'
import { formatOdds, intervalWords, metricTitle } from '../verdict/words.ts'
import { html, type Markup } from './markup.ts'
import {
  frameOf,
  HEIGHT,
  pathOf,
  PLOT,
  renderAxes,
  renderBands,
  renderMarker,
  round,
  WIDTH,
  type Frame,
} from './plot.ts'
import { powerTicks, ratioTicks } from './scale.ts'

/** Decades beyond the threshold, and below 1 : 1, that are drawn; further out the line runs along the edge. */
const DECADES_ABOVE = 2
const DECADES_BELOW = 2
/** Early intervals are wide: so many times beyond what the last one needs they are cut off at the edge. */
const WIDE = 5

interface Place {
  id: string
  from: number
  to: number
}

/** Evidence and interval of each metric that was judged, over the stretch in which the candidate was judged. */
export function renderVerdictCharts(verdict: ReportVerdict, model: ReportModel, id: string): Markup[] {
  const stretch = stretchOf(verdict, model)
  return verdict.metrics.flatMap((metric) => {
    if (metric.judgement === 'not-judged') return []
    const place = (name: string): Place => ({ id: `${id}-${metric.metric}-${name}`, ...stretch })
    return [
      ...(metric.evidence ? [renderEvidence(metric, metric.evidence, model, place('evidence'))] : []),
      ...(metric.interval ? [renderInterval(metric.interval, model, place('interval'))] : []),
    ]
  })
}

/** From the first to the last look that was judged, and to the rollback that followed. */
function stretchOf({ metrics }: ReportVerdict, { rollback }: ReportModel): { from: number; to: number } {
  const moments = metrics.flatMap(({ evidence }) => evidence?.points.map(({ at }) => at) ?? [])
  const from = moments.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  return { from, to: moments.reduce((most, at) => Math.max(most, at), Math.max(from + 1000, rollback?.startedAt ?? 0)) }
}

function renderEvidence(metric: MetricVerdict, evidence: EvidenceSeries, model: ReportModel, place: Place): Markup {
  const { threshold } = metric
  const lowest = evidence.points.reduce((least, { value }) => Math.min(least, value ?? 0), 0)
  const min = Math.max(lowest, -DECADES_BELOW)
  const max = Math.max(threshold, Math.min(evidence.peak.value, threshold + DECADES_ABOVE)) + 0.35
  const frame = frameOf(place, { min, max })
  const ticks = powerTicks({ min, max }).map((value) => ({ value, label: formatOdds(value) }))
  const { crossedAt, peak, last } = evidence
  const end = crossedAt === null ? 'not shown worse' : `shown worse at ${formatClock(crossedAt).slice(0, 8)}`
  const words = `${formatOdds(last.value)} at the end, highest ${formatOdds(peak.value)}: ${end}`
  const title = `Evidence that the candidate is worse: ${metricTitle(metric.metric).toLowerCase()}`
  const described = `${words}; worse from ${formatOdds(threshold)}`
  const drawing = html`${renderThreshold(threshold, frame)}
    <path class="line candidate" d="${pathOf(evidence.points, frame)}" />
    ${crossedAt !== null && html`<circle class="crossing" cx="${frame.x(crossedAt)}" cy="${frame.y(threshold)}" r="4.5" />`}`
  const legend = html`<path class="line candidate" d="M2 4H24" />`
  return renderFigure(model, place.id, frame, { title, words, described, legend, ticks, drawing })
}

function renderInterval(interval: IntervalSeries, model: ReportModel, place: Place): Markup {
  const domain = ratioDomain(interval)
  const frame = frameOf(place, { min: Math.log10(domain.min), max: Math.log10(domain.max) })
  const ticks = ratioTicks(domain).map((ratio) => ({ value: Math.log10(ratio), label: `×${formatNumber(ratio)}` }))
  const { of, levelPercent, accepted, last, stretches } = interval
  const what = of === 'odds-ratio' ? 'Odds of failing' : 'Median response time'
  const title = `${what}, candidate : stable`
  const words = `${intervalWords(last)} at the end (always-valid ${formatNumber(levelPercent)} % interval)`
  const edges = (['low', 'high'] as const).flatMap((side) =>
    stretches.map(
      (stretch) => html`<path class="line candidate thin" d="${pathOf(edgeOf(stretch, side, domain), frame)}" />`,
    ),
  )
  const drawing = html`${stretches.map((stretch) => html`<path class="interval" d="${bandOf(stretch, frame)}" />`)}
  ${edges} ${renderLevel(0, 'alike', 'start', frame)}
  ${accepted > 1 && renderLevel(Math.log10(accepted), `accepted up to ×${formatNumber(accepted)}`, 'end', frame)}`
  const legend = html`<rect class="interval" x="2" y="0" width="22" height="8" />`
  return renderFigure(model, place.id, frame, { title, words, described: words, legend, ticks, drawing })
}

interface Figure {
  title: string
  words: string
  described: string
  legend: Markup
  ticks: { value: number; label: string }[]
  drawing: Markup
}

function renderFigure(model: ReportModel, id: string, frame: Frame, figure: Figure): Markup {
  const { title, words, described, legend, ticks, drawing } = figure
  return html`<figure class="chart">
    <figcaption>
      <h3>${title}</h3>
      <p class="legend">
        <span
          ><svg class="key" viewBox="0 0 26 8" aria-hidden="true">${legend}</svg> ${model.versions.candidate}
          <span class="muted">${words}</span></span
        >
      </p>
    </figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}">
      <title id="${id}">${title}: ${described}</title>
      ${renderBands(model, frame)} ${renderStageMarks(model, frame)} ${renderAxes(ticks, frame)} ${drawing}
      ${model.rollback && renderMarker(model.rollback.startedAt, 'rollback', frame)}
    </svg>
  </figure>`
}

function renderStageMarks({ stages }: ReportModel, { x, from, to }: Frame): Markup[] {
  return stages.flatMap(({ startedAt }) =>
    startedAt === null || startedAt <= from || startedAt > to
      ? []
      : html`<line
          class="stage-mark"
          x1="${x(startedAt)}"
          x2="${x(startedAt)}"
          y1="${PLOT.top}"
          y2="${PLOT.bottom}"
        />`,
  )
}

function renderThreshold(threshold: number, { y }: Frame): Markup {
  return html`<line class="threshold" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(threshold)}" y2="${y(threshold)}" />
    <text class="bound-label" x="${PLOT.left + 5}" y="${y(threshold) - 4}">worse from ${formatOdds(threshold)}</text>`
}

function renderLevel(log10: number, label: string, anchor: 'start' | 'end', { y }: Frame): Markup {
  const left = anchor === 'start' ? PLOT.left + 5 : PLOT.right - 5
  return html`<line class="alike" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(log10)}" y2="${y(log10)}" />
    <text x="${left}" y="${y(log10) - 4}" text-anchor="${anchor}">${label}</text>`
}

/** What the last look and 1 need, and as much of the earlier looks as does not press that flat. */
function ratioDomain({ stretches, last, accepted }: IntervalSeries): { min: number; max: number } {
  const points = stretches.flat()
  const needed = { min: Math.min(0.8, last.low ?? 1), max: Math.max(1.25, accepted * 1.1, last.high ?? 1) }
  const least = points.reduce((so, { low }) => Math.min(so, low ?? so), needed.min)
  const most = points.reduce((so, { high }) => Math.max(so, high ?? so), needed.max)
  return { min: Math.max(least, needed.min / WIDE) / 1.15, max: Math.min(most, needed.max * WIDE) * 1.15 }
}

/** The line along one end: where it is open or off the paper there is none. */
function edgeOf(
  stretch: readonly IntervalPoint[],
  side: 'low' | 'high',
  { min, max }: { min: number; max: number },
): { at: number; value: number | null }[] {
  return stretch.map((point) => {
    const end = point[side]
    return { at: point.at, value: end === null || end < min || end > max ? null : Math.log10(end) }
  })
}

/** Along the upper ends and back along the lower ones; an open end lies on the edge of the paper. A lone look is a thin bar. */
function bandOf(stretch: readonly IntervalPoint[], { x, y }: Frame): string {
  const ends = stretch.map(({ at, low, high }) => ({
    left: x(at),
    top: high === null ? PLOT.top : y(Math.log10(high)),
    bottom: low === null ? PLOT.bottom : y(Math.log10(low)),
  }))
  const [only] = ends
  const corners = only && ends.length === 1 ? [only, { ...only, left: round(only.left + 1.5) }] : ends
  const upper = corners.map(({ left, top }) => `${left} ${top}`)
  const lower = corners.map(({ left, bottom }) => `${left} ${bottom}`).toReversed()
  return `M${[...upper, ...lower].join('L')}Z`
}
