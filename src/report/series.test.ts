import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import { Recording } from './recording.ts'
import { reportCharts, thin } from './series.ts'

const sample = (at: number, value: number | null, rest: Partial<Sample> = {}): Sample => {
  return { signal: 'error-rate', version: 'v2', at, value, unit: 'percent', observations: 10, ...rest }
}

test('thinning keeps the extremes, the order, and every gap of more than a column', () => {
  const value = fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: null })
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 2000 }),
      fc.integer({ min: 2, max: 200 }),
      (values, columns) => {
        const points = thin(
          values.map((one, index) => sample(index * 1000, one)),
          columns,
        )
        const known = values.filter((one) => one !== null)
        const shown = points.flatMap((point) => (point.value === null ? [] : [point.value]))
        expect(Math.max(...shown)).toBe(Math.max(...known))
        expect(Math.min(...shown)).toBe(Math.min(...known))
        const moments = points.map(({ at }) => at)
        expect(moments).toEqual(moments.toSorted((a, b) => a - b))
        // Two points a column, and one more for each gap.
        const gaps = points.filter((point) => point.value === null).length
        expect(shown.length).toBeLessThanOrEqual(2 * (columns + 1 + gaps))
        const unknownInside = values.slice(values.findIndex((one) => one !== null)).includes(null)
        expect(gaps > 0).toBe(known.length > 0 && unknownInside)
      },
    ),
  )
})

test('an old recording, thinned to one sample for many looks, is one stretch and keeps its extremes', () => {
  const old = [9000, 19_000, 29_000].map((at) =>
    sample(at, 5, { thinned: { sinceAt: at - 9000, looks: 10, min: 1, max: 40, last: 5 } }),
  )
  const young = Array.from({ length: 60 }, (_, index) => sample(30_000 + index * 1000, 6))
  const points = thin([...old, ...young], 160)
  expect(points.some(({ value }) => value === null)).toBe(false)
  expect(points.slice(0, 2).map(({ value }) => value)).toEqual([1, 40])
})

test('samples that stop coming leave a gap, though none says unknown', () => {
  const samples = [0, 1000, 2000, 3000, 60_000, 61_000].map((at) => sample(at, 1))
  expect(thin(samples, 160)).toContainEqual({ at: 3000, value: null })
})

test('the share of requests is what both versions got at the same look', () => {
  const rate = { signal: 'request-rate', unit: 'per-second', observations: null }
  const recording = new Recording([
    sample(1000, 90, { ...rate, version: 'v1' }),
    sample(1000, 10, rate),
    sample(2000, 0, { ...rate, version: 'v1' }),
    sample(2000, 0, rate),
  ])
  const chart = reportCharts(recording, { stable: 'v1', candidate: 'v2' }, []).find(
    ({ signal }) => signal === 'request-share',
  )
  expect(chart?.series.map(({ points }) => points[0]?.value)).toEqual([90, 10])
  expect(chart?.series[0]?.points[1]?.value).toBeNull()
})

test('a signal nobody sampled has no chart', () => {
  expect(reportCharts(new Recording([sample(0, null)]), { stable: 'v1', candidate: 'v2' }, [])).toEqual([])
})
