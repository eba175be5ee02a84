// Bounds in running text: "< 1000ms average, < 2000ms 95th percentile", "error rate exceeds 50% for 5 minutes".
import type { Operator, Threshold } from '../plan/threshold.ts'
import { findBounds, type Bound } from './bounds.ts'
import { qualitativeBound } from './qualitative.ts'
import { readAggregate, readConsecutive, readRelation, readWindows, type Span } from './qualifiers.ts'
import { readSubject, tidySubject } from './subjects.ts'

export interface ThresholdContext {
  /** The text is a target ("100%", "0 min"): a bare quantity is a bound too. @default false */
  target?: boolean
}

/** Longer items are prose; what stands behind is not read for bounds. */
const CHARACTERS_MAX = 1000

/**
 * The bounds a text states, in base units, in their order. A bound without a number ("within SLA") has the value null
 * and stands alone. Never a pass by itself: what the text says of a bad state stays the bad state.
 */
export function parseThresholds(text: string, context: ThresholdContext = {}): Threshold[] {
  const clean = text.slice(0, CHARACTERS_MAX).replace(/[`*]/g, ' ')
  if (!/\d/.test(clean)) return wordsOnly(clean)
  const windows = readWindows(clean)
  const masked = mask(clean, windows)
  let bounds = findBounds(masked, context)
  // "Health checks failing for > 10 minutes": the window is the bound where there is no other.
  const lone = bounds.length === 0
  if (lone) bounds = findBounds(clean, context)
  const thresholds = bounds.map((bound, index) => {
    const clause = clauseOf(masked, bounds, index)
    return toThreshold(clean, bound, clause, lone ? [] : windows, bounds[index - 1])
  })
  inheritSubjects(thresholds)
  const consecutive = readConsecutive(clean)
  if (consecutive !== null) return withConsecutive(clean, thresholds, consecutive)
  return thresholds.length > 0 ? dropAlternatives(clean, thresholds, bounds) : wordsOnly(clean)
}

/** Bounds of a text without a digit: "no data loss", "within SLA". */
function wordsOnly(clean: string): Threshold[] {
  const zeros = findBounds(clean, {})
  if (zeros.length > 0)
    return zeros.map((bound) => toThreshold(clean, bound, { start: 0, end: clean.length }, [], undefined))
  const words = qualitativeBound(clean)
  return words ? [words] : []
}

function toThreshold(
  text: string,
  bound: Bound,
  clause: Span,
  windows: Window[],
  previous: Bound | undefined,
): Threshold {
  const around = text.slice(clause.start, clause.end)
  const relation = readRelation(around, bound)
  const window = windows.find(({ start }) => start >= clause.start && start < clause.end)
  return {
    subject: previous && !ownSubject(text, bound, previous) ? '' : readSubject(text, bound, clause),
    aggregate: readAggregate(around, bound.start - clause.start),
    operator: bound.operator,
    value: relation.value,
    valueMax: bound.valueMax,
    unit: relation.unit,
    windowMs: bound.windowMs ?? window?.windowMs ?? null,
    consecutive: null,
    relativeTo: relation.relativeTo,
    text: wordsOf(text.slice(bound.start, clause.end)),
  }
}

/** Without what only closes the sentence, and without the next labelled value on the line. */
function wordsOf(clause: string): string {
  const words = clause
    .replace(/,\s*\w+:.*$/, '')
    .replace(/\s+/g, ' ')
    .replace(/[\s,;.]+$/, '')
    .trim()
  const unopened = words.indexOf(')')
  return unopened >= 0 && !words.slice(0, unopened).includes('(') ? words.slice(0, unopened).trim() : words
}

type Window = Span & { windowMs: number }

/** From the end of the bound before (or the line's start) to the start of the next one's clause. */
function clauseOf(text: string, bounds: Bound[], index: number): Span {
  const previous = bounds[index - 1]
  const next = bounds[index + 1]
  const own = bounds[index]
  const start = previous ? boundaryBetween(text, previous.end, own?.start ?? previous.end) : 0
  const end = next && own ? boundaryBetween(text, own.end, next.start) : text.length
  return { start, end }
}

/** The comma, semicolon or "and" that parts two bounds; where there is none, the start of the second. */
function boundaryBetween(text: string, from: number, to: number): number {
  const part = /[,;]|\band\b|\bor\b/i.exec(text.slice(from, to))
  if (!part) return to
  return from + part.index + (/[,;]/.test(part[0]) ? 1 : 0)
}

function ownSubject(text: string, bound: Bound, previous: Bound): boolean {
  const between = text.slice(boundaryBetween(text, previous.end, bound.start), bound.start)
  return /[a-z]{2}/i.test(between.replace(/\b(?:and|or|for|average|avg)\b|p\d{2}/gi, ''))
}

/** "< 1% overall, < 5% for new features": the second is about the same thing. */
function inheritSubjects(thresholds: Threshold[]): void {
  for (const [index, threshold] of thresholds.entries())
    if (threshold.subject === '') threshold.subject = thresholds[index - 1]?.subject ?? ''
}

/** "5 consecutive" belongs to the bound of its text; without one it is the bound: so many failures in a row. */
function withConsecutive(text: string, thresholds: Threshold[], consecutive: number): Threshold[] {
  const counted = thresholds.filter(({ unit, value }) => unit !== 'count' || value !== consecutive)
  if (counted.length > 0) return counted.map((threshold) => ({ ...threshold, consecutive }))
  const subject = tidySubject(text.replace(/\(?\s*\d+\s+(?:consecutive|in a row|times in a row).*$/i, ''))
  return [
    {
      subject: subject || tidySubject(/consecutive\s+(.*)$/i.exec(text)?.[1] ?? ''),
      aggregate: null,
      operator: '>=',
      value: consecutive,
      valueMax: null,
      unit: 'count',
      windowMs: null,
      consecutive,
      relativeTo: null,
      text: text.trim().replace(/\s+/g, ' '),
    },
  ]
}

/** "v18+ or v20+": the weaker of two alternatives is what is asked for. */
function dropAlternatives(text: string, thresholds: Threshold[], bounds: Bound[]): Threshold[] {
  return thresholds.filter((threshold, index) => {
    const before = bounds[index - 1]
    const own = bounds[index]
    if (!before || !own || !/^\s*or\s+v?$/i.test(text.slice(before.end, own.start))) return true
    const first = thresholds[index - 1]
    return (
      !first || first.unit !== threshold.unit || first.operator !== threshold.operator || !isWeaker(first, threshold)
    )
  })
}

function isWeaker(a: Threshold, b: Threshold): boolean {
  const upper: Operator[] = ['<', '<=']
  return upper.includes(a.operator) ? (a.value ?? 0) >= (b.value ?? 0) : (a.value ?? 0) <= (b.value ?? 0)
}

function mask(text: string, spans: Span[]): string {
  let masked = text
  for (const { start, end } of spans) masked = masked.slice(0, start) + ' '.repeat(end - start) + masked.slice(end)
  return masked
}
