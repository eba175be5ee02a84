// Where bounds stand in a text: operator and quantity, suffix plus, range, zero, full, change, or a bare target.
import { makeBound, spanOfMatch, withoutOverlaps, type Bound } from './bound.ts'
import { L } from './letters.ts'
import { OPERATOR, oppositeOf, readOperator, readSuffix, SUFFIX } from './operators.ts'
import { BASELINE, readChange } from './relations.ts'
import { NUMBER, NUMBER_WORD, readNumber, UNIT } from './units.ts'
import { findVersionBounds } from './version-bounds.ts'
import { findZeroBounds } from './zero-bounds.ts'

const MONEY = '[$€£¥]'
const FILLER = String.raw`(?:(?:approximately|approx\.?|about|around|of|the|a|an|to|~|≈)\s*)?`
const OPERATED = new RegExp(
  String.raw`(${OPERATOR}):?\s*${FILLER}(${BASELINE}\s*\+\s*)?(${MONEY})?(${NUMBER}|${NUMBER_WORD})(?:\s*([x×]|times)(?![${L}])|\s*-?(${UNIT}))?`,
  'gi',
)
const PLUS = new RegExp(
  String.raw`(?<![${L}\d.$#/:+-])(?<!\b(?:phase|step|day|week|stage|part|level|tier|page|sprint)\s)(${MONEY})?(${NUMBER})(?:\s?(${UNIT}))?\+(?![\d${L}])(?:\s*(${UNIT}))?`,
  'gi',
)
const BEHIND = new RegExp(
  String.raw`(?<![${L}\d.-])(${MONEY})?(${NUMBER}|${NUMBER_WORD})(?:\s*(${UNIT}))?([\s)]+(?!or\b|and\b)[${L}]+)?,?\s*(${SUFFIX})`,
  'gi',
)
const RANGE = new RegExp(
  String.raw`(?<![${L}\d.-])(between\s+|range(?: of)?:?\s+|from\s+)?(${NUMBER})(?:\s*(${UNIT}))?\s*(?:-|–|—|~|\bto\b|\band\b)\s*(${NUMBER})(?:\s*(${UNIT}))?(\+)?(?!\d)`,
  'gi',
)
const BARE_TARGET = new RegExp(String.raw`:\s*(${MONEY})?(${NUMBER})(?:\s*(${UNIT}))?(?=\s*(?:$|[(,;]|[${L}]))`, 'gi')
const STATED_TARGET = new RegExp(
  String.raw`(?<![${L}])(?:target(?:ed|ing)?|goal|objective)(?:\s+(?:is|of))?[\s:=]*(${MONEY})?(${NUMBER})(?:\s*(${UNIT}))?`,
  'gi',
)
/** "Coverage threshold: 80%": what is to be reached of a thing of which more is better. */
const REACHED = new RegExp(
  String.raw`(?<![${L}])(?:thresholds?|порог|slos?|slas?|requirements?|required|needed)(?![${L}])[^\d<>≤≥=%]{0,60}?()(${NUMBER})\s*(%)`,
  'gi',
)
const MORE_IS_BETTER = /\b(?:coverage|uptime|availability|success|hit r\w+|cobertura|abdeckung)|покрыти/i
const LESS_IS_BETTER =
  /\b(?:errors?|fail\w*|latency|loss|cpu|memory|disk|usage|utili[sz]ation|drop|reject\w*|timeouts?|abandon\w*|churn|bounce|5xx|4xx|lag|overhead|downtime|crash\w*|restarts?|queue|backlog|cost)\b/i
const SHARE_OF_TRAFFIC =
  /^\s*(?:of\s+)?(?:the\s+)?(?:all\s+)?(?:live\s+|production\s+)?(?:traffic|users|requests|rollout|customers|canary)\b/i

/** The forms a bound takes, the stronger first, each with a cheap sign that it may be there at all. */
const FORMS: [RegExp, (text: string) => (Bound | null)[]][] = [
  [/[+<>≤≥=]|\b(?:or|and|than|least|most|above|below|over|min\w*)\b/i, findVersionBounds],
  [/\d\D{0,20}?(?:[-–—~]|to|and)\s*\d/i, (text) => Array.from(text.matchAll(RANGE), (match) => ranged(match, false))],
  [
    /\bby\b|\bof\b|\d\s*[x×]|baseline|±|\+\/-|\btimes\b|doubl|twice|tripl|%.{0,20}\b(?:above|over|below|under|than)\b|\b(?:target|goal)\b.*%/is,
    readChange,
  ],
  [
    /[<>≤≥≠=]|\b(?:than|least|most|above|below|under|beneath|over|exceed|beyond|past|within|capped|excess|surpass|not|max|min|up to|sub-)|[^\x20-\x7e]|\b(?:menos|m[aá]s|unter|weniger|mehr|mindestens|maximal|plus|moins|au |inf|sup|may|men|abaixo|acima|por)/i,
    (text) => Array.from(text.matchAll(OPERATED), operated),
  ],
  [/\d\D{0,20}?\+/, (text) => Array.from(text.matchAll(PLUS), plus)],
  [/\b(?:or|and|min|max|at)|[^\x20-\x7e]/i, (text) => Array.from(text.matchAll(BEHIND), behind)],
  [/\b(?:no|zero|0|100)\b|нет|ноль/i, findZeroBounds],
  [/target|goal|objective/i, (text) => Array.from(text.matchAll(STATED_TARGET), bare)],
  [/threshold|порог|slo|sla|requir|needed/i, (text) => Array.from(text.matchAll(REACHED), reached)],
]

/** Every bound of the text, in order, none overlapping another. `target`: a bare quantity behind the colon is one too. */
export function findBounds(text: string, { target = false }: { target?: boolean }): Bound[] {
  // Most items state no figure at all.
  if (!STATES_NUMBER.test(text)) return []
  const found = FORMS.flatMap(([sign, find]) => (sign.test(text) ? find(text) : []))
  const targets = target
    ? [...text.matchAll(RANGE)].map((match) => ranged(match, true)).concat(Array.from(text.matchAll(BARE_TARGET), bare))
    : []
  return withoutOverlaps([...found, ...targets].filter((bound) => bound !== null))
}

/** A figure, or a word that is one. */
export const STATES_NUMBER = /\d|\b(?:no|zero|one|two|three|twice|doubl\w+|tripl\w+)\b|хотя бы|нет/i

function operated(match: RegExpExecArray): Bound | null {
  const [, word = '', baseline, money, number = '', factor, unit] = match
  const before = match.input.slice(0, match.index)
  const operator = readOperator(word, before)
  const symbol = /^[<>≤≥=≠!]/.test(word)
  // `==` of code or of a heading line is not said of a number by people; "2 > 1" neither.
  if (!operator || (symbol && /\d\s?$/.test(before) && !/[%a-z]\s?\d*\s?$/i.test(before))) return null
  const bound = inContext(
    makeBound(spanOfMatch(match), symbol ? 'symbol' : 'word', operator, number, unit),
    match,
    number,
  )
  if (money) return asMoney(bound, number, money)
  if (/^within$/i.test(word) && !isAllowedWithin(bound)) return null
  // "burn rate < 1x": a factor only of what can be so many times as much.
  if (factor && !/^times$/i.test(factor))
    return bound.value > 1 && !/burn[ -]rate/i.test(before) ? asFactor(bound) : bound
  if (factor)
    return new RegExp(`^\\s*(?:the\\s+)?${BASELINE}`, 'i').test(match.input.slice(bound.end)) ? asFactor(bound) : bound
  if (baseline) return { ...bound, relativeTo: 'baseline' }
  // "no CVEs > 7.0": what must not be.
  if (/\b(?:no|zero)\s+(?:[\w/-]+\s+){1,3}$/i.test(before)) return { ...bound, operator: oppositeOf(operator) }
  return bound
}

/** "> 3x": so many percent above. */
function asFactor(bound: Bound): Bound {
  return { ...bound, value: Math.round((bound.value - 1) * 100 * 1e9) / 1e9, unit: 'percent', relativeTo: 'baseline' }
}

/** "Within 24 hours" is a deadline, "within 2 seconds" and "within 10% of baseline" are bounds. */
function isAllowedWithin({ unit, value }: Bound): boolean {
  return unit === 'ms' ? value < 60_000 : unit === 'percent' || unit === 'bytes'
}

/** An amount stays what the document says, by the month or not. */
function asMoney(bound: Bound, number: string, sign: string): Bound {
  return { ...bound, value: readNumber(number), unit: MONEY_UNITS[sign] ?? 'money' }
}

const MONEY_UNITS: Record<string, string> = { $: 'usd', '€': 'eur', '£': 'gbp', '¥': 'jpy' }
const DISTANCE = /\b(?:gps|distance|radius|accuracy|proximity|geo-?fenc\w+|location|altitude|range)\b/i
const SPACE = /\b(?:memory|ram|heap|disk|storage|space|volume|swap|rss|size)\b/i

/** Letters that mean one thing or another by what is measured: `100m` of distance, `512M` of memory. */
function inContext(bound: Bound, match: RegExpExecArray, number: string): Bound {
  const before = match.input.slice(0, match.index)
  const last = match[0].trimEnd()
  if (bound.unit === 'ms' && /\dm$/.test(last) && DISTANCE.test(before))
    return { ...bound, value: bound.value / 60_000, unit: 'count' }
  if (bound.unit === 'count' && number.endsWith('M') && SPACE.test(before))
    return { ...bound, value: (bound.value / 1e6) * 1024 ** 2, unit: 'bytes' }
  return bound
}

function plus(match: RegExpExecArray): Bound | null {
  const [, money, number = '', unit, unitBehind] = match
  const bound = makeBound(spanOfMatch(match), 'plus', '>=', number, unit ?? unitBehind)
  return money ? asMoney(bound, number, money) : bound
}

function behind(match: RegExpExecArray): Bound | null {
  const [, money, number = '', unit, noun, suffix = ''] = match
  if (/^min$/i.test(suffix) && unit === undefined) return null
  const span = spanOfMatch(match)
  const bound = makeBound(span, 'suffix', readSuffix(suffix, false), number, unit)
  const operator = readSuffix(suffix, bound.unit === 'ms')
  const subject = unit === undefined && noun ? noun : null
  return money ? asMoney({ ...bound, operator }, number, money) : { ...bound, operator, subject }
}

/** From one number to another. Stretches of time ("5-10 minutes") and plain counts are bounds only where the words say so. */
function ranged(match: RegExpExecArray, target: boolean): Bound | null {
  const [, between, from = '', firstUnit, to = '', lastUnit, open] = match
  const unit = lastUnit ?? firstUnit
  const joined = /\band\b/i.test(match[0].slice((between ?? '').length))
  if (joined && !/^between/i.test(between ?? '')) return null
  const low = makeBound(spanOfMatch(match), 'range', 'between', from, firstUnit ?? unit)
  const high = makeBound(low, 'range', 'between', to, unit)
  const behindIt = match.input.slice(low.end)
  const before = match.input.slice(0, match.index)
  const said = target || /^(?:between|range)/i.test(between ?? '') || (low.unit === 'ms' && unit?.endsWith('ms'))
  if (low.unit !== 'percent' && !(said && (unit !== undefined || /^between/i.test(between ?? '') || target)))
    return null
  if (low.value >= high.value || SHARE_OF_TRAFFIC.test(behindIt) || /[<>≤≥]\s*$/.test(before)) return null
  return open ? { ...low, operator: '>=' } : { ...low, valueMax: high.value }
}

function reached(match: RegExpExecArray): Bound | null {
  const near = match.input.slice(Math.max(0, match.index - 40), match.index + match[0].length + 20)
  return MORE_IS_BETTER.test(near) ? bare(match) : null
}

/** A target without an operator: rates are to be reached, times not exceeded, zero and shares met. */
function bare(match: RegExpExecArray): Bound | null {
  const [, money, number = '', unit] = match
  const start = match.index + match[0].search(/[$€£¥\d]/)
  const bound = makeBound({ start, end: spanOfMatch(match).end }, 'target', '==', number, unit)
  if (SHARE_OF_TRAFFIC.test(match.input.slice(bound.end))) return null
  const exact = bound.value === 0 || (bound.unit === 'percent' && bound.value === 100)
  const more = bound.unit === 'per-second' || bound.unit === 'bytes-per-second' || bound.unit === 'percent'
  const less = bound.unit === 'ms' || LESS_IS_BETTER.test(match.input.slice(0, start))
  const operator = exact ? '==' : less ? '<=' : more ? '>=' : '=='
  return money ? asMoney({ ...bound, operator }, number, money) : { ...bound, operator }
}
