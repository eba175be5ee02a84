// Units behind a number, brought to base units: ms, bytes, percent, per-second, bytes-per-second, count, version.
import type { Unit } from '../plan/threshold.ts'
import { DURATION_UNIT, durationMs } from './durations.ts'

export interface Quantity {
  value: number
  unit: Unit
  /** "per hour": the count is over this long. */
  windowMs: number | null
}

/** A number as documents write it: `1,000`, `4.5`, `100k`. */
export const NUMBER = String.raw`\d+(?:,\d{3})*(?:\.\d+)?(?:[kK](?![a-zA-Z]))?`

const BYTES: Record<string, number> = {
  b: 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
}
const SIZE = '(?:[KMGT]i?B|bytes?)(?![a-zA-Z])'
const COUNTED = '(?:requests?|reqs?|events?|ops|operations?|transactions?|messages?|queries|[a-z]+)'
const PER = String.raw`\s*(?:\/|\bper\s+)\s*`
const RATE = String.raw`(?:${COUNTED}${PER}(?:seconds?|secs?|s)(?![a-zA-Z])|rps\b|qps\b|tps\b)`
const COUNT_RATE = String.raw`(?:${COUNTED}\s*)?(?:\/|\bper\s+)\s*(?:minutes?|mins?|hours?|hrs?|days?|[hd])(?![a-zA-Z])`

/** What may stand between a number and the rest: alternatives for a regular expression. */
export const UNIT = `(?:%|percent\\b|${SIZE}${PER}(?:seconds?|secs?|s|hours?|h|minutes?|mins?)(?![a-zA-Z])|${SIZE}|${RATE}|${COUNT_RATE}|${DURATION_UNIT})`

/** The number of a matched `NUMBER`. */
export function readNumber(text: string): number {
  const plain = text.replaceAll(',', '')
  return /k$/i.test(plain) ? Number(plain.slice(0, -1)) * 1000 : Number(plain)
}

/** A number and the unit matched behind it, in base units. */
export function toQuantity(amount: number, unitText: string | undefined): Quantity {
  const unit = unitText?.trim() ?? ''
  if (unit === '') return { value: amount, unit: 'count', windowMs: null }
  if (unit === '%' || /^percent/i.test(unit)) return { value: amount, unit: 'percent', windowMs: null }
  const size = /^(?:([KMGT]i?)B|bytes?)/i.exec(unit)
  if (size) return sized(amount * (BYTES[size[1]?.toLowerCase() ?? 'b'] ?? 1), unit.slice(size[0].length))
  const timeMs = durationMs(amount, unit)
  if (timeMs !== null) return { value: timeMs, unit: 'ms', windowMs: null }
  const over = new RegExp(`(?:/|per\\s)\\s*(${DURATION_UNIT})`, 'i').exec(unit)?.[1]
  const windowMs = over ? durationMs(1, over) : 1000
  if (windowMs === 1000) return { value: amount, unit: 'per-second', windowMs: null }
  return { value: amount, unit: 'count', windowMs }
}

function sized(bytes: number, rest: string): Quantity {
  const over = /([a-z]+)\s*$/i.exec(rest)?.[1]
  const overMs = over ? durationMs(1, over) : null
  if (overMs === null) return { value: bytes, unit: 'bytes', windowMs: null }
  return { value: (bytes * 1000) / overMs, unit: 'bytes-per-second', windowMs: null }
}
