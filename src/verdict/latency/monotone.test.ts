// Nondecreasing functions from any values, and the same with fewer steps.
import { expect, test } from 'vitest'
import { joinAlike, makeNondecreasing } from './monotone.ts'

const WEIGHTS = Float64Array.from([0.1, 0.2, 0.3, 0.2, 0.1, 0.1])
const meanOf = (values: Float64Array) => values.reduce((sum, value, index) => sum + value * WEIGHTS[index]!, 0)

test('what falls becomes its mean', () => {
  const values = Float64Array.from([1, 3, 2, 2.5, 5, 4])
  const mean = meanOf(values)
  makeNondecreasing(values, WEIGHTS)
  expect([...values]).toEqual([...values].toSorted((a, b) => a - b))
  expect(values[1]).toBeCloseTo(2.4, 9)
  expect(meanOf(values)).toBeCloseTo(mean, 9)
})

test('steps that are nearly alike become one, others stay, and the mean is kept', () => {
  const values = Float64Array.from([0.5, 0.9, 0.91, 1, 2, 2])
  const mean = meanOf(values)
  joinAlike(values, WEIGHTS, 0.01)
  expect(values[1]).toBe(values[2])
  expect(values[0]).toBe(0.5)
  expect(values[3]).toBeLessThan(values[4]!)
  expect(meanOf(values)).toBeCloseTo(mean, 12)
})

test('no loss allowed, nothing joined; all allowed, one step is left', () => {
  const values = Float64Array.from([0.5, 0.9, 0.91, 1, 2, 3])
  const same = values.slice()
  joinAlike(same, WEIGHTS, 0)
  same.forEach((value, index) => expect(value).toBeCloseTo(values[index]!, 12))
  joinAlike(values, WEIGHTS, 2)
  expect(new Set(values).size).toBe(1)
})
