// Units as people write them, and one quantity said in another unit.
import { parseDurationMs } from './duration.ts'
import { parseSizeBytes } from './size.ts'

interface Unit {
  /** What it measures: only units of the same dimension can be converted. */
  dimension: 'time' | 'size' | 'share' | 'rate' | 'size-rate'
  /** How many base units (ms, bytes, percent, per second, bytes per second) it stands for. */
  factor: number
}

const RATE = /^(?:rps|qps|tps|per-second)$/i
const PER = /^(.*?)\s*(?:\/|\bper\s+)\s*([a-z]+)$/i

/**
 * The unit a word means; null for what is counted ("rules", "users") and where it is not sure: `Mb` is bits or bytes, `m` is metres
 * or minutes.
 */
function unitOf(word: string): Unit | null {
  const text = word.trim()
  if (/^(?:%|percent)$/i.test(text)) return { dimension: 'share', factor: 1 }
  if (text === 'bytes-per-second') return { dimension: 'size-rate', factor: 1 }
  if (RATE.test(text)) return { dimension: 'rate', factor: 1 }
  const per = PER.exec(text)
  if (per) {
    const overMs = timeMs(per[2] ?? '')
    const bytes = sizeBytes(per[1] ?? '')
    if (overMs === null) return null
    return bytes === null
      ? { dimension: 'rate', factor: 1000 / overMs }
      : { dimension: 'size-rate', factor: (bytes * 1000) / overMs }
  }
  const ms = timeMs(text)
  if (ms !== null) return { dimension: 'time', factor: ms }
  const bytes = sizeBytes(text)
  return bytes === null ? null : { dimension: 'size', factor: bytes }
}

function timeMs(unit: string): number | null {
  if (/^milliseconds?$|^msec$/i.test(unit)) return 1
  return /^[a-z]+$/i.test(unit) && !/^[mM]$/.test(unit) ? parseDurationMs(`1 ${unit}`) : null
}

function sizeBytes(unit: string): number | null {
  return /^(?:[kKMGTPE]i?B|[kmgt]b|B|bytes?)$/.test(unit) ? parseSizeBytes(`1 ${unit}`) : null
}

/** `value` in another unit; null where that is not the same kind of thing. The same word needs no conversion, whatever it means. */
export function convert(value: number, from: string, to: string): number | null {
  if (sameWord(from, to)) return value
  const [source, target] = [unitOf(from), unitOf(to)]
  // What is counted is named by the document: 12 of "rules".
  if (!source && !target && from === 'count') return value
  if (!source || !target || source.dimension !== target.dimension) return null
  return Number(((value * source.factor) / target.factor).toPrecision(12))
}

const GIVEN = /^([~≈<>≤≥=]{1,2}\s*)?(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(%|\p{L}[^\d]{0,30})$/u

/**
 * A value given with a unit ("0.0425 s") as the bare figure for a place that states its own ("42.5" for `ms`). What has no unit, or one
 * of another kind, is given back as it is.
 */
export function withoutUnit(given: string, unit: string): string {
  const match = GIVEN.exec(given.trim())
  if (!match) return given
  const [, sign = '', figure = '', own = ''] = match
  if (sameWord(own, unit)) return sign + figure
  const converted = convert(Number(figure.replaceAll(',', '')), own, unit)
  return converted === null ? given : sign + plainNumber(converted)
}

/** Whether two words name one unit, in any case and number. `Mb` and `MB` may be eight apart. */
function sameWord(a: string, b: string): boolean {
  const plain = (word: string): string => word.trim().toLowerCase().replace(/s$/, '')
  if (a.trim() === b.trim()) return true
  return plain(a) === plain(b) && !/^[kmgt]i?b/.test(plain(a)) && unitOf(a)?.factor === unitOf(b)?.factor
}

/** Four figures at least, and never fewer than stand before the point; no exponent. */
export function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const figures = Math.max(4, Math.ceil(Math.log10(Math.abs(Math.trunc(value)) + 1)))
  const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(Math.min(figures, 15)))
  return rounded.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 12 })
}
