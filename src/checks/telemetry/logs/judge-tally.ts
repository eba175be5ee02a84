// What counted lines of a log come to. What was not read, or says nothing of when, can be too much but never few enough.
import { formatDuration } from '../../../lib/duration.ts'
import { excerpt } from '../../../lib/excerpt.ts'
import { plainNumber } from '../../../lib/measure.ts'
import { plural } from '../../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../../plan/outcome.ts'
import type { Stretches, Tally } from './scan-lines.ts'

const MINUTE_MS = 60_000
/** How much later than a stretch its first line may come. */
const LATE_SHARE = 0.1

/** What is wanted of the lines. */
export interface TallyBounds {
  countMax?: number | undefined
  countMin?: number | undefined
  ratePerMinuteMax?: number | undefined
  baselineMs?: number | undefined
  baselineRatioMax: number
  linesMin: number
  json: Readonly<Record<string, unknown>>
}

/** How many lines may match: none where nothing is said at all; null where that is not bounded. */
export function countMaxOf({ countMax, countMin, ratePerMinuteMax, baselineMs }: Partial<TallyBounds>): number | null {
  const isBounded = [countMin, ratePerMinuteMax, baselineMs].some((bound) => bound !== undefined)
  return countMax ?? (isBounded ? null : 0)
}

interface Reading extends Stretches {
  nowMs: number
  /** Whether there was more of the log than was read. */
  isCut: boolean
  /** Whether nothing was written to any file in the stretch. */
  isQuiet: boolean
}

/** Judges. */
export function judgeTally(options: TallyBounds, tally: Tally, reading: Reading): Outcome {
  const { fromMs, isCut, isQuiet, nowMs } = reading
  const { matches, lines, cutLines, firstAtMs, lastAtMs } = tally
  const beganMs = fromMs ?? firstAtMs
  const stretchMs = beganMs === null ? null : (fromMs === null ? (lastAtMs ?? beganMs) : nowMs) - beganMs
  const ratePerMinute = stretchMs !== null && stretchMs > 0 ? matches / (stretchMs / MINUTE_MS) : null
  const extra = {
    evidence: [
      { name: 'lines', mediaType: 'text/plain' as const, content: excerpt(tally.examples.slice(-20).join('\n')) },
    ],
    measurements: [
      { name: 'matching lines', value: matches, unit: 'count' },
      { name: 'lines', value: lines, unit: 'count' },
      ...(ratePerMinute === null
        ? []
        : [{ name: 'matching lines per minute', value: ratePerMinute, unit: 'per-minute' }]),
    ],
  }
  const during = stretchMs === null || stretchMs <= 0 ? '' : ` in ${formatDuration(stretchMs)}`
  const seen = `${matches.toLocaleString('en')} of ${plural(lines, 'line')} match${during}`
  const verdicts = [
    tooMany(options, tally),
    tooFast(options, ratePerMinute, matches),
    againstBaseline(options, tally, reading, ratePerMinute),
  ]
  const wrong = verdicts.flatMap((verdict) => verdict.wrong ?? [])
  if (wrong.length > 0) return failed(`${seen}: ${wrong.join('; ')}`, extra)
  if (fromMs !== null && lastAtMs === null && !isQuiet)
    return unverified('no line says when it was written', {
      ...extra,
      remedy: 'have the log write times, or leave lastMs and since out',
    })
  if (lines < options.linesMin)
    return unverified(`${seen}: at least ${plural(options.linesMin, 'line')} wanted to judge by`, {
      ...extra,
      remedy: 'see that this is the log that the service writes to',
    })
  if (Object.keys(options.json).length > 0 && tally.jsonLines === 0 && cutLines === 0)
    return unverified(`${seen}: none of them is JSON`, { ...extra, remedy: 'leave `json` out, and give `pattern`' })
  // A cut matters where the stretch, or the whole log, reaches into what was not read.
  const isPartial = isCut && (fromMs === null || firstAtMs === null || firstAtMs > fromMs)
  const unsure = [
    ...verdicts.flatMap((verdict) => verdict.unsure ?? []),
    ...(isPartial ? ['the log is longer than was read'] : []),
  ]
  if (unsure.length > 0)
    return unverified(`${seen}, but ${unsure.join('; ')}`, {
      ...extra,
      remedy: 'raise `bytesMax`, or judge a shorter stretch',
    })
  // In what follows the beginning of such a line may stand what was looked for.
  if (cutLines > 0)
    return unverified(`${seen}, but ${plural(cutLines, 'line')} ${cutLines === 1 ? 'is' : 'are'} too long to look at`, {
      ...extra,
      remedy: 'see that the log writes lines that end, or name such lines by `pattern` where they begin',
    })
  if (options.countMin !== undefined && matches < options.countMin)
    return failed(`${seen}: at least ${options.countMin} wanted`, extra)
  return passed(seen, extra)
}

interface Verdict {
  wrong?: string
  unsure?: string
}

function tooMany(options: TallyBounds, { matches }: Tally): Verdict {
  const most = countMaxOf(options)
  return most !== null && matches > most ? { wrong: `at most ${most.toLocaleString('en')} wanted` } : {}
}

function tooFast({ ratePerMinuteMax }: TallyBounds, ratePerMinute: number | null, matches: number): Verdict {
  if (ratePerMinuteMax === undefined || matches === 0) return {}
  if (ratePerMinute === null) return { unsure: 'no stretch of time is known to take a rate of' }
  if (ratePerMinute <= ratePerMinuteMax) return {}
  return { wrong: `${plainNumber(ratePerMinute)} a minute, at most ${ratePerMinuteMax} wanted` }
}

function againstBaseline(
  { baselineMs, baselineRatioMax }: TallyBounds,
  { baselineLines, baselineMatches, firstAtMs }: Tally,
  { baselineFromMs }: Reading,
  ratePerMinute: number | null,
): Verdict {
  if (baselineMs === undefined || baselineFromMs === null) return {}
  if (baselineLines === 0) return { unsure: 'there is nothing of the stretch before to compare with' }
  if (firstAtMs === null || firstAtMs > baselineFromMs + baselineMs * LATE_SHARE)
    return { unsure: `the log does not reach back ${formatDuration(baselineMs)} further` }
  const before = baselineMatches / (baselineMs / MINUTE_MS)
  const now = ratePerMinute ?? 0
  if (now <= before * baselineRatioMax) return {}
  return {
    wrong: `${plainNumber(now)} a minute, before it was ${plainNumber(before)}, at most ${baselineRatioMax} times that wanted`,
  }
}
