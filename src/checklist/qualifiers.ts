// What stands around a bound: aggregate, window, "5 consecutive", relation to the baseline.
import type { Threshold, Unit } from '../plan/threshold.ts'
import type { Bound } from './bounds.ts'
import { DURATION_UNIT, durationMs } from './durations.ts'

export interface Span {
  start: number
  end: number
}

const AGGREGATES: [RegExp, (match: RegExpExecArray) => string][] = [
  [/\bp(\d{2}(?:\.\d+)?)\b/i, ([, rank]) => `p${rank}`],
  [/\b(\d{2}(?:\.\d+)?)(?:st|nd|rd|th)[ -]percentile/i, ([, rank]) => `p${rank}`],
  [/\bmedian\b/i, () => 'p50'],
  [/\b(?:average|avg|mean)\b/i, () => 'avg'],
  [/\bsustained\b/i, () => 'sustained'],
  [/\b(?:peak|maximum|max)\b(?!imum)/i, () => 'max'],
  [/\b(?:total|sum)\b/i, () => 'sum'],
]

/** The aggregate a clause names, before or after its bound (at `boundAt`): the nearer one where there are two. */
export function readAggregate(clause: string, boundAt: number): string | null {
  const found = AGGREGATES.flatMap(([pattern, name]) => {
    const match = pattern.exec(clause)
    // "max 100 connections": there the word is the operator.
    return match && match.index !== boundAt ? [{ name: name(match), distance: Math.abs(match.index - boundAt) }] : []
  })
  return found.toSorted((a, b) => a.distance - b.distance)[0]?.name ?? null
}

const WINDOWS = [
  new RegExp(
    `\\b(?:for|over|lasting)(?: the last)?\\s*(?:>|≥|>=|at least|more than|longer than|a)?\\s*(\\d+)[\\s-]*(${DURATION_UNIT})(?:\\s+window)?`,
    'gi',
  ),
  new RegExp(`\\b(?:in|during|within)(?: the)? (?:first|last)\\s+(?:(\\d+)[\\s-]*)?(${DURATION_UNIT})`, 'gi'),
  new RegExp(`\\((\\d+)\\s?(${DURATION_UNIT})\\)(?=\\s*:)`, 'gi'),
]

/** "for 5 minutes", "for > 5 minutes", "in first hour": over what stretch the bound is held. */
export function readWindows(text: string): (Span & { windowMs: number })[] {
  return WINDOWS.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), (match) => ({
      start: match.index,
      end: match.index + match[0].length,
      windowMs: durationMs(Number(match[1] ?? '1'), match[2] ?? '') ?? 0,
    })),
  ).toSorted((a, b) => a.start - b.start)
}

/** "5 consecutive", "3 times in a row", or null. */
export function readConsecutive(text: string): number | null {
  const match =
    /(\d+)\s+(?:consecutive|(?:times|failures|checks)?\s*in a row)/i.exec(text) ?? /consecutive\W+(\d+)/i.exec(text)
  return match ? Number(match[1]) : null
}

/** Whether the bound is a difference: to the baseline ("regression < 10%", "3x baseline") or to the version before. */
export function readRelation(
  clause: string,
  bound: Bound,
): { relativeTo: Threshold['relativeTo']; value: number; unit: Unit } {
  const named = /\bbaseline\b|\bcompared to (?:stable|control)/i.test(clause)
  const previous = /\bprevious(?:ly)?\b|\blast (?:version|release)\b/i.test(clause)
  const change =
    /\b(?:regress\w*|degrad\w*|increas\w*|growth|drop(?:s|ped)?(?! rate)|decreas\w*|deviat\w*|spikes?)\b/i.test(clause)
  const relativeTo = named ? 'baseline' : previous ? 'previous' : change && bound.unit === 'percent' ? 'baseline' : null
  if (bound.factor) return { relativeTo: relativeTo ?? 'baseline', value: (bound.value - 1) * 100, unit: 'percent' }
  return { relativeTo, value: bound.value, unit: bound.unit }
}
