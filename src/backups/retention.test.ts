// Which copies may go: never the newest verified one, and as many days, weeks and months as asked for stay.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { expendable } from './retention.ts'

const DAY_MS = 86_400_000
const NONE = { keep: 1, daily: 0, weekly: 0, monthly: 0 }
const proof = { at: 0, method: 'ok' }

/** One copy a day at noon, newest first, beginning at `first`. */
function daily(first: string, count: number) {
  const newest = Date.parse(first)
  return Array.from({ length: count }, (_, index) => {
    const takenAt = newest - index * DAY_MS
    return { id: new Date(takenAt).toISOString().slice(0, 10), takenAt, verified: proof }
  })
}

const kept = (copies: ReturnType<typeof daily>, retention: Partial<typeof NONE>, inUse: string[] = []) => {
  const gone = new Set(expendable(copies, { ...NONE, ...retention }, inUse).map(({ id }) => id))
  return copies.map(({ id }) => id).filter((id) => !gone.has(id))
}

it('keeps the newest few', () => {
  expect(kept(daily('2026-11-21T12:00Z', 5), { keep: 2 })).toEqual(['2026-11-21', '2026-11-20'])
})

it('keeps the newest of each day, week (from Monday) and month', () => {
  const copies = daily('2026-11-21T12:00Z', 100)
  expect(kept(copies, { daily: 3 })).toEqual(['2026-11-21', '2026-11-20', '2026-11-19'])
  expect(kept(copies, { weekly: 3 })).toEqual(['2026-11-21', '2026-11-15', '2026-11-08'])
  expect(kept(copies, { monthly: 3 })).toEqual(['2026-11-21', '2026-10-31', '2026-09-30'])
})

it('counts several copies of one day as one', () => {
  const hour = (hours: number) => ({ id: `h${hours}`, takenAt: Date.UTC(2026, 10, 21, hours), verified: proof })
  expect(kept([hour(20), hour(10), hour(-4), hour(-10)], { daily: 2 })).toEqual(['h20', 'h-4'])
})

it('keeps what is in use', () => {
  expect(kept(daily('2026-11-21T12:00Z', 4), {}, ['2026-11-19'])).toEqual(['2026-11-21', '2026-11-19'])
})

it('never lets the newest verified one go, nor more than asked for', () => {
  const copy = fc.record({ at: fc.integer({ min: 0, max: 400 * DAY_MS }), verified: fc.boolean() })
  const small = fc.integer({ min: 0, max: 5 })
  fc.assert(
    fc.property(
      fc.array(copy, { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      small,
      small,
      small,
      (all, keep, days, weeks, months) => {
        const copies = all
          .map(({ at, verified }, index) => ({ id: `c${index}`, takenAt: at, verified: verified ? proof : null }))
          .toSorted((a, b) => b.takenAt - a.takenAt)
        const gone = expendable(copies, { keep, daily: days, weekly: weeks, monthly: months })
        const newest = copies.find(({ verified }) => verified)
        expect(gone).not.toContain(newest)
        expect(copies.length - gone.length).toBeLessThanOrEqual(keep + days + weeks + months + 1)
        expect(gone.some((one) => copies.indexOf(one) < keep)).toBe(false)
      },
    ),
  )
})
