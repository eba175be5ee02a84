// Verbs that an item's sentence begins with: orders to change something, orders to look, and nouns that only look like either.
import { findPredicate, isLoosePredicate } from './predicates.ts'
import { wordsOf } from './word-sets.ts'

/** Orders to change something. */
const TELLS = wordsOf`
  accept activate add address adjust allow announce apply approve archive assign attach back back-up backfill backup
  begin block book bring build bump cancel capture change cherry-pick clean cleanup clear click clone close
  collect commit communicate complete configure connect consider continue convert coordinate copy cordon
  create cut decide declare decommission decrease define delete deliver deploy deprecate describe design
  destroy develop direct disable discuss dispatch distribute document don't download draft drain drop edit
  email enable enforce enter escalate establish evict execute export extend extract fetch fill finalize find
  fix flip flush follow freeze gather generate get give go grant hand harden hold identify implement import
  improve increase inform initialize initiate inject input insert install integrate invalidate investigate
  invite keep kill launch leave link list load lock log lower make manage mark merge migrate minimize mitigate
  modify mount move navigate notify obtain open optimize order organize package patch pause perform pick place
  plan populate post pr prepare prevent prime prioritize proceed process promote propose protect provide
  provision publish pull purge push put raise ramp re-enable read rebase reboot rebuild reconfigure record
  recover redeploy redirect reduce refactor refresh register reindex release reload remember remove rename
  renew replace report request reschedule reserve reset resolve respond restart restore restrict resume retire
  return revert revoke roll rollback rotate run save scale schedule seed select send separate set set-up setup share
  shift ship show shut sign start stop store submit subscribe swap switch sync synchronize tag take tear
  terminate toggle train transfer trigger try turn unblock uncordon understand undo unlock unpack unzip update
  upgrade upload use vacuum wait warm warm-up whitelist wipe write`
/** Orders that are nouns or adjectives as often: only these need a second look. */
const ALSO_NOUN = wordsOf`
  access address archive audit back-up backup block book build bump cancel change check clean cleanup clear close
  commit communicate compare complete conduct contact copy curl cut deploy design direct do document draft
  drop email end execute export fix flush freeze grant grep import increase input invite kill launch link list
  load lock log mark measure merge monitor mount move open order package patch pause perform ping place plan
  post pr probe process pull purge push raise re-test record refresh release reload report request reset
  respond restart restore retest return review roll run save scale scan schedule seed set setup share
  shift ship show sign smoke start stop store stress submit support swap switch sync tag test track train
  transfer trigger turn update upgrade upload use visit wait warm warm-up watch write`
/** Orders to look, with the words that lead on to what is looked at. */
const LOOKS =
  /^(?:double[- ]check|re-?check|smoke[- ]test|load[- ]test|stress[- ]test|make sure|see (?:that|if|whether)|look (?:at|for|into)|keep an eye on|visit|(?:wait|watch) (?:for|until)|(?:re-?)?test|verify|check|confirm|ensure|validate|monitor|watch|inspect|review|observe|measure|track|compare|audit|scan|probe|ping|grep|curl|examine|analy[sz]e|assess|lint|assert)(?=[\s:]|$)\s*(?:that|if|whether|for|on|whether or not|again)?\s*/i
/** "Run the test suite" looks; "run migrations" does not. */
const LOOKS_BY_RUNNING =
  /^(?:re-?run|run|execute|perform|conduct|do)\s+(?:(?:the|a|an|all|full|final|complete|our|basic|quick|automated|production|post-deploy(?:ment)?|pre-deploy(?:ment)?)\s+)*(?=.*\b(?:tests?|testing|suites?|checks?|validations?|validators?|verification|audits?|scans?|lint\w*|smoke|analysis|benchmarks?|dry[- ]run|e2e)\b)/i
/** Never a noun. */
const ONLY_VERB =
  /^(?:verify|ensure|confirm|validate|inspect|observe|make sure|double[- ]check|re-?check|see (?:that|if|whether)|examine|(?:wait|watch|look) for|check (?:that|if|whether|for))\b/i
/** What follows an order and no noun: "Deploy the API", "Scale up". */
const OBJECT =
  /^(?:the|a|an|all|any|each|every|both|your|our|this|that|these|those|its|it|them|new|up|out|off|back|to|from|into|with|on|in|for|at)$/i
/** Orders that as nouns stand in front of another one: "Sync status". */
const IN_FRONT_OF_NOUN = wordsOf`
  access backup build cache change click commit deploy download drop email export import
  input install link load lock log merge migrate mount order package patch process pull purge push reload request
  restart restore retry return roll run scale scan search seed store support sync tag transfer
  trigger upload use wait`
/** States, measures and parts of things: never what an order changes. "Sync the status of orders" has its article. */
const PART =
  /^(?:functionality|statistics|stats|state|status|size|sizes|times?|duration|latenc(?:y|ies)|rates?|ratio|counts?|volume|speed|throughput|performance|progress|frequency|depth|history|summary|integrity|percentage|utili[sz]ation|coverage|results?|failures?|accuracy|behaviou?r|retention|validation|verification|review|procedures?|strateg(?:y|ies)|plans?|polic(?:y|ies)|levels?|points?|formats?|management|handling|processing|monitoring|aggregation|balancing|completion|capability|success|quality|metrics|limits?|thresholds?)$/i
/** Nouns that look like an order: "Release notes", "Push notifications". */
const COMPOUND = startsWith`
  
  release (?:notes?|branch|candidate|version|manager|engineer\w*|tags?|plan|date|process|artifacts?|train|checklist),
  build (?:artifacts?|pipelines?|process|logs?|number|servers?|version|output|errors?|warnings?),
  push notifications?, update (?:mechanism|process|channel), run ?(?:time|book),
  merge (?:conflicts?|requests?), submit buttons?, post[- ](?:deploy\w*|launch|release|mortem),
  import errors?,
  log (?:rotation|files?|shipping|collection|analysis|groups?),
  test (?:coverage|results?|plans?|cases?|suites?|data|environment|accounts?|users?|mode|reports?|scripts?),
  monitor(?:ing)? (?:dashboards?|alerts?),
  backup (?:schedule|storage|jobs?|scripts?|system|files?|process|location|encryption|restor\w+|and),
  restore (?:process|tests?), toggle scripts?,
  deploy (?:keys?|scripts?|pipelines?|previews?|process), design (?:doc\w*|review|system),
  support (?:team|tickets?|staff|contacts?|channels?|documentation|url|email),
  email (?:delivery|templates?|service|provider|verification|notifications?|alerts?|addresses|config\w*),
  access (?:logs?|controls?|tokens?|keys?|rights|to), order (?:management|processing|creation|flow|service),
  process (?:documentation|manager), rollback(?! (?:if|to|the|all|immediately)\b), report (?:generation|page),
  request (?:logging|tracing|timeouts?|ids?), separate (?!the\b|all\b|out\b|from\b),
  document(?:ation|s?)? (?:management|storage|upload),
  scale (?:test\w*|policies), load balanc\w+, link (?:checks?|checker),
  review (?:process|meeting|screen|page), audit (?:logs?|logging|trails?), scan results?, lock files?,
  plan (?:reviewed|documented|approved|ready), schedule (?:confirmed|communicated|agreed), share links?,
  set of, use cases?, start ?up, sign-?off, sign[- ](?:up|in), hand-?(?:off|over), follow-?up,
  go[ -/]+(?:no|live), contact (?:info\w*|list|form|details), show ?case,
  complete (?:user|verification|test|flow|end), trigger (?:conditions?|rules?), store (?:listing|page),
  seed data, record counts?, list (?:view|page), mark(?:eting|down), order`
/** Orders that change nothing where what they run only looks: "List the pods". */
export const SHOWS = /^(?:get|show|list|run|execute|try|find|fetch|view|print|describe|query|count)$/
/** Programs that look by their name. */
export const TRIES =
  /\b(?:tests?|lint|check|audit|verify|validate|build|tsc|pytest|jest|vitest|e2e|status|scan)(?:\b|_)|(?:^|[_/-])(?:test|check|verify|e2e|smoke)/i

export interface Order {
  form: 'tells' | 'looks'
  verb: string
  /** The words behind the verb. */
  rest: string
}

/** The order a clause begins with, or null where it states something. A question never tells to do anything. */
export function readOrder(words: string, isQuestion: boolean): Order | null {
  const looks = (LOOKS.exec(words) ?? LOOKS_BY_RUNNING.exec(words))?.[0]
  // "Test coverage above 80 %", "Check results recorded": a noun in front after all.
  if (looks !== undefined && (ONLY_VERB.test(words) || !isNounFirst(words)))
    return { form: 'looks', verb: firstWord(looks), rest: words.slice(looks.length) }
  const verb = firstWord(words)
  if (isQuestion || !TELLS.has(verb) || isNounFirst(words) || isPartOf(words) || !allTell(words)) return null
  return { form: 'tells', verb, rest: words.slice(verb.length).trim() }
}

/** "Sync status", "Request rates": what is measured of the thing that the order's word names. */
function isPartOf(words: string): boolean {
  const [first = '', second = '', third = ''] = words.split(' ')
  // "Log results to the wiki"
  if (/^(?:to|into|from|with)$/i.test(third)) return false
  return PART.test(second) && IN_FRONT_OF_NOUN.has(first.toLowerCase())
}

/** "Create/update the record" tells; "Email/push services" is a noun. */
function allTell(words: string): boolean {
  const first = /^\S+/.exec(words)?.[0].toLowerCase() ?? ''
  return !first.includes('/') || first.split('/').every((word) => TELLS.has(word) || word === '')
}

function firstWord(words: string): string {
  return /^[\w'-]+/.exec(words)?.[0].toLowerCase() ?? ''
}

/** A word that can be a verb is a noun where it stands in a known compound or the sentence has its verb further on. */
function isNounFirst(words: string): boolean {
  const [first = '', second = ''] = words.split(' ')
  if (COMPOUND.test(words)) return true
  if (/^(?:start|stop|pause|resume|begin|keep)$/i.test(first) && second.endsWith('ing')) return false
  if (!ALSO_NOUN.has(first.toLowerCase()) || OBJECT.test(second)) return false
  const found = findPredicate(words.split(' '))
  if (!found) return /^[\w-]+(?: [\w-]+){0,3}\s*(?:[:=]?\s*[<>≤≥=]|[:–-]\s*(?:pass|ok|done))/i.test(words)
  // "Update the service with refund processing": part of the object.
  if (/^\w+ing$/.test(found.words) && /\s(?:with|for|of|by|to)\s/.test(words)) return false
  return found.at > 0 && !isLoosePredicate(found.words) && !/^(?:is|are)\b/i.test(found.words)
}

/** A pattern for one of the phrases between the commas, whole, at the start. */
function startsWith(list: TemplateStringsArray): RegExp {
  const phrases = (list.raw[0] ?? '').split(',').map((phrase) => phrase.trim())
  return new RegExp(String.raw`^(?:${phrases.join('|')})\b`, 'i')
}
