// What an item's sentence tells, asks or states: who or what it is about, and what is said of that. Words only, no judgement.
import type { Item } from '../../plan/plan.ts'
import { isForeign, isForeignOrder } from './foreign.ts'
import { findPredicate, joinPhrases } from './predicates.ts'
import { readOrder, TRIES } from './verbs.ts'

export interface Statement {
  /** `tells` to change something, `looks` at something, `asks` what only somebody can answer, or `states` that it is so. */
  form: 'tells' | 'looks' | 'asks' | 'states'
  /** First verb where it tells or looks, in lower case. */
  verb: string | null
  /** Things it is about, in lower case, the noun that matters last: "database backup plan". Conjuncts stand apart. */
  subjects: string[]
  /** What is said of them, or null: "Security headers". */
  predicate: string | null
  /** "No errors in logs". */
  negated: boolean
  /** A name in code is part of the subject. */
  named: boolean
  /** In another language: its grammar was not read. */
  foreign: boolean
}

const OPEN_QUESTION = /^(?:what|which|who|whom|whose|how|where|when|why)(?:'s|\s)/i
const CLOSED_QUESTION =
  /^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\s+(?:(?:there|we|you|they|it|any|the|all|this|our|your)\s+)*/i
const REACHES =
  /^(?:able to )?(?:connect|log ?in|sign in|authenticate|reach|ping|query|ssh)\s(?:in)?(?:to|with|into)?\s*(.+)$/i
const TAKES_STOCK = /\b(?:uses?|needs?|requires?|depends?|involves?|wants?) (?:any|an?|other)\b|\binvolved\b/i
/** Words in front of a verb that tells: "Manually dispatch", "Then deploy", "1. Deploy". */
const IN_FRONT =
  /^(?:(?:please|then|next|now|first|finally|also|manually|gradually|carefully|optionally|immediately|simultaneously|again|if (?:needed|necessary|required|applicable),?|step \d+:?)\s+)+/i
const DETERMINERS =
  /^(?:(?:all|any|the|a(?! record)|an|each|every|both|our|your|its|it's|it|this|that|these|those|only|at least one|new|required|necessary|relevant|critical|appropriate|proper|correct|latest|there (?:is|are|should be))\s+)+/i
const NONE = /^(?:no|zero|0|without(?: any)?|absence of|free of)\s+(?!longer\b|later\b)/i
const PREPOSITION =
  /\s(?:for|of|in|on|to|with|without|from|at|by|under|per|across|between|against|after|before|during|via|using|as|than|that|which|when|if|where|while|who|until|since|behind|into|over|through|within|about|around|regarding)(?:\s.*)?$/i
/** "Test the job manually", "backup on §", "tag v1.2.0": neither is part of the thing. */
const ADVERBS = /\s+(?:\w+ly|again|still|now|§|#?\d+|v?\d+(?:\.\d+)+|[\w-]+(?:\.[a-z-]+)*\.(?:com|org|net|io|dev))$/i
/** "Status of the queue" is about the queue's status. */
const OF_WHAT =
  /^(?:(?:number|count|amount|percentage|share|list|set|copy|copies|version|status|state|health|availability|existence|presence|creation|functionality|functioning|performance|behaviou?r|size|integrity|correctness|success|rest|results?|output|validity|expiry|expiration|usage)\s+of|(?:(?:sudden|sharp|significant|unexpected) )?(?:increase|spikes?|growth|drop|decrease|change|degradation|regressions?)\s+in)\s+(?:the\s+|all\s+|any\s+|each\s+)?/i

const LENGTH_MAX = 400
const CODES_MAX = 20

const NOTHING: Statement = {
  form: 'states',
  verb: null,
  subjects: [],
  predicate: null,
  negated: false,
  named: false,
  foreign: false,
}

/** Reads the sentence of an item: of what stands behind its label, or of the text as a whole. */
export function readStatement(text: string, code: readonly string[] = []): Statement {
  const none = NOTHING
  if (isForeign(text.slice(0, LENGTH_MAX)))
    return { ...none, foreign: true, form: isForeignOrder(text) ? 'tells' : 'states' }
  let words = joinPhrases(mainClause(withoutCode(text.slice(0, LENGTH_MAX), code))).replace(IN_FRONT, '')
  // "`git cherry-pick` the commits": the command is the verb.
  if (code.length > 0 && /^§ (?:the|a|an|all|any|each|your|our|to|from|into|on)\s/i.test(words))
    return { ...none, form: 'tells', verb: code[0] ?? null }
  if (/^(?:re-?)?run §/i.test(words) && TRIES.test(code[0] ?? '') && !/\bbuild\b/.test(code[0] ?? ''))
    return { ...none, form: 'looks', verb: 'run', subjects: ['tests'] }
  if (OPEN_QUESTION.test(words)) return { ...none, form: 'asks' }
  const question = CLOSED_QUESTION.exec(words)?.[0] ?? ''
  // "Does it use any database?" takes stock; it does not claim that one is used.
  if (question && TAKES_STOCK.test(words)) return { ...none, form: 'asks' }
  words = words.slice(question.length)
  const reached = /^(?:can|could|able)\b/i.test(question || words) ? REACHES.exec(words)?.[1] : undefined
  // "Can connect to the database": it is reachable.
  if (reached !== undefined) return { ...none, ...aboutOf(reached), predicate: 'reachable' }
  const order = readOrder(words, question !== '')
  if (order) return { ...none, form: order.form, verb: order.verb, ...aboutOf(order.rest) }
  return { ...none, ...aboutOf(words) }
}

/** The statement of an item, behind its label. */
export function statementOf({ text, label, code }: Pick<Item, 'text' | 'label' | 'code'>): Statement {
  // What kind an item is and who can tell are asked one after the other, of every item of documents of any size.
  if (last?.text === text && last.label === label && last.code === code) return last.statement
  const statement = readBehind(text, label, code)
  last = { text, label, code, statement }
  return statement
}

let last: (Pick<Item, 'text' | 'label' | 'code'> & { statement: Statement }) | null = null

function readBehind(text: string, label: string | null, code: readonly string[]): Statement {
  const statement = readStatement(behindLabel(text, label), code)
  const behind =
    label === null && statement.form === 'states' ? /^[^:]{2,60}:\s(?=\S)(.{3,})$/s.exec(text)?.[1] : undefined
  // "Chart.yaml: Update the version": an order behind a name.
  const order = behind === undefined ? null : readStatement(behind, code)
  return order?.form === 'tells' ? order : statement
}

/** The words behind the label; the whole text where there is nothing behind it. */
function behindLabel(text: string, label: string | null): string {
  const behind =
    label && text.startsWith(label) ? text.slice(label.length).replace(/^\s*(?:\([^)]*\)\s*)?[:：–—-]*\s*/, '') : text
  return behind.trim() === '' ? text : behind.trim()
}

/** Code and addresses take one letter's place, so that neither is read as a sentence. */
function withoutCode(text: string, code: readonly string[]): string {
  const words = text.includes('://') ? text.replace(/\bhttps?:\/\/[^\s)]+/gi, '§') : text
  return code.slice(0, CODES_MAX).reduce((rest, span) => (span.length > 1 ? rest.replace(span, '§') : rest), words)
}

/** The first sentence without asides, code behind a colon, marks in front. */
function mainClause(text: string): string {
  return (
    text
      .replace(/\([^()]*\)|\[[^[\]]*\]/g, ' ')
      .replace(/\s(?:as|per)\s(?:described|documented|defined|outlined|specified|listed|per|the|shown)\b.*$/is, '')
      .replace(/^[^\p{L}\p{N}§<>≤≥"“]+/u, '')
      // "T+30 min: Check the dashboard"
      .replace(/^T ?[+-] ?\d+\s?\w{0,7}\s*[:–—-]\s*/i, '')
      .replace(/(?<=\w)(?:[.;!?](?=\s|$)|\s+(?:[–—→|]|-{1,2})\s).*$/s, '')
      .replace(/(?:\s*[:：]\s*§[\s,]*|[\s:：.,;!?]+)$/u, '')
      .replace(/\s+/g, ' ')
      .trim()
  )
}

function aboutOf(words: string): Pick<Statement, 'subjects' | 'predicate' | 'negated' | 'named'> {
  const negated = NONE.test(words)
  const rest = words.replace(NONE, '').replace(DETERMINERS, '').replace(NONE, '').replace(OF_WHAT, '')
  // "It goes on": what it is stands in the label, and all of this is said of it.
  if (/^(?:it|they)\s/i.test(words))
    return { subjects: [], predicate: words.replace(/^\S+\s+/, '').toLowerCase(), negated, named: false }
  const tokens = rest.split(' ').filter(Boolean)
  const said = findPredicate(tokens)
  // "No unapplied migrations": a state in front of what there is none of only describes it.
  const found = negated && said?.front ? null : said
  const phrase = found ? (found.front ? tokens.slice(1) : tokens.slice(0, found.at)).join(' ') : rest
  const named = / §(?: |$)|^§/.test(` ${phrase}`)
  const predicate = found ? found.words.toLowerCase() : comparisonOf(rest)
  return { subjects: conjuncts(phrase), predicate, negated, named }
}

/** "Error rate < 1 %": what it is compared with. */
function comparisonOf(rest: string): string | null {
  return /[<>≤≥=].*$/.exec(rest)?.[0] ?? null
}

/** "CPU, memory and disk usage" is three. What follows a preposition only narrows it. */
function conjuncts(phrase: string): string[] {
  return phrase
    .toLowerCase()
    .replace(/\s*[<>≤≥=:].*$/s, '')
    .split(/\s*(?:,|\/(?=\s)|\band\b|\bor\b|&|\+)\s*/)
    .map((part) =>
      ` ${part}`
        .replace(PREPOSITION, '')
        .trim()
        .replace(DETERMINERS, '')
        .replace(/["“”'’]/g, '')
        .replace(ADVERBS, '')
        .trim(),
    )
    .filter(Boolean)
}
