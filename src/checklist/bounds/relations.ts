// Bounds that are differences: to the baseline ("2x baseline", "increases by more than 20%"), or to the version before.
import type { Threshold } from '../../plan/threshold.ts'
import { makeBound, type Bound } from './bound.ts'
import { L } from './letters.ts'
import { OPERATOR, readOperator } from './operators.ts'
import { NUMBER } from './units.ts'

/** What a value is compared to, as an alternative for a regular expression with `iu`. */
export const BASELINE = String.raw`(?:(?:the|its|your|our)\s+)?(?:[${L}-]+\s+)?(?:baselines?|normal|usual|pre-?(?:deploy\w*|release|launch)|historical(?:\s+average)?|typical)(?:\s+(?:levels?|values?|average|rate|traffic|performance|metrics?|operations?))?(?![${L}])`
const PREVIOUS = String.raw`(?:the\s+)?(?:previous(?:ly)?|prior|last|current|old|existing|before|yesterday)(?:\s+(?:version|release|deployment|production|build|week|day|month))?(?![${L}])`

const MOVE =
  '(?:increas\\w*|ris(?:es?|ing|en)|rose|grow(?:s|n|ing)?|grew|drop(?:s|ped|ping)?|fall(?:s|en|ing)?|fell|decreas\\w*|declin\\w*|degrad\\w*|spik(?:es?|ed|ing)|deviat\\w*|regress\\w*|slow(?:s|ed)?(?: down)?|worsen\\w*|improv\\w*|reduc\\w*|lower\\w*|jump(?:s|ed)?|up|down)'
const MOVED_BY = new RegExp(
  String.raw`(?<![${L}])${MOVE}\s+(?:by|of)\s+(${OPERATOR})?\s*~?(${NUMBER})\s*(%|percent)`,
  'gi',
)
/** "Caching reduces API calls by 80%". */
const MOVES_BY = new RegExp(
  String.raw`(?<![${L}])(?:reduc|improv|increas|decreas|lower|cut)(?:e?s?|ed|ing|ting)\s+((?:[${L}\d/-]+\s+){1,5}?)by\s+(${OPERATOR})?\s*~?(${NUMBER})\s*(?:%|percent)`,
  'gi',
)
const BESIDE = new RegExp(
  String.raw`(?<![${L}\d<>≤≥=.])(${NUMBER})\s*%\s+(above|over|below|under|higher than|lower than|more than|less than|greater than|slower than|faster than)\s+(?:${BASELINE}|${PREVIOUS})`,
  'gi',
)
const TIMES = new RegExp(
  String.raw`(?<![${L}\d<>≤≥=.])(${OPERATOR}\s*)?(?:(${NUMBER})\s*(?:[x×]|times)|(double|twice|triple))\s+(?:the\s+|of\s+)?(?:${BASELINE}|${PREVIOUS})`,
  'gi',
)
const MULTIPLIED = new RegExp(String.raw`(${OPERATOR})\s*${BASELINE}\s*[*x×]\s*(${NUMBER})`, 'gi')
const ENDS_IN_OPERATOR = new RegExp(`${OPERATOR}\\s*$`, 'i')
const DOUBLES = /\b(doubles|doubled|triples|tripled)\b/gi
const AROUND = new RegExp(String.raw`(?:(?:${BASELINE})\s*)?(?:±|\+\/-)\s*(${NUMBER})\s*%`, 'gi')
const SAVED = new RegExp(
  String.raw`(?<![${L}])(?:target|goal)(?:\s+(?:is|of))?[\s:=]*(${OPERATOR}\s*)?(${NUMBER})\s*%\s+(reduction|decrease|improvement|increase|growth|faster|lower|higher|fewer|less|more)`,
  'gi',
)
/** Words that make a share of percent a change. */
const CHANGE =
  /\b(?:regress\w*|degradation|(?:increase|decrease)[ds]?(?!\s+(?:to|above|beyond|past|over|below|under)\b)|increasing|growth|deviat\w*|slowdown|variance|drops?(?=\s*(?:of|by|[<>≤≥]|more|greater|exceed|over|above|is|in\b|$))|spikes?(?=\s*(?:of|by|[<>≤≥]|more|greater|exceed|over|above))|reduction|improvement|aument\w*|queda|caída|subida|hausse|baisse|anstieg)(?![\w])|提升|增加|降低|下降|减少/i
const COMPARED = new RegExp(
  String.raw`(?:(?<![${L}])(?:of|than|from|above|below|over|under(?!\s+(?:normal|typical|usual)\s)|vs\.?|versus|against|compared (?:to|with)|relative to|back to|[x×])\s+(?:the\s+)?)(?:${BASELINE}|stable(?!\s+(?:operation|running|state|uptime|use|service))|control)(?!\s+~?\d)`,
  'i',
)
const COMPARED_BEFORE = new RegExp(
  String.raw`(?:(?<![${L}])(?:of|than|from|above|below|over|under|vs\.?|versus|against|compared (?:to|with)|relative to)\s+(?:the\s+)?)${PREVIOUS}(?!\s+~?\d)`,
  'i',
)

/** "No regressions vs the previous version". */
const COMPARED_ZERO = new RegExp(
  String.raw`(?<![${L}])(?:vs\.?|versus|against|compared (?:to|with)|relative to)\s+(?:the\s+)?(?:${BASELINE}|${PREVIOUS})`,
  'i',
)
/** "Within 20% of native speed", "in relation to stable"; not "within 80% of capacity". */
const NEAR_ANOTHER =
  /\bwithin\s+±?\d[\d.]*\s*%\s+of\s+(?!(?:the\s+)?(?:total|capacity|quota|limit|budget|max\w*|allocat\w*|available)\b)|(?<![a-zà-ÿ])(?:em relação a[os]?|respecto (?:a|al|de)|par rapport (?:à|au)|gegenüber)\s/i

/** What stands behind a share of the baseline. */
export const OF_BASELINE = new RegExp(String.raw`^\s*of\s+(?:${BASELINE}|${PREVIOUS})`, 'i')

/** Changes that are said without an operator in front of a plain number. Values are percent of the baseline. */
export function readChange(text: string): Bound[] {
  if (!/%|percent|[x×]|times|doubl|twice|tripl/i.test(text)) return []
  return [
    ...Array.from(text.matchAll(MOVED_BY), (match) =>
      change(match, match[2], match[1] ? readOperator(match[1], '') : '>='),
    ),
    ...Array.from(text.matchAll(MOVES_BY), moves),
    ...Array.from(text.matchAll(SAVED), saved),
    ...Array.from(text.matchAll(TIMES), times),
    ...Array.from(text.matchAll(MULTIPLIED), (match) =>
      scaled(change(match, match[2], readOperator(match[1] ?? '', '')), match[0]),
    ),
    ...Array.from(text.matchAll(BESIDE), beside),
    ...Array.from(text.matchAll(DOUBLES), (match) => change(match, /^d/i.test(match[0]) ? '100' : '200', '>=')),
    ...Array.from(text.matchAll(AROUND), (match) => change(match, match[1], '<=')),
  ].filter((bound) => bound !== null)
}

function change(match: RegExpExecArray, number = '0', operator: Bound['operator'] | null): Bound | null {
  if (!operator) return null
  const span = { start: match.index, end: match.index + match[0].length }
  return { ...makeBound(span, 'change', operator, number, '%'), relativeTo: 'baseline' }
}

function moves(match: RegExpExecArray): Bound | null {
  const [, thing = '', word, number] = match
  const bound = change(match, number, word ? readOperator(word.trim(), '') : '>=')
  return bound && { ...bound, subject: thing }
}

/** "target: 80% reduction": what is to be 80 % less. */
function saved(match: RegExpExecArray): Bound | null {
  const [whole, word, number, way = ''] = match
  const less = /reduc|decreas|fewer|less|lower/i.test(way)
  const bound = change(match, number, word && !less ? readOperator(word.trim(), '') : less ? '<=' : '>=')
  if (!bound) return null
  const start = match.index + whole.search(/[<>≤≥\d]/)
  return less ? { ...bound, start, value: -bound.value } : { ...bound, start }
}

const LOADED = /\b(?:test(?:s|ed|ing)?|traffic|load|capacity|scal\w+|handles?|stress|simulat\w+)\b/i

function times(match: RegExpExecArray): Bound | null {
  const [, word, number, named = ''] = match
  // "Tested at 2x normal load" says how, not what must not be.
  if (!word && LOADED.test(match.input)) return null
  const bound = change(
    match,
    number ?? (/triple/i.test(named) ? '3' : '2'),
    word ? readOperator(word.trim(), '') : '>=',
  )
  return scaled(bound, match[0])
}

/** So many times as much, in percent above. */
function scaled(bound: Bound | null, words: string): Bound | null {
  return bound ? { ...bound, value: Math.round((bound.value - 1) * 1e11) / 1e9, relativeTo: comparedTo(words) } : null
}

function beside(match: RegExpExecArray): Bound | null {
  // "no more than 1% above baseline": said by its operator.
  if (ENDS_IN_OPERATOR.test(match.input.slice(0, match.index))) return null
  const less = /below|under|lower|less|faster/i.test(match[2] ?? '')
  const bound = change(match, match[1], less ? '<' : '>')
  return bound ? { ...bound, value: less ? -bound.value : bound.value, relativeTo: comparedTo(match[0]) } : null
}

function comparedTo(words: string): 'baseline' | 'previous' {
  return /\b(?:previous|prior|last|old)\b/i.test(words) && !/baseline/i.test(words) ? 'previous' : 'baseline'
}

/** What the bound's number is a difference to, by the words of its clause; null where it stands for itself. */
export function readRelation(clause: string, bound: Bound): Threshold['relativeTo'] {
  if (bound.relativeTo === 'baseline' && COMPARED_BEFORE.test(clause)) return comparedTo(clause)
  if (bound.relativeTo !== null) return bound.relativeTo
  if (bound.form === 'zero') return COMPARED_ZERO.test(clause) ? comparedTo(clause) : null
  if (COMPARED.test(clause)) return 'baseline'
  if (COMPARED_BEFORE.test(clause)) return comparedTo(clause)
  if (NEAR_ANOTHER.test(clause)) return 'baseline'
  return bound.unit === 'percent' && CHANGE.test(clause) && bound.form !== 'full' ? 'baseline' : null
}
