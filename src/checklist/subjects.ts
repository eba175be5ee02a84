// What a bound is about, in the document's words: "error rate" of "Verify that the error rate stays below 1%".
import type { Bound } from './bound.ts'
import { withoutAggregates, type Span } from './qualifiers.ts'

const LEADING =
  /^(?:alerts?(?: set| configured| fires?)? (?:on|for|at)|verif(?:y|ies|ied)|ensures?|confirm(?:ed)?|check(?:ed)?(?! (?:failures?|latenc))|validate|monitor(?!ing)|keep|maintain|make sure|achieve|reach|expect(?:ed)?|require[sd]?|requires|must|should|that|the|this|these|its|their|our|your|all|any|each|every|an?|are|is|if|when|whether|rollback if|roll back if|target|has|have|and|or|but|then|also|with|of|number of|amount of|count of|at|on|be|sustained|overall)(?=\s|$)\s*/i
const TRAILING =
  /[\s:,(=–—~+-]+$|[\s(](?:is|are|be|was|were|been|being|for|should|must|shall|will|can|may|stays?|remains?|kept|keeps?|stable|usage at|target(?:ed|s)?|goal|threshold|below threshold|thresholds?|of|at|by|in|within|to|with|from|has|have|had|until|the|an?|its|that|returns?|shows?|reads?|equals?|meet(?:s|ing)? (?:the )?sla(?: requirements)?|sustained|only|consistently|always|now|currently|expect(?:ed)?|expected|not|never|about|around|approximately|passed|completed|defined|configured|documented|tracked|measured|verified|achieved|maintained|confirmed|tested|normal|acceptable|healthy|low|does|do|doesn't|don't|isn't|aren't|won't|no|and|or)\s*$/i
const PRONOUN = /^(?:it|this|they|there|which|these|that)\b/i
const SPEAKS_OF_IT = /\b(?:it|they|this|these)(?:\s+[a-z]+){0,3}\s*$/i
/** Ends the noun phrase behind a number. */
const STOP =
  /(?:^|\s)(?:for|in|on|at|to|from|with|without|and|or|is|are|was|were|be|been|per|during|under|over|across|within|by|via|before|after|when|if|while|since|until|than|as|but|so|not|should|must|can|will|that|which|compared|above|below|between|through|including|plus|each|detected|found|required|reported|observed|present|remaining|logged)(?=\s|$)/i
/** Operators that count what follows; the others say something of what stands before. */
const COUNTING =
  /^(?:at (?:least|most)|min|max|up to|(?:no |not )?(?:more|less|fewer)\b|хотя бы|al menos|mindestens|au moins|pelo menos)/i
/** Says how, not what. */
const ADJECTIVE =
  /^(?:healthy|free|available|remaining|used|total|overall|sustained|stable|ok|okay|faster|slower|idle|reduction|improvement|higher|lower|max|maximum|min|minimum|more|less|simultaneous|concurrent|each|times?|target|targets|load|of|x|chars?|characters?|символ[а-я]*|zeichen|caracteres|caractères|items?|events?|rows?|pass|passing|passed|pass rate|complete|completed|reached|achieved|limit|threshold|range|window|expected|acceptable|normal|now|today|p\d+|and|or|better)$/i
const METRIC =
  /(?:rates?|ratio|usage|utili[sz]ation|coverage|latency|latencies|times?|throughput|cpu|memory|disk|space|uptime|availability|accuracy|score|lag|depth|size|load|errors?|failures?|duration|age|count|success|capacity|consumption|percentage|traffic|queries|responses?|connections?|degradation|regression|growth|increase|impact|overhead)$/i

/**
 * The measured thing, in the document's words: what stands before the bound in its clause, or else behind it. '' where
 * the clause has none of its own, or only speaks of "it".
 */
export function readSubject(text: string, bound: Bound, clause: Span): string {
  if (bound.subject !== null) return tidySubject(bound.subject)
  const before = text.slice(clause.start, bound.start)
  if (clause.start > 0 && SPEAKS_OF_IT.test(before)) return ''
  const opened = before.lastIndexOf('(')
  const open = opened > before.lastIndexOf(')')
  const inside = open ? statementOf(before.slice(opened + 1)).replace(/^[a-z]+ed$/i, '') : ''
  const outside = statementOf(open ? before.slice(0, opened) : before)
  const noun = nounBehind(text.slice(bound.end, clause.end))
  const behind = ADJECTIVE.test(tidySubject(noun)) ? '' : tidySubject(noun)
  if (behind !== '' && prefersBehind(text, bound, open ? inside : outside, behind, open)) return behind
  return inside || outside || behind || noun.toLowerCase() || tidySubject(bound.counted ?? '')
}

/** The noun behind the number of a bound that has no words of its own before it; '' where there is none. */
export function countedNoun(text: string, bound: Bound, clause: Span): string {
  const noun = tidySubject(nounBehind(text.slice(bound.end, clause.end)))
  return bound.form !== 'symbol' || METRIC.test(noun) ? (ADJECTIVE.test(noun) ? '' : noun) : ''
}

/** "2+ reviewers", "at least 3 replicas", "(>80% coverage)": the noun counted stands behind its number. */
function prefersBehind(text: string, bound: Bound, before: string, behind: string, open: boolean): boolean {
  if (open) return before === ''
  if (before === '') return true
  const counts = bound.form === 'word' && COUNTING.test(text.slice(bound.start, bound.end))
  const worded = counts || bound.form === 'plus' || bound.form === 'suffix'
  if (bound.unit === 'count') return worded && !METRIC.test(before)
  return bound.unit === 'percent' && METRIC.test(behind) && !METRIC.test(before)
}

/** The noun phrase that follows a number; '' where none does. */
function nounBehind(words: string): string {
  const whole =
    /^[\s-]*(?:of\s+(?:the\s+|all\s+)?(?:\d+\s+)?)?((?!of\s)[\p{L}][\p{L}\d'/-]*(?:\s+[\p{L}][\p{L}\d'/-]*){0,5})/u.exec(
      words,
    )?.[1] ?? ''
  const stop = STOP.exec(whole)
  return stop ? whole.slice(0, stop.index) : whole
}

/** The last clause of the words that names a thing: "alert if replication lag is" → "replication lag". */
function statementOf(words: string): string {
  const clauses = words.split(/\b(?:if|when|while|that|whether|where|unless|once)\b|[;|→]|\.\s/i)
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
    .replace(/\([^)]*\)|\[[^\]]*\]|["☐“”«»]|[^\p{L}\p{N}\s:,./%&+_#'-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  // "Node.js Version: Verify Node.js v18+": the statement says more exactly than its label what is measured.
  const parts = plain.split(/:\s|:$/).map(trimSubject)
  return (parts.findLast((part) => /\p{L}/u.test(part)) ?? '').toLowerCase().slice(0, 80)
}

function trimSubject(words: string): string {
  let subject = words.trim()
  for (let before = ''; before !== subject;) {
    before = subject
    subject = ` ${subject}`
      .replace(TRAILING, '')
      .trim()
      .replace(LEADING, '')
      .replace(/^[\s:,;.)=/&+–—-]+|[\s,.;/&]+$/g, '')
      .trim()
  }
  if (PRONOUN.test(subject)) return ''
  return /^(?:target|goal|threshold|value|expected|current|actual|expect|slo|sla)$/i.test(subject) ? '' : subject
}
