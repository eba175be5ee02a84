// Bounds that are targets: what stands behind a colon, "target 80 %", "coverage threshold: 80%", "99.9% uptime", "max retries: 3".
import { asMoney, makeBound, MONEY, spanOfMatch, type Bound } from './bound.ts'
import { L } from './letters.ts'
import { NUMBER, UNIT } from './units.ts'

const BARE_TARGET = new RegExp(String.raw`:\s*(${MONEY})?(${NUMBER})(?:\s*(${UNIT}))?(?=\s*(?:$|[(,;]|[${L}]))`, 'gi')
/** A target of none at all: "Open blockers: none". */
const NONE_TARGET = /:\s*(none|nil)\s*$/gi
/** "Maximum position: $500", "min replicas = 2": the word that compares stands before the thing. */
const EXTREME = new RegExp(
  String.raw`(?<![${L}])(max|min)(?:imum)?\s+((?:[${L}][${L}/-]*\s+){0,3}?[${L}][${L}/-]*)\s*(?:[:=]|\bof\b|\bis\b)\s*(${MONEY})?(${NUMBER})(?:\s*(${UNIT}))?(?!\s?[%\d])`,
  'gi',
)
/** "80% coverage target", "95% minimum". */
const TARGET_BEHIND = new RegExp(
  String.raw`(?<![${L}\d.<>≤≥=$-])(?<!(?:[<>≤≥=]|vs\.?)\s)()(${NUMBER})\s*(%)(?=\s+(?:[${L}-]+\s+){0,2}(?:target|goal|threshold)(?![${L}]))`,
  'gi',
)
const STATED_TARGET = new RegExp(
  String.raw`(?<![${L}])(?:target(?:ed|ing)?|goal|objective)(?:\s+(?:is|of))?[\s:=]*(${MONEY})?(${NUMBER})(?:\s*(${UNIT}))?`,
  'gi',
)
/** "99.9% uptime", "Availability: 99.95%": so many nines are a promise, not a description. */
const NINES =
  /(?:uptime|availability|disponibilidad|disponibilidade|verfügbarkeit)(?:\s*\([^)]{0,20}\))?[\s:=]+()(99(?:\.\d+)?)\s*(%)|(?<![\d.<>≤≥=]\s?)()(99\.\d+)\s*(%)(?=\s+(?:uptime|availability)\b)/gi
/** "Coverage threshold: 80%": what is to be reached of a thing of which more is better. */
const REACHED = new RegExp(
  String.raw`(?<![${L}])(?:thresholds?|порог|slos?|slas?|requirements?|required|needed)(?![${L}])[^\d<>≤≥=%]{0,60}?()(${NUMBER})\s*(%)`,
  'gi',
)
const MORE_IS_BETTER = /\b(?:coverage|uptime|availability|success|hit r\w+|cobertura|abdeckung)|покрыти/i
const LESS_IS_BETTER =
  /\b(?:errors?|fail\w*|latency|loss|cpu|memory|disk|usage|utili[sz]ation|drop|reject\w*|timeouts?|abandon\w*|churn|bounce|5xx|4xx|lag|overhead|downtime|crash\w*|restarts?|queue|backlog|cost)\b/i
/** Shares of what is sent to a new version are stages, no bounds. */
export const SHARE_OF_TRAFFIC =
  /^\s*(?:of\s+)?(?:the\s+)?(?:all\s+)?(?:live\s+|production\s+)?(?:traffic|users|requests|rollout|customers|canary)\b/i

/** What is said to be a target, by that word or another. */
export function findStatedTargets(text: string): (Bound | null)[] {
  return [
    ...Array.from(text.matchAll(EXTREME), extreme),
    ...[STATED_TARGET, TARGET_BEHIND].flatMap((form) => Array.from(text.matchAll(form), bare)),
    ...Array.from(text.matchAll(NINES), nines),
    ...Array.from(text.matchAll(REACHED), reached),
  ]
}

/** Bare quantities behind a colon, in a text that is known to be a target. */
export function findTargets(text: string): (Bound | null)[] {
  return [...Array.from(text.matchAll(BARE_TARGET), bare), ...Array.from(text.matchAll(NONE_TARGET), nothing)]
}

function reached(match: RegExpExecArray): Bound | null {
  const near = match.input.slice(Math.max(0, match.index - 40), match.index + match[0].length + 20)
  return MORE_IS_BETTER.test(near) ? bare(match) : null
}

function nothing(match: RegExpExecArray): Bound {
  const { end } = spanOfMatch(match)
  return makeBound({ start: end - (match[1]?.length ?? 0), end }, 'target', '==', '0')
}

function extreme(match: RegExpExecArray): Bound {
  const [, word = '', thing = '', money, number = '', unit] = match
  const bound = makeBound(spanOfMatch(match), 'word', /^max/i.test(word) ? '<=' : '>=', number, unit)
  return { ...(money ? asMoney(bound, number, money) : bound), subject: thing }
}

function nines(match: RegExpExecArray): Bound {
  const number = match[2] ?? match[5] ?? ''
  const start = match.index + match[0].lastIndexOf(number)
  return makeBound({ start, end: spanOfMatch(match).end }, 'target', '>=', number, '%')
}

/** A target without an operator: rates are to be reached, times not exceeded, zero and shares met. */
function bare(match: RegExpExecArray): Bound | null {
  const [, money, number = '', unit] = match
  const start = match.index + match[0].search(/[$€£¥\d]/)
  const bound = makeBound({ start, end: spanOfMatch(match).end }, 'target', '==', number, unit)
  if (bound.unit === 'percent' && SHARE_OF_TRAFFIC.test(match.input.slice(bound.end))) return null
  const exact = bound.value === 0 || (bound.unit === 'percent' && bound.value === 100)
  const more = bound.unit === 'per-second' || bound.unit === 'bytes-per-second' || bound.unit === 'percent'
  const less = bound.unit === 'ms' || LESS_IS_BETTER.test(match.input.slice(0, start))
  const operator = exact ? '==' : less ? '<=' : more ? '>=' : '=='
  return money ? asMoney({ ...bound, operator }, number, money) : { ...bound, operator }
}
