// Units behind a number, brought to base units: ms, bytes, percent, per-second, bytes-per-second, count, version.
import type { Unit } from '../../plan/threshold.ts'
import { DURATION_UNIT, durationMs } from './durations.ts'
import { L } from './letters.ts'

export interface Quantity {
  value: number
  unit: Unit
}

/** A number as documents write it: `1,000`, `4.5`, `0,5`, `100k`, `1.5M`. For expressions that ignore case. */
export const NUMBER = String.raw`\d+(?:,\d{3}(?!\d))*(?:[.,]\d+)?(?:(?-i:[kKM])(?![${L}\d]))?`
const RUSSIAN = ['', 'одн(?:а|о|ой|ого|им|у)', 'дв(?:а|е|ух|умя)', 'тр(?:и|ех|ёх|емя)']
const RUSSIAN_FORMS = RUSSIAN.map((form) => (form === '' ? null : new RegExp(`^${form}$`, 'i')))
const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
/** A small number in words, where an operator or "or more" says that it is one. */
export const NUMBER_WORD = String.raw`(?:${[...WORDS.slice(1), ...RUSSIAN.slice(1)].join('|')})(?![${L}])`

const MULTIPLIERS: Record<string, number> = { k: 1e3, K: 1e3, M: 1e6 }
/** Line rates are decimal. */
const BITS_PER_SECOND: Record<string, number> = { k: 1e3, m: 1e6, g: 1e9 }
/** Sizes are binary, as disks and memory are reported by the tools that check them. */
const BYTES: Record<string, number> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }
const SIZE = '(?:[KMGT]i?B|bytes?|(?-i:[KMGT]i|[GT]))(?![a-zA-Z])'
const BITS = '[KMG]bps\\b|[KMG]bits?\\/s\\b'
const COUNTED = String.raw`(?:\dxx|[${L}][${L}-]*)(?:[ ](?!per\b)[${L}][${L}-]*){0,2}`
const PER = String.raw`\s*(?:\/|\bper\s+)\s*`
const TIME =
  '(?:milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|秒|分|時間|小时|분|초|[smhd])(?![a-zA-Z])'
const RATE = String.raw`(?:(?:${COUNTED})?${PER}(?:a\s+)?${TIME}|(?:[rqt]ps|iops|rpm)\b)`

/** What may stand between a number and the rest: alternatives for a regular expression with `iu`. */
export const UNIT = `(?:%|％|(?:percent|процент(?:а|ов)?|por ciento|prozent|pour cent)(?![${L}])|${BITS}|${SIZE}${PER}${TIME}|${SIZE}|${RATE}|${DURATION_UNIT})`

/** The number of a matched `NUMBER` or `NUMBER_WORD`. */
export function readNumber(text: string): number {
  const word = WORDS.indexOf(text.toLowerCase())
  if (word >= 0) return word
  const russian = /^\d/.test(text) ? -1 : RUSSIAN_FORMS.findIndex((form) => form?.test(text))
  if (russian >= 0) return russian
  const multiplier = MULTIPLIERS[text.at(-1) ?? '']
  const digits = multiplier ? text.slice(0, -1) : text
  // A comma in front of three digits parts thousands, any other one decimals.
  const plain = digits.replace(/,(?=\d{3}(?!\d))/g, '').replace(',', '.')
  return Number(plain) * (multiplier ?? 1)
}

/** A number and the unit matched behind it, in base units. A rate of any time is one per second. */
export function toQuantity(amount: number, unitText: string | undefined): Quantity {
  const unit = unitText?.trim() ?? ''
  if (unit === '') return { value: amount, unit: 'count' }
  if (/^(?:[%％]|percent|процент|por ciento|prozent|pour cent)/i.test(unit)) return { value: amount, unit: 'percent' }
  const bits = /^([KMG])b(?:ps|its?\/s)$/i.exec(unit)
  if (bits)
    return { value: (amount * (BITS_PER_SECOND[bits[1]?.toLowerCase() ?? ''] ?? 1)) / 8, unit: 'bytes-per-second' }
  const size = /^(?:([KMGT])i?B|bytes?|([KMGT])i?$)/i.exec(unit)
  if (size && unit !== 'm') {
    const factor = BYTES[(size[1] ?? size[2] ?? 'b').toLowerCase()] ?? 1
    return sized(amount * factor, unit.slice(size[0].length))
  }
  const timeMs = durationMs(amount, unit)
  if (timeMs !== null) return { value: timeMs, unit: 'ms' }
  if (/^rpm$/i.test(unit)) return { value: amount / 60, unit: 'per-second' }
  const over = new RegExp(`(?:/|per\\s)\\s*(?:a\\s+)?(${TIME})`, 'i').exec(unit)?.[1]
  return { value: perSecond(amount, over), unit: 'per-second' }
}

function perSecond(amount: number, over: string | undefined): number {
  const overMs = over ? durationMs(1, over) : 1000
  return overMs ? amount / (overMs / 1000) : amount
}

function sized(bytes: number, rest: string): Quantity {
  const over = /([a-z]+)\s*$/i.exec(rest)?.[1]
  if (!over || durationMs(1, over) === null) return { value: bytes, unit: 'bytes' }
  return { value: perSecond(bytes, over), unit: 'bytes-per-second' }
}
