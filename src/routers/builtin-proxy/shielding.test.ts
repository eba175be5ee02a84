import { expect, test } from 'vitest'
import { Shielding } from './shielding.ts'

function taken(shielding: Shielding, times: number, now: number, shareMax: number): number {
  return Array.from({ length: times }, () => shielding.take(now, shareMax)).filter(Boolean).length
}

test('a share of the requests of the last second or two may be answered again, and what is beyond is counted', () => {
  const shielding = new Shielding()
  for (let i = 0; i < 500; i++) shielding.countRequest(1000)
  expect(taken(shielding, 200, 1500, 20)).toBe(100)
  expect(shielding.refused).toBe(100)
  expect(shielding.recent).toEqual({ requests: 500, shielded: 100 })
  // In the next second, both still count.
  for (let i = 0; i < 100; i++) shielding.countRequest(2100)
  expect(taken(shielding, 50, 2200, 20)).toBe(20)
  // A long silence later, neither does.
  expect(taken(shielding, 50, 60_000, 20)).toBe(10)
})

test('with hardly any traffic a few may always be answered again', () => {
  const shielding = new Shielding()
  shielding.countRequest(0)
  expect(taken(shielding, 30, 0, 20)).toBe(10)
})
