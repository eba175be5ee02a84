import { describe, expect, it } from 'vitest'
import { instantOf, isTimeZone, wallTimeAt } from '../lib/wall-clock.ts'
import { calendarTime, mayBegin, type ReleaseCalendar } from './release-calendar.ts'

const at = (iso: string): number => Date.parse(iso)
const BERLIN = 'Europe/Berlin'

const office: ReleaseCalendar = {
  timeZone: BERLIN,
  windows: [{ days: [1, 2, 3, 4], fromMinute: 540, toMinute: 960 }],
  freezes: [{ fromMs: at('2026-12-21T00:00:00+01:00'), toMs: at('2027-01-04T00:00:00+01:00'), reason: "year's end" }],
}

const opens = (calendar: ReleaseCalendar, iso: string): string => {
  const verdict = mayBegin(calendar, at(iso))
  if (verdict.open) return 'open'
  return `${verdict.why}; ${verdict.opensMs === null ? 'never' : calendarTime(verdict.opensMs, calendar.timeZone)}`
}

describe('when a release may begin', () => {
  it.each([
    ['2026-11-23T09:00:00+01:00', 'open'],
    ['2026-11-23T15:59:00+01:00', 'open'],
    ['2026-11-23T16:00:00+01:00', 'outside of the release windows; Tue 24 Nov 2026, 09:00 (Europe/Berlin)'],
    ['2026-11-26T17:00:00+01:00', 'outside of the release windows; Mon 30 Nov 2026, 09:00 (Europe/Berlin)'],
    ['2026-12-22T10:00:00+01:00', "frozen: year's end; Mon 4 Jan 2027, 09:00 (Europe/Berlin)"],
    ['2026-12-19T10:00:00+01:00', 'outside of the release windows; Mon 4 Jan 2027, 09:00 (Europe/Berlin)'],
  ])('at %s: %s', (iso, expected) => {
    expect(opens(office, iso)).toBe(expected)
  })

  it('says until when it is open, and that a freeze ends it', () => {
    const before = at('2026-11-23T10:00:00+01:00')
    expect(mayBegin(office, before)).toEqual({ open: true, untilMs: at('2026-11-23T16:00:00+01:00') })
    const frozenFrom = at('2026-11-23T12:00:00+01:00')
    const freezes = [{ fromMs: frozenFrom, toMs: frozenFrom + 3_600_000, reason: 'sale' }]
    expect(mayBegin({ ...office, freezes }, before)).toEqual({ open: true, untilMs: frozenFrom })
    expect(mayBegin({ ...office, windows: [], freezes: [] }, before)).toEqual({ open: true, untilMs: null })
  })

  it('knows windows that go over midnight', () => {
    const night = { ...office, freezes: [], windows: [{ days: [5], fromMinute: 1320, toMinute: 120 }] }
    expect(opens(night, '2026-11-27T23:00:00+01:00')).toBe('open')
    expect(opens(night, '2026-11-28T01:59:00+01:00')).toBe('open')
    expect(opens(night, '2026-11-28T02:00:00+01:00')).toMatch(/Fri 4 Dec 2026, 22:00/)
  })

  it('goes by the clocks of the zone when they are changed', () => {
    // On the last Sunday of March the clocks go forward: 09:00 is an hour earlier by UTC from then on.
    expect(opens(office, '2027-03-26T12:00:00+01:00')).toMatch(/Mon 29 Mar 2027, 09:00/)
    const verdict = mayBegin(office, at('2027-03-26T12:00:00+01:00'))
    expect(!verdict.open && verdict.opensMs).toBe(at('2027-03-29T07:00:00Z'))
  })

  it('a freeze over everything never opens', () => {
    const freezes = [{ fromMs: 0, toMs: at('2099-01-01T00:00:00Z'), reason: 'the end' }]
    expect(opens({ ...office, freezes }, '2026-11-23T10:00:00+01:00')).toBe('frozen: the end; never')
  })
})

describe('clocks on the wall', () => {
  it('are what they were made from, all year round', () => {
    for (const zone of ['UTC', BERLIN, 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'America/St_Johns'])
      for (let day = 0; day < 366; day++) {
        const instant = Date.UTC(2026, 0, 1, 12, 30) + day * 86_400_000
        expect(instantOf(wallTimeAt(instant, zone), zone)).toBe(instant)
      }
  })

  it('a time that is shown twice is the first of them, one that is never shown the one after', () => {
    const time = (month: number, day: number, hour: number) => ({ year: 2026, month, day, hour, minute: 30 })
    expect(instantOf(time(10, 25, 2), BERLIN)).toBe(at('2026-10-25T00:30:00Z'))
    expect(instantOf(time(3, 29, 2), BERLIN)).toBe(at('2026-03-29T01:30:00Z'))
    expect(isTimeZone('Mars/Olympus')).toBe(false)
  })
})
