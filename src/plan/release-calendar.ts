// When a release may begin: windows of the week, and freezes. Pure; zones' own clocks count.
import { instantOf, wallTimeAt, type WallTime } from '../lib/wall-clock.ts'

export interface ReleaseCalendar {
  /** IANA name. */
  timeZone: string
  /** None: it may begin at any time that is not frozen. */
  windows: ReleaseWindow[]
  freezes: Freeze[]
}

export interface ReleaseWindow {
  /** 0 is Sunday. */
  days: number[]
  /** Minutes since midnight; one that ends before it begins goes over midnight. */
  fromMinute: number
  toMinute: number
}

/** Both in milliseconds since the epoch, the end not included. */
export interface Freeze {
  fromMs: number
  toMs: number
  reason: string
}

export type CalendarVerdict =
  | { open: true; untilMs: number | null }
  /** `opensMs` null: not within the next year. */
  | { open: false; opensMs: number | null; why: string }

const DAY_MINUTES = 1440
const DAYS_AHEAD_MAX = 400

/** Whether a release may begin now, and if not, why and when it may. */
export function mayBegin(calendar: ReleaseCalendar, now: number): CalendarVerdict {
  const open = openings(calendar, now)
  const current = open.find(([from, to]) => from <= now && now < to)
  if (current) return { open: true, untilMs: Number.isFinite(current[1]) ? current[1] : null }
  const frozen = calendar.freezes.find(({ fromMs, toMs }) => fromMs <= now && now < toMs)
  const why = frozen ? `frozen: ${frozen.reason}` : 'outside of the release windows'
  return { open: false, opensMs: open.find(([from]) => from > now)?.[0] ?? null, why }
}

/** `Mon 23 Nov 2026, 09:00 (Europe/Berlin)`. */
export function calendarTime(instant: number, timeZone: string): string {
  const { year, month, day, hour, minute } = wallTimeAt(instant, timeZone)
  const weekday = DAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()]
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${weekday} ${day} ${MONTHS[month - 1]} ${year}, ${two(hour)}:${two(minute)} (${timeZone})`
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

type Stretch = [fromMs: number, toMs: number]

/** Stretches that are open and end after now, in order: windows without what is frozen of them. */
function openings({ timeZone, windows, freezes }: ReleaseCalendar, now: number): Stretch[] {
  const whole: Stretch[] =
    windows.length === 0 ? [[now, Number.POSITIVE_INFINITY]] : windowStretches(windows, timeZone, now)
  let open = whole
  for (const { fromMs, toMs } of freezes)
    open = open.flatMap(([from, to]): Stretch[] =>
      toMs <= from || to <= fromMs
        ? [[from, to]]
        : [[from, fromMs] as Stretch, [toMs, to] as Stretch].filter(([a, b]) => a < b),
    )
  return open.filter(([, to]) => to > now).toSorted(([a], [b]) => a - b)
}

function windowStretches(windows: readonly ReleaseWindow[], timeZone: string, now: number): Stretch[] {
  const today = wallTimeAt(now, timeZone)
  const at = (offset: number, minutes: number): number => {
    const time: WallTime = { ...today, day: today.day + offset, hour: Math.floor(minutes / 60), minute: minutes % 60 }
    return instantOf(time, timeZone)
  }
  const weekday = new Date(Date.UTC(today.year, today.month - 1, today.day)).getUTCDay()
  const stretches: Stretch[] = []
  // From yesterday: its window may go over midnight.
  for (let offset = -1; offset < DAYS_AHEAD_MAX; offset++) {
    const day = (weekday + offset + 7) % 7
    for (const { days, fromMinute, toMinute } of windows) {
      if (!days.includes(day)) continue
      const isOverMidnight = toMinute <= fromMinute
      stretches.push([at(offset, fromMinute), at(offset, toMinute + (isOverMidnight ? DAY_MINUTES : 0))])
    }
  }
  return stretches
}
