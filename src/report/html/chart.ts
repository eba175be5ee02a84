// Line charts as inline SVG: stable and candidate over the run, stages as bands, the rollback as a line, gaps as gaps.
import { formatMoment, formatValue } from '../format.ts'
import type { Chart, ReportModel, Series } from '../shape.ts'
import { html, type Markup } from './markup.ts'
import { frameOf, HEIGHT, pathOf, renderAxes, renderBands, renderBound, renderMarker, WIDTH } from './plot.ts'
import { niceScale } from './scale.ts'

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
  const ticks = scale.ticks.map((value) => ({ value, label: formatValue(value, chart.unit) }))
  return html`<figure class="chart">
    <figcaption>
      <h3>${chart.title}</h3>
      ${renderLegend(chart)}
    </figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${place.id}">
      <title id="${place.id}">${describe(chart, model)}</title>
      ${renderBands(model, frame)} ${renderAxes(ticks, frame)}
      ${bounds.map(({ value, severity }) => renderBound(value, `${severity} above ${formatValue(value, chart.unit)}`, frame))}
      ${chart.series.map((series) => html`<path class="line ${series.role}" d="${pathOf(series.points, frame)}" />`)}
      ${model.rollback && renderMarker(model.rollback.startedAt, 'rollback', frame)}
    </svg>
  </figure>`
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
