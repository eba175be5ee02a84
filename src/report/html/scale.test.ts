import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { powerTicks, ratioTicks } from './scale.ts'

test('a ratio axis has two to eight round ticks within its ends, however wide it is', () => {
  const end = fc.double({ min: 1.08, max: 9000, noNaN: true })
  fc.assert(
    fc.property(end, end, (below, above) => {
      const [min, max] = [1 / below, above]
      const ticks = ratioTicks({ min, max })
      expect(ticks).toContain(1)
      expect(ticks.length).toBeGreaterThanOrEqual(2)
      expect(ticks.length).toBeLessThanOrEqual(8)
      expect(ticks).toEqual([...new Set(ticks)].toSorted((a, b) => a - b))
      for (const tick of ticks) expect(tick >= min && tick <= max).toBe(true)
    }),
  )
})

test('evidence is told in whole powers of ten, seven at most', () => {
  expect(powerTicks({ min: -0.4, max: 2.65 })).toEqual([0, 1, 2])
  expect(powerTicks({ min: -2, max: 12.3 }).length).toBeLessThanOrEqual(7)
})
