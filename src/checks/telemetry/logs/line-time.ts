// When a line of a log was written, by the line itself: ISO 8601, common server formats, syslog, and fields of JSON.
import { objectOf } from '../../instrument.ts'

/** A time stands at the beginning of a line. */
const HEAD_CHARS = 200
const JSON_FIELDS = ['time', 'timestamp', '@timestamp', 'ts', 't', 'date', 'asctime']
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

const ISO = /\b(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/
const COMMON = /\b(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)/
const SYSLOG = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)\b/

/**
 * Milliseconds since the epoch, or null. Without a zone the time is this machine's; without a year it is the latest that is not ahead.
 * `entry` is the line parsed, where it is JSON.
 */
export function timeOfLine(line: string, entry: unknown, nowMs: number): number | null {
  if (entry !== null && typeof entry === 'object') {
    const found = JSON_FIELDS.map((field) => objectOf(entry)[field]).find((value) => value !== undefined)
    return timeOfValue(found, nowMs)
  }
  return timeOfText(line.slice(0, HEAD_CHARS), nowMs)
}

function timeOfValue(value: unknown, nowMs: number): number | null {
  if (typeof value === 'string') return timeOfText(value.slice(0, HEAD_CHARS), nowMs)
  if (typeof value !== 'number' || !(value > 0)) return null
  // Seconds, milliseconds, microseconds or nanoseconds since the epoch: told apart by size.
  const unitMs = value < 1e11 ? 1000 : value < 1e14 ? 1 : value < 1e17 ? 1e-3 : 1e-6
  return Math.round(value * unitMs)
}

function timeOfText(text: string, nowMs: number): number | null {
  const iso = ISO.exec(text)
  if (iso) {
    const [, year, month, day, time, fraction = '0', zone = ''] = iso
    const colon = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
    return valid(Date.parse(`${year}-${month}-${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${colon}`))
  }
  const common = COMMON.exec(text)
  if (common) {
    const [, day, name, year, time, hours, minutes] = common
    return valid(Date.parse(`${year}-${monthOf(name)}-${day}T${time}${hours}:${minutes}`))
  }
  const syslog = SYSLOG.exec(text)
  if (!syslog) return null
  const [, name, day = '', time] = syslog
  const inYear = (year: number): number => Date.parse(`${year}-${monthOf(name)}-${day.padStart(2, '0')}T${time}`)
  const year = new Date(nowMs).getFullYear()
  const thisYear = inYear(year)
  return valid(thisYear > nowMs + 86_400_000 ? inYear(year - 1) : thisYear)
}

function monthOf(name = ''): string {
  return String(MONTHS.indexOf(name.toLowerCase()) + 1).padStart(2, '0')
}

function valid(atMs: number): number | null {
  return Number.isNaN(atMs) ? null : atMs
}
