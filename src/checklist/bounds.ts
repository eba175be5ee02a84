// Where a bound stands in a text: operator and quantity, suffix plus, range, zero, or a bare target.
import type { Operator, Unit } from '../plan/threshold.ts'
import { NUMBER, readNumber, toQuantity, UNIT } from './units.ts'

export interface Bound {
  start: number
  end: number
  operator: Operator
  value: number
  valueMax: number | null
  unit: Unit
  windowMs: number | null
  /** "3x baseline": the number is a factor. */
  factor: boolean
  /** Words that name the thing where they stand behind ("no critical alerts"), else null. */
  subject: string | null
}

const SYMBOLS: Record<string, Operator> = {
  '<': '<',
  '>': '>',
  '≤': '<=',
  '≥': '>=',
  '<=': '<=',
  '>=': '>=',
  '=<': '<=',
  '=>': '>=',
  '==': '==',
}
const OPPOSITE: Partial<Record<Operator, Operator>> = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' }
const WORDS: [RegExp, Operator][] = [
  [
    /^(?:not? (?:to )?exceed(?:ing)?|no more than|at most|not above|not more than|max(?:imum)?(?: of)?|up to|within|no longer than)$/i,
    '<=',
  ],
  [/^(?:at least|min(?:imum)?(?: of)?|no less than|not below|no fewer than)$/i, '>='],
  [/^(?:less than|below|under|fewer than|lower than|shorter than|drops? below|falls? below)$/i, '<'],
  [/^(?:greater than|more than|above|over|exceeds?|exceeding|higher than|longer than|rises? above|goes above)$/i, '>'],
]
const WORD_OPERATOR =
  'not? (?:to )?exceed(?:ing)?|no more than|at most|not above|not more than|no longer than|max(?:imum)?(?: of)?|up to|within|' +
  'at least|min(?:imum)?(?: of)?|no less than|not below|no fewer than|' +
  'less than|fewer than|lower than|shorter than|drops? below|falls? below|below|under|' +
  'greater than|more than|higher than|longer than|rises? above|goes above|above|over|exceeds?|exceeding'

const BASELINE = String.raw`(?:(?:the )?(?:baseline|normal|previous(?: version)?)\s*\+\s*)?`
const OPERATED = new RegExp(
  String.raw`(<=|>=|=<|=>|==|[<>≤≥]|\b(?:${WORD_OPERATOR})\b)\s*(?:of\s+)?(?:v(?=\d))?${BASELINE}(${NUMBER})(?:\s*(x)\b|\s*(${UNIT}))?`,
  'gi',
)
const PLUS = new RegExp(
  String.raw`(?<![\w.$#/:-])(TLS\s*|v)?(${NUMBER})(?:\s?(%|GB|MB))?\+(?!\d)(?:\s*(${UNIT}))?`,
  'gi',
)
const AT_LEAST_BEHIND = new RegExp(
  String.raw`(?<![\w.])(${NUMBER})\s*(${UNIT})?\s+(or (?:more|higher|greater|better|above)|minimum|or (?:less|fewer|lower|below)|max(?:imum)?)\b`,
  'gi',
)
const RANGE = new RegExp(
  String.raw`(?<![\w.-])(between\s+)?(${NUMBER})\s*%?\s*(?:-|–|—|\bto\b|\band\b)\s*(${NUMBER})\s*(%)`,
  'gi',
)
const ZERO_NOUN =
  '(?:errors?|warnings?|alerts?|issues?|vulnerabilit(?:y|ies)|crash(?:es)?|failures?|leaks?|loss(?:es)?|incidents?|conflicts?|' +
  'relationships?|tickets?|complaints?|restarts?|exceptions?|duplicates?|orphans?|downtime|secrets?|CVEs|regressions?|corruption|escalations?|spikes?|' +
  '(?:critical(?:/high)?|high)(?=\\s*(?:$|[,;.)])))'
const ZERO = new RegExp(
  String.raw`(?<![\w.<>=≤≥])(?<![<>=≤≥]\s)\b(zero|0|no)\s+((?:[\w/.#-]+\s+){0,3}${ZERO_NOUN})\b(?!\s*[<>≤≥]|\s+handling)`,
  'gi',
)
const ZERO_VALUE = /:\s*(0)(?=\s*(?:$|[(,;]))/g
const FULL =
  /(?:\b(?:pass(?:es|ed|ing)?|complete|success(?:ful)?|uptime|rate|coverage)\b[^\d\n]{0,12}|:\s*)(100\s*%)(?!\s*(?:traffic|of traffic|rollout))/gi
const BARE_TARGET = new RegExp(String.raw`:\s*(${NUMBER})(?:\s*(${UNIT}))?\s*$`, 'gi')
const STATED_TARGET = new RegExp(String.raw`\b(?:target|goal)\b:?\s*(${NUMBER})(?:\s*(${UNIT}))?`, 'gi')

/** Every bound of the text, in order, none overlapping another. `target`: a bare quantity behind the colon is one too. */
export function findBounds(text: string, { target = false }: { target?: boolean }): Bound[] {
  // Most items state no figure at all.
  if (!/\d|\b(?:no|zero)\b/i.test(text)) return []
  const found = [
    ...Array.from(text.matchAll(OPERATED), operated),
    ...Array.from(text.matchAll(RANGE), ranged),
    ...Array.from(text.matchAll(PLUS), plus),
    ...Array.from(text.matchAll(AT_LEAST_BEHIND), behind),
    ...Array.from(text.matchAll(ZERO), zero),
    ...Array.from(text.matchAll(ZERO_VALUE), (match) => exact(match, 0, '')),
    ...Array.from(text.matchAll(FULL), (match) => exact(match, 100, '%')),
    ...Array.from(text.matchAll(STATED_TARGET), bare),
    ...(target ? Array.from(text.matchAll(BARE_TARGET), bare) : []),
  ].filter((bound) => bound !== null)
  const kept: Bound[] = []
  for (const bound of found)
    if (!kept.some((other) => bound.start < other.end && other.start < bound.end)) kept.push(bound)
  return kept.toSorted((a, b) => a.start - b.start)
}

type Match = RegExpExecArray

function make(match: Match, operator: Operator, number: string, unit: string | undefined): Bound {
  const quantity = toQuantity(readNumber(number), unit)
  const { index: start } = match
  return {
    ...quantity,
    start,
    end: start + match[0].trimEnd().length,
    operator,
    valueMax: null,
    factor: false,
    subject: null,
  }
}

function operated(match: Match): Bound | null {
  const word = match[1] ?? ''
  const operator = SYMBOLS[word] ?? WORDS.find(([pattern]) => pattern.test(word))?.[1]
  if (!operator) return null
  const bound = make(match, operator, match[2] ?? '', match[4])
  if (/^within$/i.test(word)) return withinBound(match, bound)
  // "no CVEs > 7.0": what must not be.
  if (/\b(?:no|zero|without)\s+(?:[\w/-]+\s+){1,3}$/i.test(match.input.slice(0, match.index)))
    return { ...bound, operator: OPPOSITE[operator] ?? operator }
  if (match[3]) return { ...bound, factor: true }
  return /v$|v\s*$/i.test(match[0].slice(word.length, word.length + 2)) ? { ...bound, unit: 'version' } : bound
}

/** "Within 24 hours" is a deadline, "within 2 seconds" a bound, "within 10% of baseline" a range about it. */
function withinBound(match: Match, bound: Bound): Bound | null {
  if (bound.unit === 'percent') {
    const relative = /^\s*of\b/i.test(match.input.slice(bound.end))
    return relative ? { ...bound, operator: 'between', value: -bound.value, valueMax: bound.value } : bound
  }
  return bound.unit === 'ms' && bound.value < 60_000 ? bound : null
}

function plus(match: Match): Bound | null {
  const unit = match[3] ?? match[4]
  const bound = make(match, '>=', match[2] ?? '', unit)
  const named =
    /(?:\b(?:node(?:\.?js)?|python|postgres(?:ql)?|java|ruby|php|go|redis|mysql|docker|kubernetes|npm|helm|tls|ubuntu))\s*$/i
  const version = match[1] !== undefined || named.test(match.input.slice(0, match.index))
  if (!version || unit) return bound
  return { ...bound, unit: 'version', subject: /^tls/i.test(match[1] ?? '') ? 'TLS' : null }
}

function behind(match: Match): Bound | null {
  return make(
    match,
    /more|higher|greater|better|above|minimum/i.test(match[3] ?? '') ? '>=' : '<=',
    match[1] ?? '',
    match[2],
  )
}

/** A share from one number to another. Times ("5-10 minutes") are stretches, not bounds. */
function ranged(match: Match): Bound | null {
  const bound = make(match, 'between', match[2] ?? '', match[4])
  return { ...bound, valueMax: readNumber(match[3] ?? '') }
}

function zero(match: Match): Bound | null {
  return { ...make(match, '==', '0', undefined), subject: match[2] ?? null }
}

function exact(match: Match, value: number, unit: string): Bound {
  return { ...make(match, '==', String(value), unit), start: match.index + match[0].length - (match[1]?.length ?? 0) }
}

/** A target without an operator: rates are to be reached, times not exceeded, zero and shares met. */
function bare(match: Match): Bound | null {
  const bound = make(match, '==', match[1] ?? '', match[2])
  const operator = bound.value === 0 ? '==' : bound.unit === 'per-second' ? '>=' : bound.unit === 'ms' ? '<=' : '=='
  return { ...bound, operator }
}
