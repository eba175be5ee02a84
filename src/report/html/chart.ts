// Line charts as inline SVG: stable and candidate over the run, stages as bands, the rollback as a line, gaps as gaps.
import { formatDuration } from '../../lib/duration.ts'
import { formatMoment, formatNumber, formatValue } from '../format.ts'
import type { Chart, ReportModel, Series } from '../shape.ts'
import { html, type Markup } from './markup.ts'
import { niceScale, timeTicks } from './scale.ts'

// In SVG units; on a wide screen one unit is about one pixel.
const WIDTH = 480
const HEIGHT = 224
const PLOT = { left: 62, right: 468, top: 24, bottom: 186 }

/** Where values and moments are on the paper. */
interface Frame {
  from: number
  to: number
  x(at: number): number
  y(value: number): number
}

/** All charts over the same stretch of time, so that they can be read against each other. */
export function renderCharts(model: ReportModel): Markup[] {
  const moments = model.charts.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ at }) => at)))
  const from = moments.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  const to = moments.reduce((most, at) => Math.max(most, at), from + 1000)
  return model.charts.map((chart, index) => renderChart(chart, model, { id: `chart-${index + 1}`, from, to }))
}

function renderChart(chart: Chart, model: ReportModel, place: { id: string; from: number; to: number }): Markup {
  const bounds = visibleBounds(chart)
  const scale = niceScale(extremes(chart, bounds))
  const frame = frameOf(place, scale)
  return html`<figure class="chart">
    <figcaption>
      <h3>${chart.title}</h3>
      ${renderLegend(chart)}
    </figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${place.id}">
      <title id="${place.id}">${describe(chart, model)}</title>
      ${renderBands(model, frame)} ${renderAxes(chart, scale.ticks, frame)}
      ${bounds.map(({ value, severity }) => renderBound(value, `${severity} above ${formatValue(value, chart.unit)}`, frame))}
      ${chart.series.map((series) => html`<path class="line ${series.role}" d="${pathOf(series, frame)}" />`)}
      ${model.rollback && renderMarker(model.rollback.startedAt, 'rollback', frame)}
    </svg>
  </figure>`
}

function frameOf({ from, to }: { from: number; to: number }, { min, max }: { min: number; max: number }): Frame {
  return {
    from,
    to,
    x: (at) => between((at - from) / (to - from), PLOT.left, PLOT.right),
    y: (value) => between((value - min) / (max - min), PLOT.bottom, PLOT.top),
  }
}

/** What lies outside is drawn at the edge. */
function between(share: number, start: number, end: number): number {
  return round(start + Math.min(1, Math.max(0, share)) * (end - start))
}

/** Bounds far above all values would press the lines flat: they stay in the table of guards. */
function visibleBounds(chart: Chart): Chart['bounds'] {
  const { max } = extremes(chart, [])
  const seen = new Set<number>()
  return chart.bounds.filter(({ value }) => value <= max * 2 && !seen.has(value) && seen.add(value))
}

function extremes(chart: Chart, bounds: Chart['bounds']): { min: number; max: number } {
  let min = 0
  let max = 0
  const take = (value: number | null): void => {
    if (value === null || !Number.isFinite(value)) return
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  for (const { points } of chart.series) for (const { value } of points) take(value)
  for (const { value } of bounds) take(value)
  return { min, max }
}

/** One sub-path a stretch without gaps; a lone sample is a dot. */
function pathOf(series: Series, { x, y }: Frame): string {
  let path = ''
  let drawing = false
  for (const { at, value } of series.points) {
    if (value === null) drawing = false
    else {
      // The zero-length line makes the round line cap show a sample that has no neighbour.
      path += drawing ? `L${x(at)} ${y(value)}` : `M${x(at)} ${y(value)}h0`
      drawing = true
    }
  }
  return path
}

function renderBands({ stages, rollback }: ReportModel, { x, from, to }: Frame): Markup[] {
  return stages.flatMap(({ startedAt, endedAt, weight }, index) => {
    const end = endedAt ?? rollback?.startedAt ?? to
    if (startedAt === null || startedAt > to || end < from) return []
    const left = x(startedAt)
    const width = round(x(end) - left)
    const label = html`<text class="band-label" x="${round(left + width / 2)}" y="16" text-anchor="middle"
      >${formatNumber(weight)} %</text
    >`
    return html`<rect
        class="band ${index % 2 === 0 ? 'even' : 'odd'}"
        x="${left}"
        y="${PLOT.top}"
        width="${width}"
        height="${PLOT.bottom - PLOT.top}"
      />${width > 34 && label}`
  })
}

function renderAxes(chart: Chart, ticks: readonly number[], { x, y, from, to }: Frame): Markup {
  return html`${ticks.map(
      (value) =>
        html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value)}" y2="${y(value)}" />
          <text x="${PLOT.left - 7}" y="${y(value) + 4}" text-anchor="end">${formatValue(value, chart.unit)}</text>`,
    )}
    ${timeTicks(to - from, 5).map(
      (sinceMs) =>
        html`<line
            class="tick"
            x1="${x(from + sinceMs)}"
            x2="${x(from + sinceMs)}"
            y1="${PLOT.bottom}"
            y2="${PLOT.bottom + 4}"
          />
          <text x="${x(from + sinceMs)}" y="${PLOT.bottom + 17}" text-anchor="middle"
            >${sinceMs === 0 ? '0' : formatDuration(sinceMs)}</text
          >`,
    )} <text class="axis" x="${PLOT.right}" y="${HEIGHT - 4}" text-anchor="end">since ${formatMoment(from)}</text>`
}

function renderBound(value: number, label: string, { y }: Frame): Markup {
  return html`<line class="bound" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value)}" y2="${y(value)}" />
    <text class="bound-label" x="${PLOT.left + 5}" y="${y(value) - 4}">${label}</text>`
}

function renderMarker(at: number, label: string, { x, from, to }: Frame): Markup | null {
  if (at < from || at > to) return null
  const left = x(at)
  const before = left > (PLOT.left + PLOT.right) / 2
  return html`<line class="marker" x1="${left}" x2="${left}" y1="${PLOT.top}" y2="${PLOT.bottom}" />
    <text
      class="marker-label"
      x="${before ? left - 5 : left + 5}"
      y="${PLOT.top + 12}"
      text-anchor="${before ? 'end' : 'start'}"
      >${label}</text
    >`
}

function renderLegend(chart: Chart): Markup {
  return html`<p class="legend">
    ${chart.series.map(
      (series) =>
        html`<span
          ><svg class="key" viewBox="0 0 26 8" aria-hidden="true"><path class="line ${series.role}" d="M2 4H24" /></svg>
          ${series.version} <span class="muted">(${series.role}) ${rangeWords(series, chart.unit)}</span></span
        > `,
    )}
  </p>`
}

function rangeWords({ points }: Series, unit: string): string {
  const values = points.flatMap(({ value }) => (value === null ? [] : value))
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  return low === high ? formatValue(low, unit) : `${formatValue(low, unit)} to ${formatValue(high, unit)}`
}

/** What a screen reader says instead of the picture. */
function describe(chart: Chart, model: ReportModel): string {
  const ranges = chart.series.map((series) => `${series.version} (${series.role}) ${rangeWords(series, chart.unit)}`)
  const back = model.rollback ? `; rollback at ${formatMoment(model.rollback.startedAt)}` : ''
  return `${chart.title} over the run: ${ranges.join('; ')}${back}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
