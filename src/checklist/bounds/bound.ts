// One bound as found in a text, before it is known what it is about.
import type { Operator, Threshold, Unit } from '../../plan/threshold.ts'
import { readNumber, toQuantity } from './units.ts'

export interface Bound {
  start: number
  end: number
  operator: Operator
  value: number
  valueMax: number | null
  unit: Unit
  /** `symbol` and `word` stand in front of the number; `plus` and `suffix` behind it. */
  form: 'symbol' | 'word' | 'plus' | 'suffix' | 'range' | 'zero' | 'full' | 'target' | 'change'
  /** The number itself says that it is a difference: "3x baseline", "baseline + 2%". */
  relativeTo: Threshold['relativeTo']
  /** Words that name the thing where they are part of the bound ("no critical alerts"), else null. */
  subject: string | null
  /** What a rate counts: "30 bad logins per minute". */
  counted: string | null
}

const COUNTED = /^\s*([^\s\d%/][^/%]*?|\dxx(?:\s[^/%]*?)?)\s*(?:\/|\bper\s)/i

/** A bound from the words matched: number and unit in base units. */
export function makeBound(
  span: { start: number; end: number },
  form: Bound['form'],
  operator: Operator,
  number: string,
  unit?: string,
): Bound {
  const quantity = toQuantity(readNumber(number), unit)
  return {
    ...span,
    ...quantity,
    form,
    operator,
    valueMax: null,
    relativeTo: null,
    subject: null,
    counted: COUNTED.exec(unit ?? '')?.[1] ?? null,
  }
}

/** Where the words matched stand, without the white space behind them. */
export function spanOfMatch(match: RegExpExecArray): { start: number; end: number } {
  return { start: match.index, end: match.index + match[0].trimEnd().length }
}

/** Bounds none of which overlaps one before it in `found`, by their place in the text. */
export function withoutOverlaps(found: readonly Bound[]): Bound[] {
  const kept: Bound[] = []
  for (const bound of found)
    if (!kept.some((other) => bound.start < other.end && other.start < bound.end)) kept.push(bound)
  return kept.toSorted((a, b) => a.start - b.start)
}

/** A sign of money in front of a number. */
export const MONEY = '[$€£¥₹]'

/** An amount stays what the document says, by the month or not. */
export function asMoney(bound: Bound, number: string, sign: string): Bound {
  return { ...bound, value: readNumber(number), unit: MONEY_UNITS[sign] ?? 'money' }
}

const MONEY_UNITS: Record<string, string> = { $: 'usd', '€': 'eur', '£': 'gbp', '¥': 'jpy', '₹': 'inr' }
