import { describe, expect, it } from 'vitest'
import { brentRoot } from './brent-root.ts'
import { halves, manyHalves, mostlyZero, pairs } from './kayenta.fixture.ts'
import { commonLanguageEffect, mannWhitneyShift, standardizedRankSum } from './mann-whitney.ts'
import { normalQuantile, normalShareBelow } from '../normal.ts'

// Expected numbers: kayenta-mannwhitney, MannWhitneySuite (there compared with R's wilcox.test), to the digits it insists on.
describe('the shift agrees with R, as published for Kayenta', () => {
  it.each([
    { name: 'half units', data: halves, level: 0.95, low: -0.500002521696696, high: -3.486287505871302e-5 },
    { name: 'many half units', data: manyHalves, level: 0.98, low: -0.4999173250549087, high: -6.912685789769486e-6 },
    { name: 'mostly zeros', data: mostlyZero, level: 0.95, low: 3.521755377702165e-5, high: 2.02456461662334e-5 },
  ])('$name: interval', ({ data, level, low, high }) => {
    const shift = mannWhitneyShift(data.canary, data.baseline, level)
    expect(shift.low).toBeCloseTo(low, 6)
    expect(shift.high).toBeCloseTo(high, 6)
  })

  it.each([
    { name: 'half units', data: halves, estimate: -0.4999393907180323, within: 1e-4 },
    { name: 'many half units', data: manyHalves, estimate: -3.45044082729315e-5, within: 1e-4 },
    { name: 'mostly zeros', data: mostlyZero, estimate: 2.6279243045155653e-5, within: 1e-6 },
  ])('$name: estimate', ({ data, estimate, within }) => {
    const found = mannWhitneyShift(data.canary, data.baseline, 0.98).estimate
    expect(Math.abs(found - estimate)).toBeLessThan(within)
  })

  it('also on the way there: the standardized rank sum at both ends', () => {
    const { canary, baseline } = mostlyZero
    const [own, others] = [canary, baseline].map((values) => values.toSorted((a, b) => a - b)) as [number[], number[]]
    const quantile = normalQuantile(0.975)
    const atLow = standardizedRankSum(own, others, -3.124999999999986)
    const atHigh = standardizedRankSum(own, others, 5.555555555555557)
    expect(quantile).toBeCloseTo(1.9599639845400536, 12)
    expect(atLow - quantile).toBeCloseTo(17.090968923762254, 6)
    expect(atHigh - quantile).toBeCloseTo(-20.997687930433106, 6)
    expect(atLow + quantile).toBeCloseTo(21.01089689284236, 6)
    expect(atHigh + quantile).toBeCloseTo(-17.077759961353, 6)
  })

  it('four against four, far apart: the interval is all there is', () => {
    expect(mannWhitneyShift([10, 20, 30, 40], [1, 2, 3, 4], 0.95)).toEqual({ low: 6, high: 39, estimate: 22.5 })
  })
})

describe('the shift', () => {
  it('turns around when the sides are swapped', () => {
    const [a, b] = [
      [3, 5, 8, 13, 21, 34],
      [1, 4, 9, 16, 25, 36, 49],
    ]
    const [there, back] = [mannWhitneyShift(a ?? [], b ?? [], 0.9), mannWhitneyShift(b ?? [], a ?? [], 0.9)]
    expect(there.low).toBeCloseTo(-back.high, 3)
    expect(there.high).toBeCloseTo(-back.low, 3)
  })

  it('is wider at a higher level', () => {
    const wide = mannWhitneyShift(pairs.high.canary, pairs.high.baseline, 0.99)
    const narrow = mannWhitneyShift(pairs.high.canary, pairs.high.baseline, 0.8)
    expect(wide.low).toBeLessThan(narrow.low)
    expect(wide.high).toBeGreaterThan(narrow.high)
  })
})

describe('the share of pairs in which the canary is higher', () => {
  it.each([
    { name: 'the same values', canary: [1, 2, 3, 4, 5], baseline: [1, 2, 3, 4, 5], share: 0.5, digits: 12 },
    { name: 'no overlap', canary: [2.2, 2.6, 4.7], baseline: [22.9, 25.3, 26.4], share: 0, digits: 12 },
    { name: 'published, high', ...pairs.high, share: 0.771, digits: 3 },
    { name: 'published, low', ...pairs.low, share: 0.12, digits: 12 },
  ])('$name: $share', ({ canary, baseline, share, digits }) => {
    expect(commonLanguageEffect(canary, baseline)).toBeCloseTo(share, digits)
  })
})

describe('the parts', () => {
  it('the quantile is the inverse of the share', () => {
    for (const share of [0.0005, 0.01, 0.3, 0.5, 0.8, 0.99, 0.9995])
      expect(normalShareBelow(normalQuantile(share))).toBeCloseTo(share, 13)
  })

  it('finds a root to the tolerance, at an end, and where a step is', () => {
    expect(brentRoot((x) => x ** 3 - 2 * x - 5, 2, 3, 1e-10)).toBeCloseTo(2.0945514815423265, 9)
    expect(brentRoot((x) => x, 0, 5)).toBe(0)
    expect(brentRoot((x) => (x < Math.PI ? 1 : -1), 0, 10)).toBeCloseTo(Math.PI, 3)
  })
})
