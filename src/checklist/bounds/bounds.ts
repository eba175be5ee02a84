// Where bounds stand in a text: operator and quantity, suffix plus, range, zero, full, change, or a bare target.
import { asMoney, makeBound, MONEY, spanOfMatch, withoutOverlaps, type Bound } from './bound.ts'
import { L, SPACED } from './letters.ts'
import { OPERATOR, oppositeOf, readOperator, readSuffix, SUFFIX } from './operators.ts'
import { BASELINE, readChange } from './relations.ts'
import { findStatedTargets, findTargets, SHARE_OF_TRAFFIC } from './target-bounds.ts'
import { NUMBER, NUMBER_WORD, UNIT } from './units.ts'
import { findVersionBounds } from './version-bounds.ts'
import { findZeroBounds } from './zero-bounds.ts'

const FILLER = String.raw`(?:(?:approximately|approx\.?|about|around|of|the next|next|the|a|an|to|~|≈|\+(?=\d))\s*)?`
const OPERATED = new RegExp(
  String.raw`(${OPERATOR}):?\s*${FILLER}((?:${BASELINE}|stable|control|previous)(?:\s+p\d{2})?\s*\+\s*)?(${MONEY})?(${NUMBER}|${NUMBER_WORD})(?:\s*([x×]|times)(?![${L}\d])|\s*-?(${UNIT}))?`,
  'gi',
)
/** Units that only count: "60fps+", "375px+". */
const COUNTING_UNIT = '(?:px|fps|pt|rem|em|pp)'
const PLUS = new RegExp(
  String.raw`(?<![${L}\d.$#/:+-])(?<!\b(?:phase|step|day|week|stage|part|level|tier|page|sprint)\s)(${MONEY})?(${NUMBER})(?:\s?(${UNIT})|\s?${COUNTING_UNIT})?\+(?![\d${L}])(?:\s*(${UNIT}))?`,
  'gi',
)
/** What is written on a number that counts things: "10개", "3個". */
const COUNTER = '[개종명회건個个件名台人条次位回点本行]'
const BEHIND = new RegExp(
  String.raw`(?<![${SPACED}\d.-])(${MONEY})?(${NUMBER}|${NUMBER_WORD})(?:\s*(${UNIT})|${COUNTER}|(倍))?([\s)]+(?!or\b|and\b)[${SPACED}가-힣ァ-ヿ]+|[ァ-ヿ]{2,12})?,?\s*(${SUFFIX})`,
  'gi',
)
const RANGE = new RegExp(
  String.raw`(?<![${L}\d.-])(between\s+|range(?: of)?:?\s+|from\s+)?(${NUMBER})(?:\s*(${UNIT}))?\s*(?:-|–|—|~|\bto\b|\band\b)\s*(${NUMBER})(?:\s*(${UNIT}))?(\+)?(?!\d)`,
  'gi',
)
/** The forms a bound takes, the stronger first, each with a cheap sign that it may be there at all. */
const FORMS: [RegExp, (text: string) => (Bound | null)[]][] = [
  [/[+<>≤≥=]|以上|이상|\b(?:or|and|than|least|most|above|below|over|min\w*)\b/i, findVersionBounds],
  [/\d\D{0,20}?(?:[-–—~]|to|and)\s*\d/i, (text) => Array.from(text.matchAll(RANGE), (match) => ranged(match, false))],
  [
    /\bby\b|\bof\b|\d\s*[x×]|baseline|±|\+\/-|\btimes\b|doubl|twice|tripl|%.{0,20}\b(?:above|over|below|under|than)\b|\b(?:target|goal)\b.*%/is,
    readChange,
  ],
  [
    /[<>≤≥≠=]|\b(?:than|least|most|above|below|under|beneath|over|exceed|beyond|past|within|capped|excess|surpass|not|max|min|up to|sub-)|[^\x20-\x7e]|\b(?:menos|m[aá]s|unter|weniger|mehr|mindestens|maximal|plus|moins|au |inf|sup|may|men|abaixo|acima|por)/i,
    (text) => Array.from(text.matchAll(OPERATED), (match) => [operated(match), ...listed(match)]).flat(),
  ],
  [/\d\D{0,20}?\+/, (text) => Array.from(text.matchAll(PLUS), plus)],
  [/\b(?:or|and|min|max|at)|[^\x20-\x7e]/i, (text) => Array.from(text.matchAll(BEHIND), behind)],
  [
    /\b(?:no|zero|0|100|nenhuma?|ning[uú]na?|aucune?|keine?n?|nessun[oa]?)\b|нет|ноль|[无無零]|没有|없음|なし|ない|ゼロ/i,
    findZeroBounds,
  ],
  [/target|goal|objective|threshold|порог|slo|sla|requir|needed|max|min|99/i, findStatedTargets],
]

/** Every bound of the text, in order, none overlapping another. `target`: a bare quantity behind the colon is one too. */
export function findBounds(text: string, { target = false }: { target?: boolean }): Bound[] {
  // Most items state no figure at all.
  if (!STATES_NUMBER.test(text)) return []
  const found = FORMS.flatMap(([sign, find]) => (sign.test(text) ? find(text) : []))
  const targets = target
    ? [...Array.from(text.matchAll(RANGE), (match) => ranged(match, true)), ...findTargets(text)]
    : []
  return withoutOverlaps([...found, ...targets].filter((bound) => bound !== null))
}

/** A figure, or a word that is one. */
export const STATES_NUMBER =
  /\d|\b(?:no|none|nil|zero|one|two|three|twice|doubl\w+|tripl\w+|nenhuma?|ning[uú]na?|aucune?|keine?n?|nessun[oa]?)\b|хотя бы|нет|[无無零]|没有|없음|なし|ない|ゼロ/i

function operated(match: RegExpExecArray): Bound | null {
  const [, word = '', baseline, money, number = '', factor, unit] = match
  const before = match.input.slice(0, match.index)
  const operator = readOperator(word, before)
  const symbol = /^[<>≤≥=≠!]/.test(word)
  // `==` of code or of a heading line is not said of a number by people; "2 > 1" neither.
  if (!operator || (symbol && /(?:^|[\s(])[\d.,]+\s?$/.test(before) && !/[%a-z]\s?\d*\s?$/i.test(before))) return null
  const bound = inContext(
    makeBound(spanOfMatch(match), symbol ? 'symbol' : 'word', operator, number, unit),
    match,
    number,
  )
  if (money) return asMoney(bound, number, money)
  if (/^within$/i.test(word) && !isAllowedWithin(bound) && !/\bexpir\w*\s+$/i.test(before)) return null
  // "burn rate < 1x": a factor only of what can be so many times as much.
  if (factor && !/^times$/i.test(factor)) return bound.value > 1 && !/\bburn/i.test(before) ? asFactor(bound) : bound
  if (factor && new RegExp(`^\\s*(?:the\\s+)?${BASELINE}`, 'i').test(match.input.slice(bound.end)))
    return asFactor(bound)
  // "> +50%": more than before.
  if (baseline || (bound.unit === 'percent' && /[<>≤≥=]\s*\+/.test(match[0])))
    return { ...bound, relativeTo: 'baseline' }
  // "no CVEs > 7.0": what must not be.
  if (/\b(?:no|zero)\s+(?:(?:\([\w/-]+\)|[\w/-]+)\s+){1,5}$/i.test(before))
    return { ...bound, operator: oppositeOf(operator) }
  return bound
}

/** "4 GB RAM", "2 cores": what machines are asked to have. */
const RESOURCE = new RegExp(
  String.raw`^\s{0,2}(?:[${L}-]{1,20}\s){0,2}[${L}-]{1,20}\s{0,2}(?:,\s*(?:and\s+)?|\+\s+|and\s+)(?=(${NUMBER})(?:\s*(${UNIT}))?\s*(?:v?cpus?|cores?|ram|memory|disk|storage|ssd|swap)(?![${L}]))`,
  'i',
)
const RESOURCES_MAX = 4

/** "Minimum 2 cores, 4 GB RAM": the word that compares is said once for all that is listed. */
function listed(match: RegExpExecArray): Bound[] {
  const [whole, word = ''] = match
  if (!/^(?:min|at least)/i.test(word)) return []
  const bounds: Bound[] = []
  let at = match.index + whole.length
  while (bounds.length < RESOURCES_MAX) {
    const next = RESOURCE.exec(match.input.slice(at))
    if (!next) break
    const [lead, number = '', unit] = next
    const start = at + lead.length
    const end =
      start + number.length + (unit ? match.input.slice(start + number.length).indexOf(unit) + unit.length : 0)
    bounds.push(makeBound({ start, end }, 'word', '>=', number, unit))
    at = end
  }
  return bounds
}

/** "> 3x": so many percent above. */
function asFactor(bound: Bound): Bound {
  return { ...bound, value: Math.round((bound.value - 1) * 100 * 1e9) / 1e9, unit: 'percent', relativeTo: 'baseline' }
}

/** "Within 24 hours" is a deadline, "within 2 seconds" and "within 10% of baseline" are bounds. */
function isAllowedWithin({ unit, value }: Bound): boolean {
  return unit === 'ms' ? value < 60_000 : unit === 'percent' || unit === 'bytes'
}

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

/** What a value is so many times of: "通常時の3倍". */
const USUAL = /(?:通常|平常|平時|正常|ベースライン|基準)[時値]?の?\s*$/
/** "同時接続数 100 ユーザー以上": what is counted stands in front already. */
const NAMED_BEFORE = /[数率量][がはをも:：]?\s*$/

function behind(match: RegExpExecArray): Bound | null {
  const [, money, number = '', unit, factor, noun, suffix = ''] = match
  if (/^min$/i.test(suffix) && unit === undefined) return null
  const span = spanOfMatch(match)
  const bound = makeBound(span, 'suffix', readSuffix(suffix, false), number, unit)
  // "24時間以内" is a deadline.
  if (/以内|이내/.test(suffix) && bound.unit === 'ms' && !isAllowedWithin(bound)) return null
  if (factor && USUAL.test(match.input.slice(0, match.index))) return asFactor(bound)
  const operator = readSuffix(suffix, bound.unit === 'ms')
  const named = NAMED_BEFORE.test(match.input.slice(0, match.index))
  const subject = unit === undefined && noun && !named ? noun : null
  return money ? asMoney({ ...bound, operator }, number, money) : { ...bound, operator, subject }
}

/** What was said already by its operator, and what is only guessed. */
const NO_RANGE = /(?:[<>≤≥]|\b(?:estimated?|estimating|roughly|approximately|approx\.?|saves?|saving))\s*$/i

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
  if (low.value >= high.value || SHARE_OF_TRAFFIC.test(behindIt) || NO_RANGE.test(before)) return null
  return open ? { ...low, operator: '>=' } : { ...low, valueMax: high.value }
}
