import { expect, test } from 'vitest'
import type { Sample, Thinned } from '../plan/signal.ts'
import { figureOf } from './recording.ts'

const look = (value: number | null, rest: Partial<Sample> = {}): Sample => {
  return { signal: 'response-time', version: 'v2', at: 0, value, unit: 'ms', observations: null, ...rest }
}
const of = (looks: number, min: number | null, max: number | null): { thinned: Thinned } => {
  return { thinned: { sinceAt: 0, looks, min, max, last: max } }
}

test('a thinned sample counts as the looks it stands for, and its worst look is not lost in their mean', () => {
  const samples = [look(20, of(10, 5, 90)), look(40), look(null, of(4, null, null)), look(null)]
  expect(figureOf(samples)).toEqual({ average: 240 / 11, worst: 90, samples: 11, unknown: 5 })
  expect(figureOf(samples, true)?.worst).toBe(5)
})

test('where observations are known the average is theirs, however many looks a sample stands for', () => {
  const samples = [look(10, { ...of(60, 1, 30), observations: 100 }), look(20, { observations: 300 })]
  expect(figureOf(samples)?.average).toBe(17.5)
})

test('without a value there is no figure', () => {
  expect(figureOf([look(null), look(null, of(3, null, null))])).toBeNull()
})
