// Bounds in running text: "< 1000ms average, < 2000ms 95th percentile", "error rate exceeds 50% for 5 minutes".
import type { Operator, Threshold } from '../../plan/threshold.ts'
import type { Bound } from './bound.ts'
import { plainBoundText } from './bound-text.ts'
import { findBounds, STATES_NUMBER } from './bounds.ts'
import { clausesOf, ownWords, percentilesOf } from './clauses.ts'
import { EMPTY_THRESHOLD, qualitativeBound } from './qualitative.ts'
import { OPERATOR, readOperator } from './operators.ts'
import { readAggregate, readConsecutive, readWindows, type Span, type Window } from './qualifiers.ts'
import { OF_BASELINE, readRelation } from './relations.ts'
import { countedNoun, readSubject, tidySubject } from './subjects.ts'
import { NUMBER, readNumber, toQuantity, UNIT } from './units.ts'

export interface ThresholdContext {
  /** The text is a target ("100%", "0 min"): a bare quantity is a bound too. @default false */
  target?: boolean
}

/** Texts read last: an item is asked about several times on its way. */
const RECENT = new Map<string, Threshold[]>()
const RECENT_MAX = 100

/** Longer items are prose; what stands behind is not read for bounds. */
const CHARACTERS_MAX = 600
/** No line states more; what comes behind is noise. */
const BOUNDS_MAX = 12

/**
 * The bounds a text states, in base units, in their order. A bound without a number ("within SLA") has the value null
 * and stands alone. Never a pass by itself: what the text says of a bad state stays the bad state.
 */
export function parseThresholds(text: string, context: ThresholdContext = {}): Threshold[] {
  const key = `${context.target ? 'target' : 'text'}:${text.slice(0, CHARACTERS_MAX)}`
  const known = RECENT.get(key)
  const thresholds = known ?? readThresholds(text, context)
  if (RECENT.size >= RECENT_MAX) RECENT.clear()
  RECENT.set(key, thresholds)
  // Each item has its own: what one of them becomes is nothing to the others.
  return thresholds.map((threshold) => ({ ...threshold }))
}

function readThresholds(text: string, context: ThresholdContext): Threshold[] {
  const { text: clean, unit } = takeBlank(plainBoundText(text.slice(0, CHARACTERS_MAX)))
  const numbers = STATES_NUMBER.test(clean) ? readNumbers(clean, context) : []
  if (numbers.length > 0) return unit ? numbers.map((threshold) => inUnit(threshold, unit)) : numbers
  const words = qualitativeBound(clean)
  return words ? [words] : []
}

const BLANK = new RegExp(String.raw`_{2,}(?:[ ]?(${UNIT}))?`, 'gi')

/** "____ MB/hour (target: < 10)": without the blank, whose unit is that of a bound that has none. */
function takeBlank(text: string): { text: string; unit: string | undefined } {
  if (!text.includes('__')) return { text, unit: undefined }
  const unit = [...text.matchAll(BLANK)].find((match) => match[1] !== undefined)?.[1]
  return { text: text.replace(BLANK, (blank) => ' '.repeat(blank.length)), unit }
}

function inUnit(threshold: Threshold, unit: string): Threshold {
  if (threshold.unit !== 'count' || threshold.value === null || threshold.value === 0) return threshold
  return { ...threshold, ...toQuantity(threshold.value, unit) }
}

function readNumbers(clean: string, context: ThresholdContext): Threshold[] {
  const { windows, behind } = readWindows(clean)
  const rows = readConsecutive(clean)
  const masked = mask(clean, [...windows, ...rows])
  let bounds = dropAlternatives(
    clean,
    findBounds(masked, context)
      .slice(0, BOUNDS_MAX)
      .filter((bound) => !isActivity(masked, bound)),
  )
  if (bounds.length === 0) return loneQualifier(clean, windows, behind, rows)
  // What follows a bound and would be one itself is its window: "> 10 errors in 5 minutes".
  const held = behind.filter(({ start }) => bounds.some(({ end }) => end <= start))
  bounds = bounds.filter((bound) => !held.some(({ start, end }) => bound.start < end && start < bound.end))
  const quiet = mask(masked, held)
  const clauses = clausesOf(quiet, bounds)
  const thresholds = bounds.map((bound, index) =>
    toThreshold(clean, quiet, bound, clauses[index] ?? bound, index === 0 ? null : (bounds[index - 1] ?? null)),
  )
  for (const window of [...windows, ...held])
    assign(window, bounds, clauses, (index) => {
      const threshold = thresholds[index]
      if (threshold) threshold.windowMs ??= window.windowMs
    })
  for (const row of rows)
    assign(row, bounds, clauses, (index) => {
      const threshold = thresholds[index]
      if (threshold) threshold.consecutive ??= row.consecutive
    })
  inheritSubjects(thresholds)
  inheritAggregate(quiet, bounds[0]?.start ?? 0, thresholds)
  if (context.target) nameRow(clean, bounds[0], thresholds[0])
  return thresholds.flatMap((threshold, index) => forEachPercentile(quiet, threshold, clauses[index], bounds[index]))
}

/** "Linting: 0 errors": a target directly behind the name of its row is about both. */
function nameRow(text: string, bound?: Bound, threshold?: Threshold): void {
  const row = bound && /^([^:]+):\s*$/.exec(text.slice(0, bound.start))?.[1]
  if (!row || !threshold) return
  const name = tidySubject(row)
  if (!threshold.subject.includes(name) && !name.includes(threshold.subject))
    threshold.subject = `${name} ${threshold.subject}`
}

function toThreshold(text: string, quiet: string, bound: Bound, clause: Span, previous: Bound | null): Threshold {
  const around = quiet.slice(clause.start, clause.end)
  const at = { start: bound.start - clause.start, end: bound.end - clause.start }
  return {
    subject:
      previous && !ownWords(quiet, clause, bound)
        ? countedNoun(quiet, bound, clause)
        : readSubject(quiet, bound, clause),
    aggregate: readAggregate(around, at),
    operator: bound.operator,
    value: valueOf(quiet, bound),
    valueMax: bound.valueMax,
    unit: bound.unit,
    windowMs: null,
    consecutive: null,
    relativeTo: readRelation(around, bound),
    text: wordsOf(text.slice(bound.start, clause.end)),
  }
}

/** "p50/p99 latency under 100/300 ms", "p95 and p99 < 500 ms": a bound for each percentile named in front of it. */
function forEachPercentile(quiet: string, threshold: Threshold, clause?: Span, bound?: Bound): Threshold[] {
  const names = clause && bound ? percentilesOf(quiet.slice(clause.start, bound.start)) : []
  if (!bound || names.length === 0) return [threshold]
  const values = readList(quiet.slice(bound.start), names.length)
  return names.map((aggregate, index) => ({ ...threshold, aggregate, ...values?.[index] }))
}

const LIST = new RegExp(String.raw`^\D*?(${NUMBER}(?:\s*\/\s*${NUMBER})+)\s*(${UNIT})?`, 'i')

/** "100/300/800 ms": so many values with one unit, or null. */
function readList(words: string, length: number): { value: number; unit: Threshold['unit'] }[] | null {
  const [, list = '', unit] = LIST.exec(words) ?? []
  const numbers = list.split('/')
  return numbers.length === length ? numbers.map((number) => toQuantity(readNumber(number.trim()), unit)) : null
}

/** "At least 95% of baseline" is 5 % below it; "within 5% of baseline" is a difference already. */
function valueOf(text: string, { start, end, unit, value }: Bound): number {
  const share = unit === 'percent' && !/^within/i.test(text.slice(start, end)) && OF_BASELINE.test(text.slice(end))
  return share ? Math.round((value - 100) * 1e9) / 1e9 : value
}

/** A window or a row in front of all bounds is said of all of them; any other belongs to the clause it stands in. */
function assign(span: Span, bounds: readonly Bound[], clauses: readonly Span[], set: (index: number) => void): void {
  const leading = span.end <= (bounds[0]?.start ?? 0) && clauses.length > 1
  for (const [index, clause] of clauses.entries())
    if (leading || (span.start >= clause.start && span.start < clause.end)) set(index)
}

/** Without what only closes the sentence, and without the next labelled value on the line. */
function wordsOf(clause: string): string {
  const words = clause
    .replace(/,\s*\w+:.*$/, '')
    .replace(/:\s.*$/, '')
    .replace(/\s+/g, ' ')
    .replace(/[\s,;.(|/&–—-]+$/, '')
    .trim()
  const unopened = words.indexOf(')')
  return unopened >= 0 && !words.slice(0, unopened).includes('(') ? words.slice(0, unopened).trim() : words
}

/** "< 1% overall, < 5% for new features": the second is about the same thing. */
function inheritSubjects(thresholds: Threshold[]): void {
  for (const [index, threshold] of thresholds.entries())
    if (threshold.subject === '') threshold.subject = thresholds[index - 1]?.subject ?? ''
  // "p95 < 500 ms": the aggregate is the only name there is.
  for (const threshold of thresholds)
    if (threshold.subject === '')
      threshold.subject = threshold.aggregate ?? (threshold.unit === 'version' ? 'version' : '')
}

/** "p99 latency: reads < 50 ms, writes < 200 ms": what stands in front of the colon is said of all. */
function inheritAggregate(text: string, first: number, thresholds: Threshold[]): void {
  const lead = /^[^:]*(?=:)/.exec(text.slice(0, first))?.[0]
  const aggregate = lead && readAggregate(lead, { start: lead.length, end: lead.length })
  if (aggregate) for (const threshold of thresholds) threshold.aggregate ??= aggregate
}

const ACTIVITY =
  /^\W*(?:\d+[.)]\s*)?(?:please\s+)?(?:run|wait|monitor|watch|observe|let|soak|bake|hold|pause|keep|retain|store|allow|continue|schedule|plan|spend|stay|remain|leave|sleep|archive|rotate)\b/i

const DAY_MS = 86_400_000

/** "Monitor for at least 1 hour", "run soak test (2+ hours)": how long to do a thing. */
function isActivity(text: string, { unit, value, start, end, form }: Bound): boolean {
  if (unit === 'ms' && value >= DAY_MS && form !== 'symbol' && /\bretention\b|\bretain/i.test(text)) return true
  if (unit !== 'ms' || value < 60_000 || form === 'symbol' || form === 'target') return false
  // "At least 24 hours before the window": when, not how long.
  if (/^\s*(?:prior|before|beforehand|in advance|ahead|notice|after)\b/i.test(text.slice(end))) return true
  return ACTIVITY.test(text.slice(0, start))
}

/** A text whose only figure is how long or how often: "failing for > 10 minutes", "health check fails 5 times in a row". */
function loneQualifier(
  text: string,
  windows: readonly Window[],
  behind: readonly Window[],
  rows: ReturnType<typeof readConsecutive>,
): Threshold[] {
  const row = rows[0]
  if (row) {
    const held = [...windows, ...behind][0]
    const quiet = mask(text, held ? [held] : [])
    const [, lead = '', word] = BEFORE_ROW.exec(quiet.slice(0, row.start)) ?? []
    const before = tidySubject(lead)
    const operator = (word && readOperator(word, lead)) || '>='
    const subject =
      before ||
      tidySubject(
        quiet
          .slice(row.start)
          .replace(/^(?:\d+\s?回(?:以上)?連続|連続(?:して|で)?\s?\d+\s?回)[でのに]?/, '')
          .replace(/^\S+\s+(?:(?:consecutive|successive|straight)\s+)?/i, '')
          .replace(/\s+in (?:a row|sequence|succession).*$/is, ''),
      )
    return [
      {
        ...EMPTY_THRESHOLD,
        subject,
        operator,
        value: row.consecutive,
        unit: 'count',
        windowMs: held?.windowMs ?? null,
        consecutive: row.consecutive,
        text: wordsOf(text),
      },
    ]
  }
  const window = windows.find(({ compares }) => compares)
  if (!window || ACTIVITY.test(text) || /\bretention\b|\bretain/i.test(text)) return []
  const subject = tidySubject(text.slice(0, window.start))
  const words = text.slice(window.start, window.end)
  const operator = /≥|>=|at least|minimum|\d\+/i.test(words) ? '>=' : '>'
  return subject === ''
    ? []
    : [{ ...EMPTY_THRESHOLD, subject, operator, value: window.windowMs, unit: 'ms', text: wordsOf(words) }]
}

/** "More than 3 in a row": the words, and what compares behind them. */
const BEFORE_ROW = new RegExp(`^(.*?)(${OPERATOR})?\\s*$`, 'is')

/** "v18+ or v20+": the weaker of two alternatives is what is asked for. */
function dropAlternatives(text: string, bounds: Bound[]): Bound[] {
  return bounds.filter((bound, index) => {
    const first = bounds[index - 1]
    if (!first || !/^\s*or\s+$/i.test(text.slice(first.end, bound.start))) return true
    return first.unit !== bound.unit || first.operator !== bound.operator || !isWeaker(first, bound)
  })
}

function isWeaker(a: Bound, b: Bound): boolean {
  const upper: Operator[] = ['<', '<=']
  return upper.includes(a.operator) ? a.value >= b.value : a.value <= b.value
}

function mask(text: string, spans: readonly Span[]): string {
  let masked = text
  for (const { start, end } of spans) masked = masked.slice(0, start) + ' '.repeat(end - start) + masked.slice(end)
  return masked
}
