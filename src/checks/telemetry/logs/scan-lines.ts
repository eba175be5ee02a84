// Counting lines of a log that match, in a stretch of time and in the one before it. Patterns of others cannot hold us up for ever.
import { setImmediate as breathe } from 'node:timers/promises'
import { createContext, Script } from 'node:vm'
import { parsePath, valueAt, type Path } from '../../../lib/json-path.ts'
import { timeOfLine } from './line-time.ts'

/** Of a longer line only this much is looked at, and the tally says so. */
const LINE_CHARS_MAX = 1 << 18
const BATCH_LINES = 2000
const BATCH_CHARS = 1 << 20
/** A batch takes a millisecond or two; a pattern that backtracks without end is ended here. */
const BATCH_TIMEOUT_MS = 1000
const EXAMPLES_MAX = 20

/** What a field of a JSON line must be like: one of these values, or a number within bounds. */
export type FieldCondition = string | number | boolean | (string | number | boolean)[] | { min?: number; max?: number }

export interface LineRule {
  /** Null: every line whose fields are right. */
  pattern: RegExp | null
  ignored: readonly RegExp[]
  fields: Readonly<Record<string, FieldCondition>>
}

/** Half-open stretches in ms since the epoch; null: everything. */
export interface Stretches {
  fromMs: number | null
  /** Where the stretch to compare with begins; it ends where the other begins. */
  baselineFromMs: number | null
}

export interface Tally {
  lines: number
  matches: number
  baselineLines: number
  baselineMatches: number
  /** Lines that are JSON, of those in the stretch. */
  jsonLines: number
  /** Lines in the stretch that were not looked at to their end, and did not match as far as that went. */
  cutLines: number
  /** First and last time found in any line that was read; null where no line says when. */
  firstAtMs: number | null
  lastAtMs: number | null
  examples: string[]
}

/** An empty tally, to be added to. */
export function newTally(): Tally {
  const counts = { lines: 0, matches: 0, baselineLines: 0, baselineMatches: 0, jsonLines: 0, cutLines: 0 }
  return { ...counts, firstAtMs: null, lastAtMs: null, examples: [] }
}

interface Line {
  text: string
  /** Whether it goes on. */
  isCut: boolean
}

/** What ends a scan whose pattern does not come to an end. */
export class PatternTooSlow extends Error {}

// A pattern runs inside a context that can be ended; there is nothing in it but the scan itself.
const sandbox = createContext({ scan: () => {} })
const entry = new Script('scan()')

/**
 * Adds the lines of a text to a tally. A line without a time belongs to the one before it.
 * @throws PatternTooSlow, and the signal's reason when it aborts
 */
export async function scanLines(
  text: string,
  rule: LineRule,
  stretches: Stretches,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const paths = Object.entries(rule.fields).map(([path, condition]) => [parsePath(path) ?? [], condition] as const)
  const state = { atMs: null as number | null, nowMs: Date.now() }
  let start = 0
  while (start < text.length) {
    const batch: Line[] = []
    const batchStart = start
    while (start < text.length && batch.length < BATCH_LINES && start - batchStart < BATCH_CHARS) {
      const end = text.indexOf('\n', start)
      const stop = end === -1 ? text.length : end
      const isCut = stop - start > LINE_CHARS_MAX
      if (stop > start) batch.push({ text: text.slice(start, isCut ? start + LINE_CHARS_MAX : stop).trimEnd(), isCut })
      start = stop + 1
    }
    sandbox.scan = () => {
      for (const line of batch) look(line, rule, paths, stretches, tally, state)
    }
    try {
      entry.runInContext(sandbox, { timeout: BATCH_TIMEOUT_MS })
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new PatternTooSlow()
      throw error
    }
    await breathe()
    signal.throwIfAborted()
  }
}

function look(
  { text: line, isCut }: Line,
  rule: LineRule,
  paths: readonly (readonly [Path, FieldCondition])[],
  { fromMs, baselineFromMs }: Stretches,
  tally: Tally,
  state: { atMs: number | null; nowMs: number },
): void {
  if (line === '') return
  const entryOfLine = line.startsWith('{') ? parsed(line) : null
  const own = timeOfLine(line, entryOfLine, state.nowMs)
  if (own !== null) {
    state.atMs = own
    tally.firstAtMs = Math.min(tally.firstAtMs ?? own, own)
    tally.lastAtMs = Math.max(tally.lastAtMs ?? own, own)
  }
  const { atMs } = state
  const isIn = fromMs === null || (atMs !== null && atMs >= fromMs)
  const isBefore = !isIn && baselineFromMs !== null && atMs !== null && atMs >= baselineFromMs
  if (!isIn && !isBefore) return
  tally[isIn ? 'lines' : 'baselineLines']++
  if (isIn && entryOfLine !== null) tally.jsonLines++
  if (!matches(line, entryOfLine, rule, paths)) {
    if (isIn && isCut) tally.cutLines++
    return
  }
  tally[isIn ? 'matches' : 'baselineMatches']++
  if (!isIn) return
  tally.examples.push(line.slice(0, 300))
  // The newest are kept.
  if (tally.examples.length > 2 * EXAMPLES_MAX) tally.examples.splice(0, EXAMPLES_MAX)
}

function matches(
  line: string,
  entryOfLine: unknown,
  { pattern, ignored }: LineRule,
  paths: readonly (readonly [Path, FieldCondition])[],
): boolean {
  if (pattern && !pattern.test(line)) return false
  if (!paths.every(([path, condition]) => isMet(valueAt(entryOfLine, path), condition))) return false
  return !ignored.some((one) => one.test(line))
}

function isMet(value: unknown, condition: FieldCondition): boolean {
  if (Array.isArray(condition)) return condition.some((one) => one === value)
  if (typeof condition !== 'object') return condition === value
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = condition
  return typeof value === 'number' && value >= min && value <= max
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
