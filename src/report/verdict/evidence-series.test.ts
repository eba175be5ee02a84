import { expect, test } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { evidenceSeries, isVerdictSignal } from './evidence-series.ts'

const look = (at: number, value: number | null, rest: Partial<Sample> = {}): Sample => {
  return { signal: 'evidence-errors', version: 'v2', at, value, unit: 'log10', observations: null, ...rest }
}

test('the peak, the end and the first look that reached the threshold', () => {
  const samples = [0, 1.5, 2.0 - 1e-12, 2.4, 1].map((value, index) => look(index * 1000, value))
  expect(evidenceSeries(samples, 2)).toMatchObject({
    last: { at: 4000, value: 1 },
    peak: { at: 3000, value: 2.4 },
    crossedAt: 2000,
    looks: 5,
  })
  expect(evidenceSeries(samples, 3)?.crossedAt).toBeNull()
})

test('a sample of an old recording keeps the highest look of its stretch, also where their mean is far below', () => {
  const thinned = { sinceAt: 0, looks: 10, min: 0, max: 2.2, last: 1.9 }
  expect(evidenceSeries([look(9000, 0.7, { thinned })], 2)).toMatchObject({
    last: { at: 9000, value: 1.9 },
    peak: { at: 9000, value: 2.2 },
    crossedAt: 9000,
    looks: 10,
  })
})

test('a gap stays one, and nothing but unknown looks is no evidence', () => {
  const samples = [0, 1000, 2000, 60_000, 61_000].map((at) => look(at, 1))
  expect(evidenceSeries(samples, 2)?.points).toContainEqual({ at: 2000, value: null })
  expect(evidenceSeries([look(0, null)], 2)).toBeNull()
  expect(evidenceSeries([], 2)).toBeNull()
})

test('only a verdict’s own signals are told apart from what a service measures', () => {
  const signals = ['evidence-errors', 'evidence-objective', 'ratio-low-latency', 'ratio-high-errors']
  expect(signals.every(isVerdictSignal)).toBe(true)
  expect(['evidence', 'ratio', 'ratio-of-hits', 'requests', 'evidence-errors-2'].some(isVerdictSignal)).toBe(false)
})
