// What is remembered of a function, and what makes arguments the same.
import { expect, test } from 'vitest'
import { memoized } from './memoized.ts'

function counted(kept: number) {
  const calls = { made: 0 }
  const sum = memoized((values: readonly number[], factor: number) => {
    calls.made++
    return factor * values.reduce((total, value) => total + value, 0)
  }, kept)
  return { sum, calls }
}

test('equal numbers are not worked out again, changed ones are', () => {
  const { sum, calls } = counted(4)
  const values = [1, 2, 3]
  expect([sum(values, 2), sum([1, 2, 3], 2)]).toEqual([12, 12])
  expect(calls.made).toBe(1)
  values[0] = 2
  expect([sum(values, 2), sum([1, 2, 3], 3), sum([1, 2], 2)]).toEqual([14, 18, 6])
  expect(calls.made).toBe(4)
})

test('only the last few are kept', () => {
  const { sum, calls } = counted(2)
  for (const factor of [1, 2, 1, 3, 1, 2]) sum([1], factor)
  // 1, 2 and 3, and 2 once more: it was not used for longest when 3 came.
  expect(calls.made).toBe(4)
})
