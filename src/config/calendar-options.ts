// Release windows and freezes as gonogo.yaml has them.
import { z } from 'zod'
import { instantOf, isTimeZone } from '../lib/wall-clock.ts'
import type { ReleaseCalendar } from '../plan/release-calendar.ts'

const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** `mon`, `mon-thu`, `fri-mon`, or several of them. */
function daysOf(text: string): number[] | null {
  const days: number[] = []
  for (const part of text.toLowerCase().split(',')) {
    const [first = '', last = first, ...more] = part
      .split('-')
      .map((name) => DAY_NAMES.indexOf(name.trim().slice(0, 3)))
    const [from, to] = [Number(first), Number(last)]
    if (more.length > 0 || !(from >= 0) || !(to >= 0)) return null
    for (let day = from; ; day = (day + 1) % 7) {
      days.push(day)
      if (day === to) break
    }
  }
  return [...new Set(days)].toSorted()
}

const days = z
  .string()
  .transform((text, context) => {
    const parsed = daysOf(text)
    if (parsed) return parsed
    context.addIssue({
      code: 'custom',
      message: `"${text}" names no days`,
      params: { expected: 'one like "mon-thu" or "tue, thu"' },
    })
    return z.NEVER
  })
  .describe('Days of the week: "mon-thu", "tue, thu"')

const timeOfDay = z
  .string()
  .transform((text, context) => {
    const [, hour = '', minute = ''] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? []
    const minutes = Number(hour) * 60 + Number(minute)
    if (hour !== '' && Number(minute) < 60 && minutes <= 1440) return minutes
    context.addIssue({
      code: 'custom',
      message: `"${text}" is no time of day`,
      params: { expected: 'one like "09:00", in quotes' },
    })
    return z.NEVER
  })
  .describe('Time of day, in quotes: "09:00"')

const day = z
  .union([z.string(), z.date().transform((date) => date.toISOString())])
  .refine(
    (text) => /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2})?/.test(text),
    'is no day; expected one like 2026-12-20 or "2026-12-20 18:00"',
  )
  .describe('A day, or a day and a time, on the clocks of the zone: 2026-12-20, "2026-12-20 18:00"')

export const calendarOptions = {
  timezone: z
    .string()
    .refine(isTimeZone, 'is no time zone; expected one like "Europe/Berlin" or "UTC"')
    .default('UTC')
    .describe('Zone of windows and freezes'),
  windows: z
    .array(
      z.strictObject({
        days: days.prefault('mon-sun'),
        from: timeOfDay.prefault('00:00'),
        to: timeOfDay.prefault('24:00'),
      }),
    )
    .default([])
    .describe('When a delivery may begin; none: at any time. Stages, once begun, and the way back are not held up'),
  freezes: z
    .array(
      z.strictObject({
        from: day,
        to: day.describe('The last day that is frozen, or the time at which it ends'),
        reason: z.string().min(1).describe('Who reads "frozen" wants to know why'),
      }),
    )
    .default([])
    .describe('Stretches in which no delivery begins, whatever the windows say'),
}

type CalendarEntry = { [K in keyof typeof calendarOptions]: z.output<(typeof calendarOptions)[K]> }

/** The calendar, or null where nothing holds a delivery up. */
export function calendarOf({ timezone, windows, freezes }: CalendarEntry): ReleaseCalendar | null {
  if (windows.length === 0 && freezes.length === 0) return null
  return {
    timeZone: timezone,
    windows: windows.map(({ days: onDays, from, to }) => ({ days: onDays, fromMinute: from, toMinute: to })),
    freezes: freezes.map(({ from, to, reason }) => ({
      fromMs: instantAt(from, timezone, 0),
      // A day without a time is frozen to its end.
      toMs: instantAt(to, timezone, 1),
      reason,
    })),
  }
}

function instantAt(text: string, timeZone: string, daysAfter: number): number {
  const [, year, month, dayOfMonth, hour, minute] = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/.exec(text) ?? []
  const isWholeDay = hour === undefined
  return instantOf(
    {
      year: Number(year),
      month: Number(month),
      day: Number(dayOfMonth) + (isWholeDay ? daysAfter : 0),
      hour: Number(hour ?? 0),
      minute: Number(minute ?? 0),
    },
    timeZone,
  )
}
