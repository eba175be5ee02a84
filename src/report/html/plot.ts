// What all charts share: the paper, where moments and values are on it, the time axis, stages as bands, a rollback as a line.
import { formatDuration } from '../../lib/duration.ts'
import { formatMoment, formatNumber } from '../format.ts'
import type { ReportModel } from '../shape.ts'
import { html, type Markup } from './markup.ts'
import { timeTicks } from './scale.ts'

// In SVG units; on a wide screen one unit is about one pixel.
export const WIDTH = 480
export const HEIGHT = 224
export const PLOT = { left: 62, right: 468, top: 24, bottom: 186 }

/** Where values and moments are on the paper. */
export interface Frame {
  from: number
  to: number
  x(at: number): number
  y(value: number): number
}

/** A stretch of time across and values from `min` to `max` upwards; what lies outside is drawn at the edge. */
export function frameOf({ from, to }: { from: number; to: number }, { min, max }: { min: number; max: number }): Frame {
  return {
    from,
    to,
    x: (at) => between((at - from) / (to - from), PLOT.left, PLOT.right),
    y: (value) => between((value - min) / (max - min), PLOT.bottom, PLOT.top),
  }
}

function between(share: number, start: number, end: number): number {
  return round(start + Math.min(1, Math.max(0, share)) * (end - start))
}

/** One sub-path a stretch without gaps; a lone sample is a dot. */
export function pathOf(points: readonly { at: number; value: number | null }[], { x, y }: Frame): string {
  let path = ''
  let drawing = false
  for (const { at, value } of points) {
    if (value === null) drawing = false
    else {
      // The zero-length line makes the round line cap show a sample that has no neighbour.
      path += drawing ? `L${x(at)} ${y(value)}` : `M${x(at)} ${y(value)}h0`
      drawing = true
    }
  }
  return path
}

/** Each stage with its share of traffic, where there is room for it. */
export function renderBands({ stages, rollback }: ReportModel, { x, from, to }: Frame): Markup[] {
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

/** Lines across with their labels, and the time since the beginning. */
export function renderAxes(ticks: readonly { value: number; label: string }[], { x, y, from, to }: Frame): Markup {
  return html`${ticks.map(
      ({ value, label }) =>
        html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value)}" y2="${y(value)}" />
          <text x="${PLOT.left - 7}" y="${y(value) + 4}" text-anchor="end">${label}</text>`,
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

/** A line across at a value that must not be reached. */
export function renderBound(value: number, label: string, { y }: Frame): Markup {
  return html`<line class="bound" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value)}" y2="${y(value)}" />
    <text class="bound-label" x="${PLOT.left + 5}" y="${y(value) - 4}">${label}</text>`
}

/** A line down at a moment; nothing where it is not on the paper. */
export function renderMarker(at: number, label: string, { x, from, to }: Frame): Markup | null {
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

/** To a tenth of a unit. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}
