// Time in headings: when a phase happens (anchor), how long it may take (budget), how often it repeats (recurrence).
import type { Anchor, Recurrence } from '../plan/plan.ts'
import { DURATION_UNIT, durationMs } from './durations.ts'

const DAY_MS = 86_400_000
const AMOUNT = `(\\d+(?:\\.\\d+)?)`
const SPAN = `${AMOUNT}(?:\\s*${DURATION_UNIT})?\\s*(?:-|–|—|to)\\s*${AMOUNT}[\\s-]*(${DURATION_UNIT})`
const ONE = `${AMOUNT}[\\s-]*(${DURATION_UNIT})`

/** A form anchors take: what it looks like, and the stretch it means. */
interface Form {
  pattern: RegExp
  read(match: RegExpExecArray): { fromMs: number | null; toMs: number | null }
}

function ms(amount: string | undefined, unit: string | undefined): number | null {
  return amount === undefined || unit === undefined ? null : durationMs(Number(amount), unit)
}

function signed(mark: string | undefined, value: number | null): number | null {
  return value === null ? null : (mark === '+' ? value : -value) + 0
}

/** "T-24 Hours", "T+5 to T+30 minutes", "T-0". `T+5` without a unit takes that of the other end, else minutes. */
const RELATIVE: Form = {
  pattern: new RegExp(
    `\\bT\\s*([-+−–])\\s*(\\d+(?:\\.\\d+)?)\\s*(${DURATION_UNIT})?` +
      `(?:\\s*(?:to|–|—|-|until)\\s*T\\s*([-+−–])\\s*(\\d+(?:\\.\\d+)?)\\s*(${DURATION_UNIT})?)?`,
    'i',
  ),
  read([, sign, amount, unit, toSign, toAmount, toUnit]) {
    return {
      fromMs: signed(sign, ms(amount, unit ?? toUnit ?? 'min')),
      toMs: toAmount === undefined ? null : signed(toSign, ms(toAmount, toUnit ?? unit ?? 'min')),
    }
  },
}

const FORMS: Form[] = [
  RELATIVE,
  // "48 hours before", "2-3 days before"
  {
    pattern: new RegExp(`${SPAN}\\s+(?:before|prior)`, 'i'),
    read: ([, from, to, unit]) => ({ fromMs: negate(ms(to, unit)), toMs: negate(ms(from, unit)) }),
  },
  {
    pattern: new RegExp(`${ONE}\\s+(?:before|prior)`, 'i'),
    read: ([, n, u]) => ({ fromMs: negate(ms(n, u)), toMs: null }),
  },
  // "8 hours post-deployment", "24 hours after"
  { pattern: new RegExp(`${ONE}\\s+(?:after|post)`, 'i'), read: ([, n, u]) => ({ fromMs: ms(n, u), toMs: null }) },
  // "First 15 Minutes", "first hour"
  {
    pattern: new RegExp(`\\bfirst\\s+(?:(\\d+(?:\\.\\d+)?)[\\s-]*)?(${DURATION_UNIT})`, 'i'),
    read: ([, n, u]) => ({ fromMs: 0, toMs: ms(n ?? '1', u) }),
  },
  // "30-Minute Checkpoint", "24-Hour Stability Check"
  {
    pattern: new RegExp(
      `\\b${AMOUNT}-(${DURATION_UNIT})\\s+(?:\\w+\\s+)?(?:checkpoint|check|review|stability|mark)`,
      'i',
    ),
    read: ([, n, u]) => ({ fromMs: ms(n, u), toMs: null }),
  },
  // "Day 1", "Week 2-3", "Month 1": counted from the release
  {
    pattern: /^\W*(day|week|month)\s+(\d+)(?:\s*[-–]\s*(\d+))?\b/iu,
    read([, unit, from, to]) {
      const unitMs = durationMs(1, unit ?? '') ?? DAY_MS
      return { fromMs: (Number(from) - 1) * unitMs, toMs: Number(to ?? from) * unitMs }
    },
  },
  // "(0-2 hours)", "(1 hour - 24 hours)", "(15-30 min)"
  {
    pattern: new RegExp(
      `\\(\\s*${AMOUNT}\\s*(${DURATION_UNIT})?\\s*(?:-|–|—|to)\\s*${AMOUNT}\\s*(${DURATION_UNIT})\\s*\\)`,
      'i',
    ),
    read: ([, from, fromUnit, to, unit]) => ({ fromMs: ms(from, fromUnit ?? unit), toMs: ms(to, unit) }),
  },
]

/** When the phase of this title happens relative to the start of the release, or null. */
export function readAnchor(title: string): Anchor | null {
  for (const form of FORMS) {
    const match = form.pattern.exec(title)
    if (!match) continue
    const { fromMs, toMs } = form.read(match)
    if (fromMs !== null) return { fromMs, toMs, text: match[0].trim() }
  }
  return null
}

/** "(10 minutes)", "(< 30 seconds)" behind a title: how long it may take, in milliseconds; null without one. */
export function readBudgetMs(title: string): number | null {
  const match = new RegExp(`\\(\\s*(?:[<≤~]|under|max|up to|about|approx\\.?)?\\s*${ONE}\\s*(?:max)?\\s*\\)`, 'i').exec(
    title,
  )
  return ms(match?.[1], match?.[2])
}

/** "Every 5 minutes for the first 30 minutes", "Daily for 1 week", "Hourly"; null without one. */
export function readRecurrence(title: string): Recurrence | null {
  const every = new RegExp(`\\bevery\\s+(?:(\\d+)\\s*)?(${DURATION_UNIT})`, 'i').exec(title)
  const named = /\b(hourly|daily|weekly)\b/i.exec(title)
  const everyMs = every
    ? ms(every[1] ?? '1', every[2])
    : named
      ? durationMs(1, { hourly: 'h', daily: 'd', weekly: 'w' }[named[1]?.toLowerCase() ?? ''] ?? '')
      : null
  if (everyMs === null) return null
  const limit = new RegExp(`\\b(?:for|first)(?:\\s+the)?(?:\\s+first)?\\s+(?:(\\d+)\\s*)?(${DURATION_UNIT})`, 'i').exec(
    title,
  )
  return { everyMs, forMs: limit ? ms(limit[1] ?? '1', limit[2]) : null }
}

function negate(value: number | null): number | null {
  return value === null ? null : -value
}
