// What a bound is about, in the document's words: "error rate" of "Verify that the error rate stays below 1%".
import type { Bound } from './bound.ts'
import { DURATION_UNIT } from './durations.ts'
import { withoutAggregates, type Span } from './qualifiers.ts'

const LEADING =
  /^(?:alerts?(?: set| configured| fires?)? (?:on|for|at)|verif(?:y|ies|ied)|ensures?|confirm(?:ed)?|check(?:ed)?(?! (?:failures?|latenc))|validate|monitor(?!ing)|keep|maintain|make sure|achieve|reach|expect(?:ed)?|require[sd]?|requires|must|should|that|the|this|these|its|their|our|your|all|any|no|zero|each|every|an?|are|is|if|when|whether|rollback if|roll back if|target|has|have|and|or|but|then|also|with|of|number of|amount of|count of|hay|há|at|on|be|sustained|overall)(?=\s|$)\s*/i
const TRAILING =
  /[\s:,(=–—~+-]+$|[\s(](?:is|are|be|was|were|been|being|for|should|must|shall|will|can|may|stays?|remains?|kept|keeps?|stable|usage at|target(?:ed|s)?|goal|threshold|below threshold|thresholds?|of|at|by|in|within|to|with|from|has|have|had|until|the|an?|its|that|returns?|shows?|reads?|reach(?:es|ed)?|drops?|falls?|drains?|equals?|meet(?:s|ing)? (?:the )?sla(?: requirements)?|sustained|only|consistently|quickly|adequate|sufficient|reasonable|reasonably|always|now|currently|expect(?:ed)?|expected|not|never|about|around|approximately|passed|completed|defined|configured|documented|tracked|measured|verified|achieved|maintained|confirmed|tested|targets? set|expir(?:e|es|ing|y)|normal|acceptable|healthy|low|does|do|doesn't|don't|isn't|aren't|won't|no|and|or)\s*$/i
const PRONOUN = /^(?:it|this|they|there|which|these|that)\b/i
const SPEAKS_OF_IT = /\b(?:it|they|this|these)(?:\s+[a-z]+){0,3}\s*$/i
/** Ends the noun phrase behind a number. */
const STOP =
  /(?:^|\s)(?:for|in|on|at|to|from|with|without|and|or|is|are|was|were|be|been|per|during|under|over|across|within|by|via|before|after|when|if|while|since|until|than|as|but|so|not|should|must|can|will|that|which|compared|above|below|between|through|including|plus|each|detected|found|required|reported|observed|present|remaining|logged|de|del|da|do|dos|das|en|em|para|por|pour|sur|dans|von|für|im)(?=\s|$)/i
/** Operators that count what follows; the others say something of what stands before. */
const COUNTING =
  /^(?:at (?:least|most)|min|max|up to|(?:no |not )?(?:more|less|fewer)\b|хотя бы|al menos|mindestens|au moins|pelo menos)/i
/** Says how, not what. */
const ADJECTIVE =
  /^(?:increase|decrease|growth|main|[개종명회건個个件名台人条次倍位]|old|recent|fresh|typical(?:ly)?|typ|initial(?:ly)?|gzipped|compressed|minified|ideally|preferred|recommended|px|healthy|free|available|remaining|used|total|overall|sustained|stable|ok|okay|faster|slower|idle|reduction|improvement|higher|lower|max|maximum|min|minimum|more|less|simultaneous|concurrent|each|times?|target|targets|load|of|x|chars?|characters?|символ[а-я]*|zeichen|caracteres|caractères|items?|events?|rows?|pass|passing|passed|pass rate|complete|completed|reached|achieved|limit|threshold|range|window|expected|acceptable|normal|now|today|p\d+|and|or|better)$/i
const METRIC =
  /(?:rates?|ratio|usage|utili[sz]ation|coverage|latency|latencies|times?|throughput|cpu|memory|disk|space|uptime|availability|accuracy|scores?|lag|depths?|lengths?|sizes?|load|errors?|failures?|durations?|age|counts?|success|capacity|consumption|percentage|traffic|queries|responses?|connections?|degradation|regression|growth|increase|impact|overhead)$/i

const LABELLED = /(?::|\s[–—-])\s*$/
const NAMED_BEHIND =
  /(?:^|\s)(?:ram|bandwidth|availability|uptime|(?:cpu )?cores?|v?cpus?|disk space|storage|throughput|latency|coverage)$/

/**
 * The measured thing, in the document's words: what stands before the bound in its clause, or else behind it. '' where
 * the clause has none of its own, or only speaks of "it".
 */
export function readSubject(text: string, bound: Bound, clause: Span): string {
  if (bound.subject !== null) return tidySubject(bound.subject) || bound.subject.toLowerCase()
  const words = text.slice(clause.start, bound.start)
  if (clause.start > 0 && SPEAKS_OF_IT.test(words)) return ''
  const opened = words.lastIndexOf('(')
  const open = opened > words.lastIndexOf(')')
  const inside = open ? statementOf(words.slice(opened + 1)).replace(/^[a-z]+ed$/i, '') : ''
  const outside = statementOf(open ? words.slice(0, opened) : words)
  const noun = nounBehind(text.slice(bound.end, clause.end))
  const behind = ADJECTIVE.test(tidySubject(noun)) ? '' : tidySubject(noun)
  const before = open ? inside : outside
  // "Memory: at least 8 GB RAM": the statement names the thing itself, its label only the topic.
  if (LABELLED.test(words) && NAMED_BEHIND.test(behind)) return behind
  if (behind !== '' && METRIC.test(behind) && (bound.unit === 'percent' || bound.unit === 'ms') && !METRIC.test(before))
    return before === '' || before.includes(behind) || /\bwith\s*$/i.test(words) ? behind : `${before} ${behind}`
  if (behind !== '' && prefersBehind(bound, text.slice(bound.start, bound.end), { before, outside, behind, open }))
    return behind
  return inside || outside || behind || noun.toLowerCase() || tidySubject(bound.counted ?? '')
}

/** The noun behind the number of a bound that has no words of its own before it; '' where there is none. */
export function countedNoun(text: string, bound: Bound, clause: Span): string {
  const noun = tidySubject(nounBehind(text.slice(bound.end, clause.end)))
  return bound.form !== 'symbol' || METRIC.test(noun) ? (ADJECTIVE.test(noun) ? '' : noun) : ''
}

/** "2+ reviewers", "at least 3 replicas": the noun counted stands behind its number. */
function prefersBehind(
  { form, unit }: Bound,
  said: string,
  { before, outside, behind, open }: { before: string; outside: string; behind: string; open: boolean },
): boolean {
  // "CPU usage low (< 30% single core)": what the bracket is about has its name in front of it.
  if (before === '') return !(open && form === 'symbol' && METRIC.test(outside) && !METRIC.test(behind))
  if (open || unit !== 'count') return false
  return ((form === 'word' && COUNTING.test(said)) || form === 'plus' || form === 'suffix') && !METRIC.test(before)
}

/** The noun phrase that follows a number; '' where none does. */
function nounBehind(words: string): string {
  const whole =
    /^[\s-]*(?:(?:px|fps|pt)\s+)?(?:of\s+(?:the\s+|all\s+)?(?:\d+\s+)?)?((?!of\s|x\d)[\p{L}][\p{L}\d'/-]*(?:\s+[\p{L}][\p{L}\d'/-]*){0,5})/u.exec(
      words,
    )?.[1] ?? ''
  const stop = STOP.exec(whole)
  return stop ? whole.slice(0, stop.index) : whole
}

/** The last clause of the words that names a thing: "alert if replication lag is" → "replication lag". */
function statementOf(words: string): string {
  const clauses = words.split(/\b(?:if|when|while|that|whether|where|unless|once|until)\b|[;|→]|\.\s/i)
  // "... is watched and alerts are sent if it is": about what the sentence began with.
  const about = PRONOUN.test((clauses.at(-1) ?? '').trim()) ? clauses : clauses.toReversed()
  for (const clause of about) {
    const subject = tidySubject(clause)
    if (subject !== '') return subject
  }
  return ''
}

/** Words without markup, verbs of checking and what only leads over to the bound; lower case, at most 80 characters. */
export function tidySubject(words: string): string {
  const plain = withoutAggregates(words)
    .replace(/_{2,}.*$/s, ' ')
    .replace(/\s(?:increased|decreased|raised|lowered|reduced|improved)?\s*from\s+\d.*$/i, ' ')
    .replace(/\([^)]*\)|\[[^\]]*\]|["☐“”«»]|[^\p{L}\p{N}\s:,./%&+_#@'-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  // "Node.js Version: Verify Node.js v18+": the statement says more exactly than its label what is measured.
  const parts = plain.split(/:\s|:$/).map(trimSubject)
  return (parts.findLast((part) => /\p{L}/u.test(part)) ?? '').toLowerCase().slice(0, 80)
}

/** Words for the bound, not for what is bounded; and a value as measured. */
const NAMES_NOTHING = new RegExp(
  String.raw`^(?:target|goal|threshold|value|expected|current|actual|expect|slo|sla|e\.?g|i\.?e|ideally|set|alerts?|warning|critical|condition|trigger|limit|check|metric|aumento|queda|subida|caída|~?[\d.,]+\s?(?:%|[KMGT]?B|${DURATION_UNIT}))$`,
  'i',
)

/** Joins a noun to what is said of it: "エラー率が", "응답 시간이"; "在" in front of a figure. */
const PARTICLES =
  /\s[がはをもにでの]+$|[がはを]?(?:通常|平常|平時|正常|ベースライン|基準)[時値]?の?$|(?<=[ァ-ヿ一-鿿\w%)])(?:について|における|[がはをもにで]|の(?:値|合計)?)$|(?<=[一-鿿])[在为]$|(?<=시간|[율률량수])[이가은는을를]$/

function trimSubject(words: string): string {
  let subject = words.trim()
  for (let before = ''; before !== subject;) {
    before = subject
    subject = ` ${subject}`
      .replace(TRAILING, '')
      .trim()
      .replace(LEADING, '')
      .replace(/(?<=[一-鿿])(?:提升|增加|降低|下降|减少)$/, '')
      .replace(PARTICLES, '')
      .replace(/^[\s:,;.)=/&+–—-]+|[\s,.;/&]+$/g, '')
      .trim()
  }
  if (PRONOUN.test(subject)) return ''
  return NAMES_NOTHING.test(subject) ? '' : subject
}
