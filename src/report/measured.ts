// Pure: which measurement a blank asks for, and the figure as it is written there.
import { convert, plainNumber } from '../lib/measure.ts'
import { formatSize } from '../lib/size.ts'
import type { Measurement } from '../plan/outcome.ts'
import type { Blank } from '../plan/plan.ts'

/** The measured figure for a blank, in its unit; null where none fits or more than one does. */
export function measuredFor(blank: Blank, measurements: readonly Measurement[]): string | null {
  const wanted = blank.unit ?? unitOfTarget(blank)
  const fitting = measurements.filter(
    ({ unit, value }) => unit !== 'state' && (wanted === null || convert(value, unit, wanted) !== null),
  )
  const measurement = fitting.length > 1 ? named(blank.label, fitting) : fitting[0]
  return measurement ? written(measurement, blank) : null
}

/** The one whose name shares most words with the label; undefined where two do alike. */
function named(label: string, measurements: readonly Measurement[]): Measurement | undefined {
  const words = new Set(wordsOf(label))
  const shared = measurements.map(({ name }) => wordsOf(name).filter((word) => words.has(word)).length)
  const most = Math.max(...shared)
  const best = measurements.filter((_, index) => shared[index] === most)
  return most > 0 && best.length === 1 ? best[0] : undefined
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function written({ value, unit }: Measurement, blank: Blank): string | null {
  if (blank.unit) {
    const converted = convert(value, unit, blank.unit)
    return converted === null ? null : plainNumber(converted)
  }
  const word = wordOfTarget(blank)
  const inWord = word === null ? null : convert(value, unit, word)
  if (word !== null && inWord !== null) return `${plainNumber(inWord)} ${word}`
  return withUnit(value, unit)
}

function withUnit(value: number, unit: string): string {
  if (unit === 'count' || unit === '') return plainNumber(value)
  if (unit === 'bytes') return formatSize(value)
  if (unit === 'percent') return `${plainNumber(value)} %`
  if (unit === 'per-second') return `${plainNumber(value)} /s`
  if (unit === 'bytes-per-second') return `${formatSize(value)}/s`
  return unit === 'ms' && Math.abs(value) >= 10_000 ? `${plainNumber(value / 1000)} s` : `${plainNumber(value)} ${unit}`
}

/** A bound of another kind than what was measured says that something else is asked for. */
function unitOfTarget({ target }: Blank): string | null {
  return target?.value == null || target.unit === 'count' || target.unit === 'version' ? null : target.unit
}

/** The unit in which the document states the bound: `min` of "< 2 min". */
function wordOfTarget({ target }: Blank): string | null {
  return /\d\s*(%|[a-zA-Z]+(?:\/[a-zA-Z]+)?)/.exec(target?.text ?? '')?.[1] ?? null
}
