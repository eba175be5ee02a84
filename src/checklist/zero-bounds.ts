// Bounds that need no operator: none at all ("no critical alerts", "Orphans: 0") and all of it ("100% of tests passing").
import { makeBound, type Bound } from './bound.ts'
import { L } from './letters.ts'

/** Nouns of trouble that stand in the singular, or for which the plural does not end in `s`. */
const TROUBLE =
  'error|warning|alert|issue|bug|defect|vulnerability|crash|failure|leak|leakage|loss|incident|conflict|exception|duplicate|orphan|downtime|secret|corruption|' +
  'regression|violation|timeout|outage|interruption|disruption|blocker|deadlock|drift|mismatch|discrepancy|inconsistency|anomaly|rejection|panic|exposure|' +
  'pii|phi|criticals?|highs?|duplication|backlog|escalation|spike|complaint|ticket|restart|relationship'
const PLURAL = String.raw`[${L}\d][${L}\d/-]*[${L}\d](?<!ss|us|is|ous)s`
const HEAD = `(?:${PLURAL}|${TROUBLE})(?![${L}\\d-])`
const WORD = String.raw`(?!(?:and|or|in|on|at|to|for|with|is|are|if|from|by|of|needs?|was|were|has|have|must|should|can|will)\s)[${L}\d./#"'-]+`
const NONE = new RegExp(
  String.raw`(?<![${L}\d.<>=≤≥-])(?<![<>=≤≥]\s)(zero|0|no|нет|нуль|ноль)\s+((?:${WORD}\s+){0,4}(?:or\s+(?:${WORD}\s+){1,2})?${HEAD}(?:\s*(?:\/|,?\s(?:or|and)\s)\s*(?!no\b|zero\b|0\b)(?:${WORD}\s+){0,2}${HEAD})?)`,
  'gi',
)
/** "No manual steps needed", "no longer", "no significant increase": a description, or a bound without a figure. */
const NO_COUNT =
  /^(?:longer|later|more|less|fewer|other|further|need|way|matter|one|significant|noticeable|major impact|unexpected (?:increases?|changes?))\b/i
const DESCRIBED =
  /^\s*(?:(?:is|are|was|were)\s+)?(?:needed|required|necessary|[<>≤≥]|handling|handled|(?:deploy|migrat|upgrad|updat|releas|rollout|strateg|switch)\w*)/i
const NEEDED = /^\s*(?:(?:is|are|was|were)\s+)?(?:needed|required|necessary)/i
const IS_TROUBLE = new RegExp(`(?:${TROUBLE})(?:e?s)?$`, 'i')
const VALUE =
  /(?<=[^\s(])(?<!\b(?:hour|day|week|step|phase|status|code))(?::|\s(?:is|are|remains?|stays?(?:\s+at)?|equals?|reads?|shows?|reports?)|\s?=)\s*(0|zero)(?:\s*(%))?(?=\s*(?:$|[(),;.|&]|and\b|or\b|for\b|in\b|after\b|before\b))(?!\.\d)/gi
const NAMED_VALUE = /(?<=[^\s\d]):\s*(0)(?:\s*(%))?(?=\s*(?:$|[(,;]))|(?<=[a-z])\s?=\s?(0)(?:\s*(%))?(?![\w.%])/g

const PASSES =
  'pass(?:es|ed|ing)?|success(?:ful(?:ly)?)?|coverage|uptime|availability|available|complet(?:e|ed|ion)|healthy|green|delivery|accuracy|match(?:es|ing)?|integrity|consistent|consistency|compliance|compliant|valid|verified|migrated|covered|implemented|reviewed|rates?'
const FULL_BEHIND = new RegExp(
  String.raw`(?<![${L}\d.-])(100)\s*%(?=\s+(?:of\s+)?(?:[${L}-]+\s+){0,4}(?:${PASSES})(?![${L}]))`,
  'gi',
)
const FULL_BEFORE = new RegExp(
  String.raw`(?<![${L}])(?:${PASSES})(?![${L}])[^\d\n%]{0,24}?(?<![\d.<>≤≥=])(100)\s*%`,
  'gi',
)
const FULL_VALUE = /(?<=[^\s\d]):\s*(100)\s*%(?=\s*(?:$|[(,;.]))/g
const NOT_FULL =
  /^\s*(?:of\s+)?(?:the\s+|all\s+|live\s+)*(?:traffic|users|rollout|requests|refund|reduction|improvement|increase)\b/i
const AS_ACTION = /\b(?:to|scale|set|reset|down)\s+$/i

/** What of a text says none and all of it. */
export function findZeroBounds(text: string): Bound[] {
  return [
    ...Array.from(text.matchAll(NONE), none),
    ...Array.from(text.matchAll(VALUE), (match) => exact(match, '0', match[2])),
    ...Array.from(text.matchAll(NAMED_VALUE), (match) => exact(match, '0', match[2] ?? match[4])),
    ...[FULL_BEHIND, FULL_BEFORE, FULL_VALUE].flatMap((pattern) => Array.from(text.matchAll(pattern), full)),
  ].filter((bound) => bound !== null)
}

function none(match: RegExpExecArray): Bound | null {
  const [whole, zero = '', noun = ''] = match
  const before = match.input.slice(0, match.index)
  const behind = match.input.slice(match.index + whole.length)
  // "No manual steps needed" describes; "no restarts required" is a thing to be counted all the same.
  if (NO_COUNT.test(noun) || (DESCRIBED.test(behind) && !(IS_TROUBLE.test(noun) && NEEDED.test(behind)))) return null
  if (
    /^(?:0|zero)$/i.test(zero)
      ? AS_ACTION.test(before)
      : /\b(?:if|when|unless|until)\s+(?:there\s+(?:is|are)\s+)?$/i.test(before)
  )
    return null
  // "No CVEs > 7.0" is said by its operator.
  if (/^\s*(?:over|above|below|under|older|exceed\w*|more|less|with|than)\s+(?:than\s+)?\d/i.test(behind)) return null
  const span = { start: match.index, end: match.index + whole.length }
  return { ...makeBound(span, 'zero', '==', '0'), subject: noun }
}

function exact(match: RegExpExecArray, number: string, unit: string | undefined): Bound {
  const end = match.index + match[0].length
  const start = match.index + match[0].search(/0|zero/i)
  return makeBound({ start, end }, 'full', '==', number, unit)
}

function full(match: RegExpExecArray): Bound | null {
  const end = match.index + match[0].length
  if (NOT_FULL.test(match.input.slice(end))) return null
  const start = end - (/100\s*%$/.exec(match[0])?.[0].length ?? 0)
  return makeBound({ start, end }, 'full', '==', '100', '%')
}
