// Bounds that need no operator: none at all ("no critical alerts", "Orphans: 0") and all of it ("100% of tests passing").
import { makeBound, type Bound } from './bound.ts'
import { L } from './letters.ts'

/** Nouns of trouble that stand in the singular, or for which the plural does not end in `s`. */
const TROUBLE =
  'error|warning|alert|issue|bug|defect|vulnerability|crash|failure|leak|leakage|loss|incident|conflict|exception|duplicate|orphan|downtime|secret|corruption|' +
  'regression|violation|timeout|outage|interruption|disruption|blocker|deadlock|drift|mismatch|discrepancy|inconsistency|anomaly|rejection|panic|exposure|' +
  'pii|phi|criticals?|highs?|duplication|backlog|escalation|spike|complaint|ticket|restart|relationship|exhaustion|starvation|overflow|intervention|breach|rollback|redirect|loop|stall|hang|freeze|variance|degradation|todo|fixme|5xx|4xx|' +
  '(?:sensitive|personal|confidential|private|test|stale|sample|dummy|mock) data'
const PLURAL = String.raw`[${L}\d][${L}\d/-]*[${L}\d](?<!ss|us|is|ous)s`
const HEAD = `(?:${PLURAL}|${TROUBLE})(?![${L}\\d-])`
const WORD = String.raw`(?!(?:and|or|in|on|at|to|for|with|is|are|if|from|by|of|vs|versus|than|needs?|was|were|has|have|must|should|can|will)\s)[${L}\d./#"'+_@-]+`
const NONE = new RegExp(
  String.raw`(?<![${L}\d.<>=≤≥-])(?<![<>=≤≥]\s)(zero|0|no|нет|нуль|ноль)\s+((?:${WORD}\s+){0,4}(?:or\s+(?:${WORD}\s+){1,2})?${HEAD}(?:\s*(?:\/|,?\s(?:or|and)\s)\s*(?!no\b|zero\b|0\b)(?:${WORD}\s+){0,2}${HEAD})?)`,
  'gi',
)
/** Said of anything that can be counted: "zero manual work needed", not "zero trust". */
const ZERO_OF = new RegExp(
  String.raw`(?<![${L}\d-])zero\s+(?!trust|knowledge|config|copy|touch|day|value|length|point|based|or\b|to\b|for\b|in\b|at\b|and\b|on\b|is\b|if\b|when\b|before\b|after\b)((?:${WORD}\s+){0,3}?[${L}]*(?:tion|ment|work|usage|use|access|people|staff|data))(?![${L}-])`,
  'gi',
)
/** A thing of which there may be one: "no rebuild in progress". */
const NONE_ON = new RegExp(
  String.raw`(?<![${L}\d-])(?:zero|no)\s+((?:${WORD}\s+){0,3}?${WORD})\s+(?=(?:in progress|pending|running|in flight|outstanding|under ?way)\b)`,
  'gi',
)
/** None, in other languages: in front of its noun, or behind it. */
const FOREIGN_NONE: RegExp[] = [
  /(?<![a-zà-ÿ])(?:nenhum|nenhuma|ning[uú]n|ninguna|aucun|aucune|keine?n?|nessun[oa]?)\s+([a-zà-ÿ][a-zà-ÿ-]*(?:\s+(?!(?:em|en|no|na|nos|nas|do|da|dos|das|de|del|al|por|para|com|con|sur|dans|pour|im|in|auf|bei|nel|nella|su|est|é|es|is|ist|são|son)\s)[a-zà-ÿ-]+){0,3})/gi,
  /(?:无|無|没有|零)((?!需|法|缝|障碍|关|関|论|線|线|限|効|效|料|停|事|視|视|人|影|状)[一-鿿A-Za-z]{2,10})(?![一-鿿A-Za-z])/g,
  /([가-힣]+(?:\s[가-힣]+)?)\s?없음/g,
  /([ァ-ヿ一-鿿]{2,10})(?:が|は)?(?:なし|ゼロ|無し)/g,
  /((?:[一-鿿ァ-ヿ]{2,6}な)?[ァ-ヿ一-鿿A-Za-z]{0,10}(?:エラー|脆弱性|警告|障害|不具合|バグ|リーク|損失|欠損|重複|例外|違反|競合|異常|アラート))(?:が|は|も)?(?:ない|無い|(?:発生|存在|検出|表示)(?:し|され)(?:ない|ていない)|出(?:ない|ていない))/g,
  /([ァ-ヿ一-鿿A-Za-z0-9]{2,12})\s?(?:が|は|:|：)?\s?(?<![\d.])0\s?(?:件|個|回|건|개)(?!以)/g,
]
/** "No manual steps needed", "no longer", "no significant increase": a description, or a bound without a figure. */
const NO_COUNT =
  /^(?:longer|later|more|less|fewer|other|further|need|way|matter|one|significant|noticeable|major impact|unexpected (?:increases?|changes?))\b/i
const DESCRIBED =
  /^\s*(?:(?:is|are|was|were)\s+)?(?:needed|required|necessary|[<>≤≥]|\d+\.\d|handling|handled|(?:rates?|increase|growth|budget|detection|tracking|reporting|logging|monitoring)(?:$|[\s,.;)])|(?:deploy|migrat|upgrad|updat|releas|rollout|strateg|switch)\w*)/i
const NEEDED = /^\s*(?:(?:is|are|was|were)\s+)?(?:needed|required|necessary)/i
const IS_TROUBLE = new RegExp(`(?:${TROUBLE})(?:e?s)?$`, 'i')
const VALUE =
  /(?<=[^\s(])(?<!\b(?:hour|day|week|step|phase|status|code))(?::|\s(?:is|are|remains?|stays?(?:\s+at)?|equals?|reads?|shows?|reports?|(?:reach|drop|fall|drain|go)(?:s|es|ed)?(?:\s+to)?|é|est|ist|são|son)|\s{0,3}=)\s*(0|zero)(?:\s*(%))?(?=\s*(?:$|[(),;.|&]|and\b|or\b|for\b|in\b|after\b|before\b))(?!\.\d)/gi
const NAMED_VALUE = /(?<=[^\s\d]):\s*(0)(?:\s*(%))?(?=\s*(?:$|[(,;]))|(?<=[a-z])\s{0,3}=\s?(0)(?:\s*(%))?(?![\w.%])/g

const PASSES =
  'pass(?:es|ed|ing)?|success(?:ful(?:ly)?)?|coverage|uptime|availability|available|complet(?:e|ed|ion)|healthy|green|delivery|accuracy|match(?:es|ing)?|integrity|consistent|consistency|compliance|compliant|valid|verified|migrated|covered|implemented|reviewed|achieved|reached|rates?'
const FULL_BEHIND = new RegExp(
  String.raw`(?<![${L}\d.-])(100)\s*%(?=\s+(?:of\s+)?(?:[${L}-]+\s+){0,4}(?:${PASSES})(?![${L}]))`,
  'gi',
)
const FULL_BEFORE = new RegExp(
  String.raw`(?<![${L}])(?:${PASSES})(?![${L}])[^\d\n%]{0,24}?(?<![\d.<>≤≥=])(100)\s*%`,
  'gi',
)
/** "100% of users can log in", "works 100% of the time". */
const FULL_OF = new RegExp(
  String.raw`(?<![${L}\d.→-])(100)\s*%(?=\s+of\s+(?:the\s+time|(?:[${L}-]+\s+){1,4}(?:can|are|have|has|is|must|should|work|pass|load|return)(?![${L}])))`,
  'gi',
)
const FULL_VALUE = /(?<=[^\s\d]):\s*(100)\s*%(?=\s*(?:$|[(,;.]))/g
const NOT_FULL =
  /^\s*(?:of\s+)?(?:the\s+|all\s+|live\s+)*(?:traffic|users(?!\s+(?:can|are|have|must|should))|rollout(?!\s+(?:achieved|reached|completed?)\b)|requests(?!\s+(?:are|must|should|return))|refund|reduction|improvement|increase)\b/i
const AS_ACTION = /\b(?:to|scale|set|reset|down)\s+$/i

/** What of a text says none and all of it. */
export function findZeroBounds(text: string): Bound[] {
  return [
    ...Array.from(text.matchAll(NONE), none),
    ...Array.from(text.matchAll(ZERO_OF), none),
    ...Array.from(text.matchAll(NONE_ON), none),
    ...FOREIGN_NONE.flatMap((pattern) => Array.from(text.matchAll(pattern), foreign)),
    ...Array.from(text.matchAll(VALUE), (match) => exact(match, '0', match[2])),
    ...Array.from(text.matchAll(NAMED_VALUE), (match) => exact(match, '0', match[2] ?? match[4])),
    ...[FULL_BEHIND, FULL_BEFORE, FULL_OF, FULL_VALUE].flatMap((pattern) => Array.from(text.matchAll(pattern), full)),
  ].filter((bound) => bound !== null)
}

/** "Nenhum alerta crítico ativo", "无类型错误", "오류 없음". */
function foreign(match: RegExpExecArray): Bound {
  const span = { start: match.index, end: match.index + match[0].length }
  return { ...makeBound(span, 'zero', '==', '0'), subject: match[1] ?? null }
}

function none(match: RegExpExecArray): Bound | null {
  const [whole, first = '', second] = match
  const [zero, noun] = second === undefined ? ['zero', first] : [first, second]
  const before = match.input.slice(0, match.index)
  const behind = match.input.slice(match.index + whole.length)
  // "No manual steps needed" describes; "no restarts required" is a thing to be counted all the same.
  if (
    NO_COUNT.test(noun) ||
    (DESCRIBED.test(behind) && !((second === undefined || IS_TROUBLE.test(noun)) && NEEDED.test(behind)))
  )
    return null
  if (
    /^(?:0|zero)$/i.test(zero)
      ? AS_ACTION.test(before)
      : /\b(?:if|when|unless|until)\s+(?:there\s+(?:is|are)\s+)?$/i.test(before)
  )
    return null
  // "No CVEs > 7.0" is said by its operator.
  if (
    /^\s*(?:\w{2,20}ing\s+)?(?:over|above|below|under|exceed\w*|with|(?:older|more|less|longer|larger|bigger|slower|higher|greater)?\s?than|expir\w*\s+(?:with)?in(?:\s+the)?(?:\s+next)?)\s+\d/i.test(
      behind,
    )
  )
    return null
  const span = { start: match.index, end: match.index + whole.length }
  return { ...makeBound(span, 'zero', '==', '0'), subject: noun }
}

/** `FEATURE_PERCENT=0` sets a value. */
const ASSIGNED = /[A-Z][A-Z0-9]*_[A-Z0-9_]*$/

function exact(match: RegExpExecArray, number: string, unit: string | undefined): Bound | null {
  if (match[0].startsWith('=') && ASSIGNED.test(match.input.slice(0, match.index))) return null
  const end = match.index + match[0].length
  const start = match.index + match[0].search(/0|zero/i)
  return makeBound({ start, end }, 'full', '==', number, unit)
}

function full(match: RegExpExecArray): Bound | null {
  const end = match.index + match[0].length
  if (/(?:→|->)\s*$/.test(match.input.slice(0, match.index)) || NOT_FULL.test(match.input.slice(end))) return null
  const start = end - (/100\s*%$/.exec(match[0])?.[0].length ?? 0)
  return makeBound({ start, end }, 'full', '==', '100', '%')
}
