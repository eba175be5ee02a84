// Places to be filled in: `____`, "Backup size: `_____ GB`", "[Name]", Prettier's mangled `**\*\***\_\_\_**\*\***`.
import type { Blank } from '../plan/plan.ts'
import type { Source } from './decode.ts'
import { parseThresholds } from './thresholds.ts'

/** A run of underscores, escaped or with the asterisks that a formatter made of some of them. */
const MANGLED = /(?:\\?[_*]){3,}/g
const UNDERSCORES = /(?:\\?_){3,}/
/** Two underscores are a blank where a unit follows: `__%`. */
const SHORT = /(?<![_*\w\\])__(?=\s?(?:%|ms\b|s\b|MB\b|GB\b))/g
/** `[Name]`, `[TBD]` as the whole value behind a colon; not a link, not a box. */
const BRACKETS = /:[\s*]*(\[[A-Za-z][A-Za-z /_.-]{1,40}\])(?=\s*(?:$|[,;|]|\bDate\b))(?![([])/gm
const UNIT_BEHIND =
  /^\s?(%|[A-Za-z]+\/[A-Za-z]+|(?:ms|s|sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|h|days?|[KMGT]i?B|rules?|ops|rps|Mbps)\b)/
const TARGET = /\(?\b(?:target|goal|expected)\b:?\s*([^)|,]*)\)?/i

/** Where blanks stand in a piece of the text: start and end, in characters of the whole text. */
export function findBlankSpans(text: string, start: number, end: number): [number, number][] {
  const piece = text.slice(start, end)
  if (!/[_[]/.test(piece)) return []
  const spans: [number, number][] = []
  for (const match of piece.matchAll(MANGLED)) {
    const underscores = UNDERSCORES.exec(match[0])
    if (!underscores) continue
    const whole = /\\[*_]/.test(match[0]) && /\*/.test(match[0])
    const from = match.index + (whole ? 0 : underscores.index)
    spans.push([from, from + (whole ? match[0].length : underscores[0].length)])
  }
  for (const match of piece.matchAll(SHORT)) spans.push([match.index, match.index + 2])
  for (const match of piece.matchAll(BRACKETS)) {
    const at = match.index + match[0].length - (match[1]?.length ?? 0)
    spans.push([at, at + (match[1]?.length ?? 0)])
  }
  return spans.toSorted(([a], [b]) => a - b).map(([from, to]) => [start + from, start + to])
}

/** The blanks of a piece of the text, each with the words in front of it, its unit and its target. */
export function readBlanks(source: Source, start: number, end: number): Blank[] {
  const { text } = source
  const names = new Map<string, number>()
  let labelFrom = start
  return findBlankSpans(text, start, end).map(([from, to], index, spans) => {
    const label = labelIn(text.slice(labelFrom, from))
    const behind = text.slice(to, spans[index + 1]?.[0] ?? end)
    labelFrom = to
    return {
      name: uniqueName(blankName(label, text.slice(start, from)), names),
      label,
      unit: UNIT_BEHIND.exec(behind)?.[1] ?? null,
      target: readTarget(label, text.slice(start, from), behind),
      range: source.range(from, to),
    }
  })
}

/** "`_____ ms` (target: < 500ms)", "Target <1%, Actual: ____%": the bound the value is held against. */
function readTarget(label: string, before: string, behind: string): Blank['target'] {
  const stated = TARGET.exec(behind)?.[1] ?? TARGET.exec(before)?.[1]
  return stated ? (parseThresholds(`${label}: ${stated.trim()}`, { target: true })[0] ?? null) : null
}

function labelIn(words: string): string {
  return words
    .replace(/\[[ xX~]\]|[`*|☐□⬜☑]/g, ' ')
    .replace(/^\s*(?:[-+]|\d+[.)])\s/, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s,:.;)%]+|[\s:(]+$/g, '')
}

/** `date`, `time`, `signature` or `value`, by the words in front. */
function blankName(label: string, before: string): string {
  if (/\bdate\b/i.test(label)) return 'date'
  if (/\btime\b/i.test(label)) return 'time'
  if (
    /\bsign(?:ed|ature|-?off)\b|\b(?:lead|engineer|manager|owner|director|dba)\W*$/i.test(
      `${label} ${before.slice(-40)}`,
    )
  )
    return 'signature'
  return 'value'
}

/** `value`, then `value-2`, `value-3`. */
export function uniqueName(name: string, taken: Map<string, number>): string {
  const count = (taken.get(name) ?? 0) + 1
  taken.set(name, count)
  return count === 1 ? name : `${name}-${count}`
}
