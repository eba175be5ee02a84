// Time in headings: when a phase happens (anchor), how long it may take (budget), how often it repeats (recurrence).
import type { Anchor, Recurrence } from '../../plan/plan.ts'
import { DURATION_UNIT, durationMs } from '../bounds/durations.ts'

const DAY_MS = 86_400_000
const AMOUNT = `(\\d+(?:\\.\\d+)?)`
const SPAN = `${AMOUNT}(?:\\s*${DURATION_UNIT})?\\s*(?:-|–|—|to)\\s*${AMOUNT}[\\s-]*(${DURATION_UNIT})`
const STRETCH = `${AMOUNT}\\s*(${DURATION_UNIT})?\\s*(?:-|–|—|to)\\s*${AMOUNT}\\s*(${DURATION_UNIT})`
const BEFORE = '(?:before|prior|pre-?(?:deploy|release|launch|migration))'
const AFTER = '(?:after|post|later|following|into)'
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
  // "T minus 30 minutes"
  {
    pattern: new RegExp(`\\bT\\s+(minus|plus)\\s+${AMOUNT}\\s*(${DURATION_UNIT})`, 'i'),
    read: ([, sign, amount, unit]) => ({
      fromMs: signed(/plus/i.test(sign ?? '') ? '+' : '-', ms(amount, unit)),
      toMs: null,
    }),
  },
  // "D-1", "D+7", "Day -1"
  {
    pattern: /(?:^|[\s(])(?:D|Day\s?)([-+−])(\d{1,3})\b/i,
    read: ([, sign, days]) => ({ fromMs: signed(sign, Number(days) * DAY_MS), toMs: null }),
  },
  // "2-3 days before", "24-48 hours after"
  {
    pattern: new RegExp(`${SPAN}\\s+${BEFORE}`, 'i'),
    read: ([, from, to, unit]) => ({ fromMs: negate(ms(to, unit)), toMs: negate(ms(from, unit)) }),
  },
  {
    pattern: new RegExp(`${SPAN}\\s+${AFTER}`, 'i'),
    read: ([, from, to, unit]) => ({ fromMs: ms(from, unit), toMs: ms(to, unit) }),
  },
  // "48 hours before", "1 Hour After", "8 hours post-deployment"
  {
    pattern: new RegExp(`${ONE}\\s+${BEFORE}`, 'i'),
    read: ([, n, u]) => ({ fromMs: negate(ms(n, u)), toMs: null }),
  },
  { pattern: new RegExp(`${ONE}\\s+${AFTER}`, 'i'), read: ([, n, u]) => ({ fromMs: ms(n, u), toMs: null }) },
  {
    pattern: new RegExp(`\\b(?:a|an|one)\\s+(${DURATION_UNIT})\\s+(?:(before|prior)|after|post)`, 'i'),
    read: ([, u, before]) => ({ fromMs: signed(before ? '-' : '+', ms('1', u)), toMs: null }),
  },
  {
    pattern: new RegExp(`\\bafter\\s+${ONE}(?!\\s*(?:of|on)\\b)`, 'i'),
    read: ([, n, u]) => ({ fromMs: ms(n, u), toMs: null }),
  },
  // "First 15 Minutes", "first hour", "next 24 hours"
  {
    pattern: new RegExp(`\\b(?:first|next|initial)\\s+(?:(\\d+(?:\\.\\d+)?)[\\s-]*)?(${DURATION_UNIT})`, 'i'),
    read: ([, n, u]) => ({ fromMs: 0, toMs: ms(n ?? '1', u) }),
  },
  // "30-Minute Checkpoint", "24-Hour Stability Check"
  {
    pattern: new RegExp(
      `\\b${AMOUNT}[- ](${DURATION_UNIT})\\s+(?:\\w+\\s+)?(?:checkpoint|check|review|stability|mark|verification|validation)`,
      'i',
    ),
    read: ([, n, u]) => ({ fromMs: ms(n, u), toMs: null }),
  },
  // "Day 1", "Week 2-3", "Launch (Month 1)", "Hour 0": counted from the release
  {
    pattern: /(?:^\W*|[(:–—]\s*|\s-\s+)(hour|day|week|month)\s+(\d+)(?:\s*[-–]\s*(\d+))?\b(?!\s*(?:%|of\b))/iu,
    read([, unit, from, to]) {
      const unitMs = durationMs(1, unit ?? '') ?? DAY_MS
      const first = Number(from)
      // Hours are counted from nought, the days and weeks of a release from one.
      if (/^hour/i.test(unit ?? '') || first === 0)
        return { fromMs: first * unitMs, toMs: (to === undefined ? first + 1 : Number(to)) * unitMs }
      return { fromMs: (first - 1) * unitMs, toMs: Number(to ?? from) * unitMs }
    },
  },
  // "(0-2 hours)", "(1 hour - 24 hours)"
  {
    pattern: new RegExp(`\\(\\s*${STRETCH}\\s*\\)`, 'i'),
    read: ([, from, fromUnit, to, unit]) => ({ fromMs: ms(from, fromUnit ?? unit), toMs: ms(to, unit) }),
  },
  // "0-15 minutes: immediate checks"
  {
    pattern: new RegExp(`^\\W*${STRETCH}(?=\\s*(?:$|[:(–—-]))`, 'i'),
    read: ([, from, fromUnit, to, unit]) => ({ fromMs: ms(from, fromUnit ?? unit), toMs: ms(to, unit) }),
  },
]

/** What is looked at over a stretch of time; the stretch behind any other title is how long it takes. */
const OBSERVED =
  /\b(?:monitor|watch|verif|validat|immediate|post|extended|after|stabil|observ|follow|smoke|checks?\b|checkpoint|short|long|critical|initial|recovery|support|hypercare)/i

/** No form does without one of these. */
const TIMED = /\d|\b(?:first|next|initial|an?|one)\s/i
/** Longer titles are prose. */
const CHARACTERS_MAX = 120

/** When the phase of this title happens relative to the start of the release, or null. */
export function readAnchor(heading: string): Anchor | null {
  const title = heading.slice(0, CHARACTERS_MAX)
  if (!TIMED.test(title)) return null
  for (const form of FORMS) {
    const match = form.pattern.exec(title)
    if (!match) continue
    const { fromMs, toMs } = form.read(match)
    if (fromMs === null) continue
    // "Step 3: Deploy (5-10 minutes)" is a budget.
    if (match[0].startsWith('(') && fromMs > 0 && toMs !== null && !OBSERVED.test(title)) return null
    return { fromMs, toMs, text: match[0].replace(/^[\s:–—-]+|^\((?!.*\))/g, '').trim() }
  }
  return null
}

const ABOUT =
  '(?:[<≤~≈]|under|max\\.?|up to|about|approx\\.?|approximately|est\\.?|estimated(?: time)?|eta|duration|timebox|takes)?:?\\s*[~≈]?\\s*'
const BUDGETS = [
  new RegExp(
    `[([]\\s*${ABOUT}(?:${AMOUNT}\\s*(?:${DURATION_UNIT})?\\s*(?:-|–|—|to)\\s*)?${ONE}\\s*(?:max|est\\.?|estimated|total)?\\s*[)\\]]`,
    'i',
  ),
  new RegExp(`(?:[~≈]|\\s[-–—|:]\\s+)()${ONE}\\s*$`, 'i'),
]

/** "(10 minutes)", "(< 30 seconds)", "~5 min" behind a title: how long it may take, in milliseconds; null without one. */
export function readBudgetMs(title: string): number | null {
  for (const form of BUDGETS) {
    const match = form.exec(title)
    if (match) return ms(match[2], match[3])
  }
  return null
}

const STATED_BUDGET = new RegExp(
  `^\\W*(?:(?:estimated |expected |total |max(?:imum)? |approx\\.? )?(?:time|duration)(?: required| needed| estimate| to complete)?|time ?box|eta|estimated)\\W*:\\W*` +
    `${ABOUT}(?:${AMOUNT}\\s*(?:${DURATION_UNIT})?\\s*(?:-|–|—|to)\\s*)?${ONE}(?=\\W|$)`,
  'im',
)

/** "Estimated time: 30 min", "**Duration**: 2-4 hours" on a line of its own below a title, in milliseconds (the upper end); null without one. */
export function readStatedBudgetMs(words: string): number | null {
  const match = STATED_BUDGET.exec(words)
  return ms(match?.[2], match?.[3])
}

const EVERY = new RegExp(`\\bevery\\s+(?:(\\d+)[\\s-]*)?(${DURATION_UNIT})`, 'i')
const THEN = new RegExp(
  `\\bthen\\s+(?:(hourly|daily|weekly)|(?:(?:every|at|each)\\s+)?(?:(\\d+)[\\s-]*)?(${DURATION_UNIT})?)`,
  'i',
)
const LIMIT = new RegExp(
  `\\b(?:for|first|over)(?:\\s+the)?(?:\\s+(?:first|next))?\\s+(?:(\\d+)[\\s-]*)?(${DURATION_UNIT})`,
  'i',
)
const NAMED: Record<string, string> = { hourly: 'h', daily: 'd', weekly: 'w' }

/** "Every 5 minutes for the first 30 minutes, then every 15", "Daily for 1 week", "Hourly"; null without one. */
export function readRecurrence(title: string): Recurrence | null {
  const every = EVERY.exec(title)
  const named = /\b(hourly|daily|weekly)\b/i.exec(title)
  const everyMs = every ? ms(every[1] ?? '1', every[2]) : named ? ms('1', NAMED[named[1]?.toLowerCase() ?? '']) : null
  if (everyMs === null) return null
  const limit = LIMIT.exec(title)
  const then = THEN.exec(title)
  return {
    everyMs,
    forMs: limit ? ms(limit[1] ?? '1', limit[2]) : null,
    thenEveryMs: then ? thenMs(then, every?.[2]) : null,
  }
}

/** "then every 15" takes the unit that was said before. */
function thenMs([, named, amount, unit]: RegExpExecArray, unitBefore: string | undefined): number | null {
  if (named) return ms('1', NAMED[named.toLowerCase()])
  if (amount === undefined && unit === undefined) return null
  return ms(amount ?? '1', unit ?? unitBefore)
}

function negate(value: number | null): number | null {
  return value === null ? null : -value
}
