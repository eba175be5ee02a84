import { expect, test } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { intervalStretches } from './interval-series.ts'

const end = (at: number, value: number | null): Sample => {
  return { signal: 'ratio', version: 'v2', at, value, unit: 'ratio', observations: null }
}

test('an open end is no gap, a silence is', () => {
  const moments = [0, 1000, 2000, 60_000, 61_000]
  const found = intervalStretches(
    moments.map((at) => end(at, at === 0 ? null : 0.5)),
    moments.map((at) => end(at, at < 2000 ? null : 4)),
  )
  expect(found?.stretches).toEqual([
    [
      { at: 0, low: null, high: null },
      { at: 1000, low: 0.5, high: null },
      { at: 2000, low: 0.5, high: 4 },
    ],
    [
      { at: 60_000, low: 0.5, high: 4 },
      { at: 61_000, low: 0.5, high: 4 },
    ],
  ])
})

test('many looks are thinned to the last of each column, and the end is the last look', () => {
  const moments = Array.from({ length: 5000 }, (_, index) => index * 1000)
  const found = intervalStretches(
    moments.map((at) => end(at, 1 - 1 / (2 + at))),
    moments.map((at) => end(at, 1 + 1 / (2 + at))),
  )
  expect(found?.stretches).toHaveLength(1)
  expect(found?.stretches[0]?.length).toBeLessThan(170)
  expect(found?.stretches[0]?.at(-1)).toEqual(found?.last)
  expect(found?.last.at).toBe(4_999_000)
})

test('a look of which one end is missing is left out, and a ratio that cannot be is an open end', () => {
  expect(intervalStretches([end(0, 0.5), end(1000, 0.6)], [end(1000, Number.NaN)])?.stretches).toEqual([
    [{ at: 1000, low: 0.6, high: null }],
  ])
  expect(intervalStretches([end(0, 1)], [])).toBeNull()
})
