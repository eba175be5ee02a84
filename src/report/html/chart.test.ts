import { expect, test } from 'vitest'
import { rolledBackRun, succeededRun } from '../fixtures/example-run.ts'
import { buildReport } from '../model.ts'
import type { Chart, ReportModel } from '../shape.ts'
import { renderCharts } from './chart.ts'
import { niceScale, timeTicks } from './scale.ts'

function draw(points: { at: number; value: number | null }[], rest: Partial<Chart> = {}): string {
  const series = [{ version: 'v2', role: 'candidate' as const, points }]
  const chart = { signal: 'error-rate', title: 'Error rate', unit: 'percent', series, bounds: [], ...rest }
  const model: ReportModel = { ...buildReport(succeededRun()), charts: [chart], stages: [], rollback: null }
  return String(renderCharts(model)[0])
}

const bound = (value: number) => [{ value, severity: 'rollback' as const, title: 'Too slow' }]

const linesOf = (svg: string): string => svg.match(/class="line candidate" d="(M[^"]*[hL][^"]*)"/)?.[1] ?? ''

test('a gap is not bridged, and a lone sample is still drawn', () => {
  const svg = draw([
    { at: 0, value: 1 },
    { at: 1000, value: 2 },
    { at: 2000, value: null },
    { at: 3000, value: 3 },
    { at: 4000, value: null },
    { at: 5000, value: 1 },
    { at: 6000, value: 1 },
  ])
  const path = linesOf(svg)
  expect(path.match(/M/g)).toHaveLength(3)
  expect(path).toMatch(/h0M/)
})

test('axes carry units and start at zero', () => {
  const svg = draw([
    { at: 0, value: 0.2 },
    { at: 60_000, value: 0.9 },
  ])
  expect(svg).toContain('>0 %</text')
  expect(svg).toContain('>1 %</text')
  expect(svg).toMatch(/>\s*30 s<\/text/)
})

test('a bound is drawn where it is near, and left to the table where it would press the lines flat', () => {
  const points = [
    { at: 0, value: 30 },
    { at: 1000, value: 40 },
  ]
  expect(draw(points, { unit: 'ms', bounds: bound(50) })).toContain('rollback above 50 ms')
  expect(draw(points, { unit: 'ms', bounds: bound(10_000) })).not.toContain('class="bound"')
})

test('the rollback and the stages are drawn over the run', () => {
  const model = buildReport(rolledBackRun())
  for (const chart of renderCharts(model).map(String)) {
    expect(chart.match(/class="band /g)).toHaveLength(2)
    expect(chart.match(/class="marker"/g)).toHaveLength(1)
    expect(chart).toMatch(/<title id="chart-\d">[^<]*rollback at 2026-11-21 10:15:44 UTC<\/title/)
  }
})

test('all coordinates are numbers, even for one sample and for values beyond every scale', () => {
  for (const points of [
    [{ at: 5, value: 0 }],
    [
      { at: 0, value: 5 },
      { at: 1000, value: Number.POSITIVE_INFINITY },
    ],
  ])
    expect(draw(points)).not.toMatch(/NaN|Infinity|undefined/)
})

test.each([
  [{ min: 0, max: 0 }, [0, 1]],
  [{ min: 0, max: 0.4 }, [0, 0.4]],
  [{ min: 0, max: 97 }, [0, 100]],
  [{ min: 0, max: 1_530_000_000 }, [0, 2_000_000_000]],
  [{ min: -3, max: 12 }, [-5, 15]],
])('an axis for %o is round', (extremes, [min, max]) => {
  const scale = niceScale(extremes)
  expect(scale).toMatchObject({ min, max })
  expect(scale.ticks.length).toBeGreaterThanOrEqual(2)
  expect(scale.ticks.length).toBeLessThanOrEqual(7)
})

test.each([1000, 54_000, 5_400_000, 7 * 86_400_000, 400 * 86_400_000])(
  'a time axis over %d ms has few ticks',
  (spanMs) => {
    const ticks = timeTicks(spanMs, 5)
    expect(ticks.length).toBeGreaterThanOrEqual(2)
    expect(ticks.length).toBeLessThanOrEqual(6)
    expect(ticks.at(-1)).toBeLessThanOrEqual(spanMs)
  },
)
