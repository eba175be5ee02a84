// Figures in what a benchmark wrote: by a path into JSON, or by a pattern in text.
import { parsePath, valueAt } from '../../../lib/json-path.ts'

export type Place = { path?: string | undefined; pattern?: string | undefined }

const FIGURES_MAX = 10_000

/** Every figure at that place, of all documents in the texts. What is no finite number is none. */
export function figuresAt({ path, pattern }: Place, texts: readonly string[]): number[] {
  const found = texts.flatMap((text) =>
    pattern === undefined ? documentsOf(text).flatMap((one) => valuesAt(one, path ?? '')) : matchesOf(text, pattern),
  )
  return found.filter((value) => typeof value === 'number' && Number.isFinite(value)).slice(0, FIGURES_MAX) as number[]
}

/** The text as one JSON document, or one a line. Lines that are none, as a tool's greeting, are passed over. */
function documentsOf(text: string): unknown[] {
  const whole = parsed(text)
  return whole === undefined ? text.split('\n').flatMap((line) => parsed(line) ?? []) : [whole]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function valuesAt(document: unknown, path: string): unknown[] {
  const value = valueAt(document, parsePath(path) ?? [])
  return Array.isArray(value) ? value : [value]
}

function matchesOf(text: string, pattern: string): number[] {
  return [...text.matchAll(new RegExp(pattern, 'gm'))]
    .slice(0, FIGURES_MAX)
    .flatMap(([, figure]) => (figure === undefined || figure.trim() === '' ? [] : [Number(figure.replaceAll(',', ''))]))
}
