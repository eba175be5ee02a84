// Places to be filled in: `____`, "Backup size: `_____ GB`", "[Name]", Prettier's mangled `**\*\***\_\_\_**\*\***`.
import type { Blank } from '../../plan/plan.ts'
import { findBlankSpans } from './blank-spans.ts'
import type { Source } from '../markdown/decode.ts'
import { slug } from './identity.ts'
import { parseThresholds } from '../bounds/thresholds.ts'
import { toQuantity } from '../bounds/units.ts'

/** The unit right behind a blank. */
export const UNIT_BEHIND =
  /^\s?(%|[A-Za-z]+\/[A-Za-z]+|(?:ms|s|sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|h|days?|[KMGT]i?B|rules?|ops|rps|Mbps)\b)/
const UNIT_IN_LABEL = /\((%|ms|s|sec|seconds|min|minutes|hours|h|days|[KMGT]i?B|rps|req\/s|ops\/s|Mbps|count)\)\s*$/i
/** How far from a blank its target is looked for. */
const NEAR_CHARACTERS = 160
const TARGET =
  /\(?\b(?:target|goal|expected|should be|must be|threshold|limit|slo|sla)\b:?\s*((?:[^)|,]|,(?=\d{3}))*)\)?|^[\s`*%a-zA-Z/]{0,14}\(\s*((?:[<>≤≥]|max\b|min\b|at (?:most|least)\b)[^)]*)\)/i

/** The blanks of a piece of the text, each with the words in front of it, its unit and its target. */
export function readBlanks(source: Source, start: number, end: number): Blank[] {
  const { text } = source
  const names = new Map<string, number>()
  let labelFrom = start
  return findBlankSpans(text, start, end).map(([from, to], index, spans) => {
    const label = labelIn(text.slice(labelFrom, from))
    const behind = text.slice(to, spans[index + 1]?.[0] ?? end)
    labelFrom = to
    const unit =
      UNIT_BEHIND.exec(behind)?.[1] ??
      /[$€£¥](?=\s?$)/.exec(text.slice(start, from))?.[0] ??
      UNIT_IN_LABEL.exec(label)?.[1] ??
      null
    return {
      name: uniqueName(
        unit === null
          ? blankName(label, text.slice(start, from), spans.length > 1)
          : measuredName(label, spans.length > 1),
        names,
      ),
      label,
      unit,
      target: readTarget(label, unit, text.slice(start, from), behind),
      range: source.range(from, to),
    }
  })
}

/** "`_____ ms` (target: < 500)", "Target <1%, Actual: ____%": the bound the value is held against, in the blank's unit where it has none. */
function readTarget(label: string, unit: string | null, before: string, behind: string): Blank['target'] {
  const match = TARGET.exec(behind.slice(0, NEAR_CHARACTERS)) ?? TARGET.exec(before.slice(-NEAR_CHARACTERS))
  const stated = match?.[1] ?? match?.[2]
  if (!stated) return null
  const target = parseThresholds(`${label}: ${stated.trim()}`, { target: true })[0] ?? null
  if (target === null || target.unit !== 'count' || target.value === null || unit === null || !/^[%a-z/]+$/i.test(unit))
    return target
  const quantity = toQuantity(target.value, unit)
  return quantity.value === target.value && quantity.unit === 'per-second' && !/\/|ps$/i.test(unit)
    ? target
    : { ...target, ...quantity }
}

function labelIn(words: string): string {
  return words
    .replace(/\[[ xX~]\]|[`*|☐□⬜☑]/g, ' ')
    .replace(/^\s*(?:[-+]|\d+[.)])\s/, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s,:.;()%]+|[\s:：($€£¥]+$/g, '')
}

/** Fields that are named as they are. */
const NAMED = /\b(name|title|role|initials|version|environment|duration|result|status|email|phone|count)\W*$/i

/** `date`, `time`, `signature`, or else `value`; by the words in front where several stand in a line. */
function blankName(label: string, before: string, several: boolean): string {
  if (/\bdate\b/i.test(label)) return 'date'
  if (/\btime\b/i.test(label)) return 'time'
  if (
    /\bsign(?:ed|ature|-?off)\b|\b(?:lead|engineer|manager|owner|director|dba)\W*$/i.test(
      `${label} ${before.slice(-40)}`,
    )
  )
    return 'signature'
  if (!several) return 'value'
  return NAMED.exec(label)?.[1]?.toLowerCase() ?? lastWords(label)
}

/** What has a unit is a figure, also where it is a time that something took. */
function measuredName(label: string, several: boolean): string {
  return several ? lastWords(label) : 'value'
}

function lastWords(label: string): string {
  const words = label.split(/[:,;]/).at(-1) ?? ''
  return /[\p{L}\p{N}]/u.test(words) ? slug(words, 3) : 'value'
}

/** `value`, then `value-2`, `value-3`. */
export function uniqueName(name: string, taken: Map<string, number>): string {
  const count = (taken.get(name) ?? 0) + 1
  taken.set(name, count)
  return count === 1 ? name : `${name}-${count}`
}
