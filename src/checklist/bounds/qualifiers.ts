// What stands around a bound: aggregate, window, "5 consecutive".
import { DURATION_UNIT, durationMs } from './durations.ts'
import { L } from './letters.ts'
import { OPERATOR } from './operators.ts'
import { readNumber } from './units.ts'

export interface Span {
  start: number
  end: number
}

const PERCENTILE = String.raw`\d{2}(?:\.\d+)?\s?(?:パーセンタイル|百分位|퍼센타일)値?|p\s?\d{2}(?:\.\d+)?(?:th)?|\d{2}(?:\.\d+)?(?:st|nd|rd|th)?[ -]?(?:percentile|%ile|pctl)|\d{2}(?:\.\d+)?%(?= of (?:the |all )?(?:requests|responses|calls|queries|pages?|operations|transactions)\b)`
/** Words that name an aggregate; "load average" is a measurement, "at peak load" a circumstance, "5 min" a time. */
const AGGREGATE = new RegExp(
  String.raw`(?<![A-Za-zÀ-ɏ\d])(?:${PERCENTILE}|(?<!load\s)(?:averaged?|avg\.?|mean)|median|(?<!of\s|\/)(?:peak|maximum|max|worst[- ]case)(?!\s+(?:load|hours?|traffic|times?|usage hours))|(?<!\d\s?|bare\s|of\s|\/)(?:minimum|min)|sum)(?![A-Za-zÀ-ɏ])|平均|평균|最大値?(?=[の一-鿿ァ-ヿ])|최대(?=\s?[가-힣])`,
  'gi',
)

/** Words further away speak of something else. */
const REACH = 60

/** The aggregate of a clause whose bound stands at `start` to `end` in it: the nearer one where two are named. */
export function readAggregate(clause: string, { start, end }: Span): string | null {
  const found = Array.from(clause.matchAll(AGGREGATE), (match) => ({ match, from: match.index }))
    // "max 100 connections": there the word is the operator; in "30+ minimum" too.
    .filter(({ match, from }) => from + match[0].length <= start || from >= end)
    .filter(
      ({ match, from }) =>
        !(/^min/i.test(match[0]) && clause.slice(end, from).trim() === '' && /\+|≥|>=/.test(clause.slice(start, end))),
    )
    .map(({ match, from }) => ({
      name: nameOf(match[0]),
      distance: from < start ? start - from - match[0].length : from - end,
    }))
  return found.filter(({ distance }) => distance <= REACH).toSorted((a, b) => a.distance - b.distance)[0]?.name ?? null
}

function nameOf(word: string): string {
  const rank = /\d{2}(?:\.\d+)?/.exec(word)
  if (rank) return `p${rank[0]}`
  if (/^median/i.test(word)) return 'p50'
  if (/^(?:av|mean|平均|평균)/i.test(word)) return 'avg'
  return /^min/i.test(word) ? 'min' : /^sum/i.test(word) ? 'sum' : 'max'
}

/** The words without the aggregates in them. */
export function withoutAggregates(words: string): string {
  return words.replace(AGGREGATE, ' ')
}

/** Where the aggregate ends that stands at the start of the words; 0 without one. */
export function leadingAggregate(words: string): number {
  const match = [...words.matchAll(AGGREGATE)][0]
  return match && /^[\s(]*(?:at\s+)?$/.test(words.slice(0, match.index)) ? match.index + match[0].length : 0
}

/** A stretch over which a bound is held. */
export interface Window extends Span {
  windowMs: number
  /** "for > 5 minutes": it states a bound by itself where there is no other. */
  compares: boolean
}

const IN_SUCCESSION = '(?:consecutive|successive|straight|continuous)'
const AMOUNT = String.raw`(\d+(?:\.\d+)?|two|three|five|ten)\+?[\s-]*(?:${IN_SUCCESSION}\s+)?`
const COMPARING = '>=?|≥|at least|more than|longer than|over|a minimum of|minimum|greater than'
const ANY = String.raw`(?:(?:the|last|past|first|next|previous|any|a|an|entire|full|whole|at|rolling|initial)\s+)*`
const WINDOW_FORMS: RegExp[] = [
  // "for 5 minutes", "for > 5 minutes", "over the last hour", "in the first hour", "lasting 10 min", "sustained 5 min"
  new RegExp(
    String.raw`(?<![${L}])(?:for|over|lasting|lasts?|persist(?:s|ing)?(?: for)?|sustained(?: for| over)?|throughout|during|across)\s+${ANY}(${COMPARING})?\s*${ANY}${AMOUNT}(${DURATION_UNIT})(?:\s+(?:window|period|interval|straight))?`,
    'gi',
  ),
  new RegExp(
    String.raw`(?<![${L}])(?:in|during|within|for|over|per|after|throughout)\s+(?:the\s+)?(?:first|last|past|initial|previous)()\s+(?:${AMOUNT})?(${DURATION_UNIT})`,
    'gi',
  ),
  new RegExp(
    String.raw`(?<![${L}])(?:for|over|in|per|within)\s+(?:an?|one|any)()\s+()(${DURATION_UNIT})(?:\s+(?:window|period))?`,
    'gi',
  ),
  // "5-minute average", "(5 min window)", "24-hour uptime"
  new RegExp(
    String.raw`(?<![${L}\d.-])()(\d+(?:\.\d+)?)[\s-]*(${DURATION_UNIT})[\s-]+(?=(?:rolling|moving|window|period|average|avg|mean|uptime|error|success|failure|availability|crash|response)(?![${L}]))(?:(?:rolling\s+)?(?:window|period))?`,
    'gi',
  ),
  new RegExp(String.raw`(?<![${L}])rolling()\s+(\d+)[\s-]?(${DURATION_UNIT})`, 'gi'),
  // "nos últimos 15 minutos", "por más de 5 minutos", "pendant 10 minutes", "в течение 5 минут"
  new RegExp(
    String.raw`(?<![${L}])(?:(?:(?:nos?|nas?|en)\s+(?:los\s+|las\s+)?[uú]ltim[oa]s|en|em|por|durante|pendant|während|für|за|в течение)\s+)(?:(?:los|las|les|[uú]ltim[oa]s|mais de|m[aá]s de|plus de|mehr als|derni[eè]res?|letzten|последни[ех]|более)\s+)*()(\d+)\s*(${DURATION_UNIT})`,
    'gi',
  ),
  // "5分間継続", "過去1時間", "10分以上続く", "1分間に", "持续5分钟", "5분간"
  /(?:過去|直近|最初の|连续|持续)?()(\d+)\s?(秒間|分間|時間|分钟|小时|분|시간)(?:以上)?(?:に(?!応|対|回|完)|の間|にわたり|あたり|連続|継続|続|동안|간)/g,
  /(?:過去|直近|最初の|过去|最近|连续|持续)()(\d+)\s?(秒間?|分間?|時間|日|分钟|小时|天)/g,
  /()(\d+)\s?(秒|分)(?:以上)?(?:連続|継続|続)/g,
  /()(\d+)\s?(分間)(?!以|で|待)/g,
  // "Queue size (24h): ...
  new RegExp(String.raw`\(()(\d+)[\s-]?(${DURATION_UNIT})\)(?=\s*:)`, 'gi'),
  new RegExp(String.raw`(?<![${L}])(?:first|last|past)()\s+(?:${AMOUNT})?(${DURATION_UNIT})(?=\s+[${L}])`, 'gi'),
]
/** Behind a bound only: "> 10 in 5 minutes", "3 failures within 10 min", ">10/5min", "> 5% (5 min)". */
const WINDOWS_BEHIND: RegExp[] = [
  new RegExp(
    String.raw`(?<![${L}])(?:in|within|per)\s+${ANY}()${AMOUNT}(${DURATION_UNIT})(?:\s+(?:window|period))?`,
    'gi',
  ),
  new RegExp(String.raw`\s?\/\s?()(\d+)\s?(${DURATION_UNIT})`, 'gi'),
  new RegExp(String.raw`\(\s*(>=?|≥)?\s*(\d+)[\s-]?(${DURATION_UNIT})\s*\)`, 'gi'),
]

const NAMES_TIME = new RegExp(
  String.raw`(?:\d\+?[\s-]*|\b(?:first|last|past|initial|previous|an?|one|any|consecutive|successive|straight|continuous) )${DURATION_UNIT}`,
  'i',
)
/** "< 1000 ms average": what stands behind an operator is the bound itself. */
const COMPARED = new RegExp(`${OPERATOR}\\s*$`, 'i')

/** The windows a text names, in order. `behind`: those that are ones only where a bound stands before them. */
export function readWindows(text: string): { windows: Window[]; behind: Window[] } {
  const all = (forms: RegExp[]): Window[] =>
    forms
      .flatMap((form) => Array.from(text.matchAll(form), toWindow))
      .filter(({ windowMs, start }) => windowMs >= 1000 && !COMPARED.test(text.slice(0, start)))
      .toSorted((a, b) => a.start - b.start)
  if (!NAMES_TIME.test(text)) return { windows: [], behind: [] }
  const windows = withoutOverlap(all(WINDOW_FORMS))
  return { windows, behind: all(WINDOWS_BEHIND).filter((one) => !windows.some((other) => overlaps(one, other))) }
}

function toWindow(match: RegExpExecArray): Window {
  const [whole, comparing, amount, unit = ''] = match
  const windowMs = durationMs(readNumber(amount || '1'), unit) ?? 0
  const stretch = /(?:window|period|interval)$/i.test(whole)
  // "For 10-minute recordings": a size, not a stretch.
  const sized = /\d-[a-z]/i.test(whole) && !stretch && /^for\b/i.test(whole)
  const compares = Boolean(comparing) || (/^over\b/i.test(whole) && !stretch) || /\d\+/.test(whole)
  return { start: match.index, end: match.index + whole.length, windowMs: sized ? 0 : windowMs, compares }
}

function withoutOverlap(windows: Window[]): Window[] {
  return windows.filter((window, index) => !windows.slice(0, index).some((other) => overlaps(window, other)))
}

function overlaps(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end
}

const COUNT = '(\\d+|two|three|four|five|six|ten)'
const COUNTS = ['', '', 'two', 'three', 'four', 'five', 'six', '', '', '', 'ten']
const IN_A_ROW = new RegExp(
  String.raw`${COUNT}\+?\s+(?:consecutive|successive|straight)(?!\s+(?:calendar\s+|business\s+)?${DURATION_UNIT})(?:\s+[${L}]+)?|${COUNT}\+?\s+(?:[${L}-]+\s+){0,3}in (?:a row|sequence|succession)|(?<![${L}])consecutive\W+(\d+)|(\d+)\s?回(?:以上)?連続|連続(?:して|で)?\s?(\d+)\s?回`,
  'gi',
)

/** "5 consecutive", "3 times in a row": how often, and where it stands. */
export function readConsecutive(text: string): (Span & { consecutive: number })[] {
  if (!/row|sequence|succession|consecutive|successive|straight|連続/i.test(text)) return []
  return Array.from(text.matchAll(IN_A_ROW), (match) => {
    const word = (match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5] ?? '').toLowerCase()
    const consecutive = /\d/.test(word) ? Number(word) : COUNTS.indexOf(word)
    return { start: match.index, end: match.index + match[0].length, consecutive }
  })
}
