// Groups in memory against a plain reading of the same rows.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HELD_AGGREGATES, HeldGroups, heldBytes } from './held-groups.ts'

const numbers = fc.oneof(fc.integer({ min: -5, max: 70 }), fc.constantFrom(null, 1.5, 'a', Number.MAX_SAFE_INTEGER))
const values = fc.option(fc.integer({ min: -4, max: 9 }).map((value) => value / 4))

it('says of which numbers there are rows and what they come to', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(numbers, values), { maxLength: 40 }), (rows) => {
      const groups = new HeldGroups(-3, 65, ['count', 'min', 'max', 'noisy-or'])
      for (const [number, value] of rows) groups.add(number, [value, value, value, value])
      expect(groups.settle()).toBe(true)
      const absent: number[] = []
      for (let number = -3; number <= 65; number++) {
        const own = rows.filter(([of]) => of === number)
        const given = own.flatMap(([, value]) => (value === null ? [] : [value]))
        if (own.length === 0) absent.push(number)
        expect(groups.has(number)).toBe(own.length > 0)
        expect(groups.total(0, number)).toBe(given.length)
        expect(groups.total(1, number)).toBe(given.length === 0 ? null : Math.min(...given))
        expect(groups.total(2, number)).toBe(given.length === 0 ? null : Math.max(...given))
        const isSettled = given.some((value) => value >= 1)
        const noisyOr = isSettled ? 1 : 1 - given.reduce((product, value) => product * (1 - value), 1)
        if (given.length === 0) expect(groups.total(3, number)).toBe(null)
        else expect(groups.total(3, number)).toBeCloseTo(noisyOr, 9)
      }
      expect(groups.absentFrom(-3, 1000)).toEqual(absent)
      expect(groups.absentFrom(20, 2)).toEqual(absent.filter((number) => number >= 20).slice(0, 2))
      for (const other of [-4, 66, 1.5, null, 'a']) expect(groups.has(other)).toBe(false)
    }),
  )
})

it('keeps many rows that come in no order', () => {
  const span = 300_000
  const groups = new HeldGroups(1, span, ['sum'])
  for (let row = 0; row < 2 * span; row++) groups.add(1 + ((row * 7919) % span), [row])
  expect(groups.settle()).toBe(true)
  for (const row of [0, 1, 77_777, span - 1]) expect(groups.total(0, 1 + ((row * 7919) % span))).toBe(2 * row + span)
  expect(groups.absentFrom(1, 1)).toEqual([])
})

describe('what cannot be held exactly', () => {
  it.each([
    ['a text', 'min', ['a']],
    ['a sum of fractions', 'sum', [0.5]],
    ['a sum that numbers cannot tell from the next', 'sum', [Number.MAX_SAFE_INTEGER, 1]],
    ['infinity', 'noisy-or', [Number.NEGATIVE_INFINITY]],
  ] as const)('is said: %s', (_, aggregate, given) => {
    const groups = new HeldGroups(1, 3, [aggregate])
    for (const value of given) groups.add(2, [value])
    expect(groups.settle()).toBe(false)
    // Later rows do not mend it.
    groups.add(3, [1])
    expect(groups.settle()).toBe(false)
  })

  it('is not what is only counted', () => {
    const groups = new HeldGroups(1, 3, ['count'])
    for (const value of ['a', null, 0.5, Number.POSITIVE_INFINITY]) groups.add(2, [value])
    expect([groups.settle(), groups.total(0, 2), groups.total(0, 1)]).toEqual([true, 3, 0])
  })
})

it('tells the memory it takes', () => {
  const million = heldBytes(1, 1_000_000, 1)
  expect(million).toBeGreaterThan(8_000_000)
  expect(million).toBeLessThan(9_000_000)
  expect(heldBytes(1, 1_000_000, HELD_AGGREGATES.length)).toBeLessThan(5 * million)
})
