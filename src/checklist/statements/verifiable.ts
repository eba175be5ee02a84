// Who can tell whether an item is so: a machine, a person, an action to be done; or nobody knows yet.
import type { Item, Verifiable } from '../../plan/plan.ts'
import type { Cluster } from './clusters/cluster.ts'
import { MACHINE } from './clusters/machine.ts'
import { PERSON, PERSON_STATES, ROLE } from './clusters/person.ts'
import { CORE, FORM, isSeen, LOOKED_AT, PRODUCT, REVIEWED, RUNS, SERVES, UNNAMED } from './clusters/states.ts'
import { foreignPerson, foreignTerm } from './foreign.ts'
import { readStatement, statementOf, type Statement } from './statement.ts'
import { SHOWS, TRIES } from './verbs.ts'

/** A verdict with the cluster it comes from and the words that say so. */
export interface Verdict {
  verifiable: Verifiable
  /** "alerts configured"; null where nothing is recognised. */
  cluster: string | null
  words: string[]
}

/** What a long text is about stands at its beginning. */
const LENGTH_MAX = 1000

const UNKNOWN: Verdict = { verifiable: 'unknown', cluster: null, words: [] }

type Judged = Pick<Item, 'kind' | 'text' | 'label' | 'code' | 'thresholds' | 'blanks' | 'commands' | 'choices'>

/** See `judge`; without the reason. */
export function verifiableBy(item: Judged): Verifiable {
  return judge(item).verifiable
}

/**
 * Judges by shape first (a command, variables by name), then by what the sentence is about and what it says of that, then by the
 * label, then by a bound with a number. A person's part outweighs a machine's; nothing recognised is `unknown`.
 */
export function judge(given: Judged): Verdict {
  const item = given.text.length > LENGTH_MAX ? { ...given, text: given.text.slice(0, LENGTH_MAX) } : given
  if (item.kind === 'action') return { verifiable: 'action', cluster: 'step to do', words: [item.text] }
  if (item.kind === 'poll') return { verifiable: 'person', cluster: 'approved and signed', words: [item.text] }
  const bounds = [...item.thresholds, ...item.blanks.flatMap(({ target }) => target ?? [])]
  if (item.kind === 'record' && bounds.length === 0)
    return { verifiable: 'person', cluster: 'to be filled in', words: [item.text] }
  const verdict = byWords(item, bounds)
  // An order is the business of its kind: what has the form of one and is none, nobody knows yet.
  return verdict.verifiable === 'action' && item.kind !== 'reference' ? UNKNOWN : verdict
}

function byWords(item: Judged, bounds: Judged['thresholds']): Verdict {
  const statement = statementOf(item)
  return (
    byCommand(item, statement) ??
    byName(item) ??
    bySetting(item, statement) ??
    (statement.foreign
      ? null
      : (byMeasuredLabel(item, bounds) ??
        byStatement(withSubject(statement, item), bounds.some(isMeasured)) ??
        byAddress(item, statement) ??
        byLabel(item, statement))) ??
    byBound(item, statement, bounds) ??
    byTerm(item) ??
    UNKNOWN
  )
}

function byCommand({ kind, commands, text }: Judged, { form, verb, subjects, predicate }: Statement): Verdict | null {
  if (commands.length === 0) return null
  const words = commands.map(({ script }) => script)
  const harmless = commands.every(({ script, looksOnly }) => looksOnly || TRIES.test(script))
  // Nothing is said but the command, or it is the sentence's verb.
  const alone =
    predicate === null &&
    ((subjects.length > 0 && subjects.every((subject) => subject === '§')) || text.startsWith(words[0] ?? '§'))
  // A block that changes something, kept for when it is needed, is no check either.
  if (!harmless && form !== 'looks' && (alone || kind === 'reference'))
    return { verifiable: 'action', cluster: 'step to do', words }
  const shows = verb !== null && SHOWS.test(verb) && commands.every(({ looksOnly }) => looksOnly)
  if (form === 'tells' && !shows) return { verifiable: 'action', cluster: 'step to do', words: [text] }
  if (form === 'asks' || (predicate !== null && ON_PAPER.test(predicate))) return null
  // "`rollback.sh` tested": to run it again would change something.
  if (!harmless && predicate !== null && TRIED.test(predicate)) return UNKNOWN
  // What a command prints may be described in words that only a person can judge.
  const described = commands.some(({ expects }) => expects?.kind === 'described')
  return { verifiable: described ? 'person' : 'machine', cluster: 'a command to run', words }
}

/** "Documented", "approved": whatever it is said of. */
const saidByPerson = (predicate: string | null): boolean =>
  predicate !== null && PERSON_STATES.some(({ states }) => states.test(predicate))

/** Said of a command: it is written down, or people agreed to it. */
const ON_PAPER = /^(?:is |are )?(?:documented|described|approved|agreed|written down)\b/

/** Said of a command: somebody ran it before. */
const TRIED = /^(?:(?:is|was|has been|successfully|fully) )*(?:tested|verified|validated|rehearsed|checked)\b/

const VARIABLE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:=\S*)?$/

const NAMES_MAX = 50
/** A variable by name, perhaps with the value it should have. */
const SETTING = /^[A-Z][A-Z0-9_]*(?:_[A-Z0-9]+|\s*[<>=]=?\s*\S+)$/
/** What is said of a variable's value. */
const HOLDS =
  /^[\s\S]{0,40}?\b(?:is|are|not|points?|lists?|uses?|contains?|has|matches|match|includes?|holds|starts with)\s/

/** Nothing but names of variables: they are to be set. */
function byName({ text, code }: Judged): Verdict | null {
  const names = code.filter((span) => VARIABLE.test(span))
  if (names.length === 0 || names.length < code.length || names.length > NAMES_MAX) return null
  const rest = names.reduce((words, name) => words.replace(name, ''), text).replace(/\([^)]*\)/g, '')
  return /^[\s,;:&/–—-]*(?:and|set|configured|defined|present|is|are)?[\s,;:-]*$|\b(?:set|configured|defined)\b/i.test(
    rest,
  )
    ? { verifiable: 'machine', cluster: 'environment and configuration set', words: names }
    : null
}

/** "`DEBUG=false`", "`ALLOWED_ORIGINS` lists only ours": what a variable in front holds. */
function bySetting({ text, code }: Judged, { form, predicate }: Statement): Verdict | null {
  const [name] = code
  if (name === undefined || form !== 'states' || !text.startsWith(name) || !SETTING.test(name)) return null
  if (saidByPerson(predicate)) return null
  const behind = text.slice(name.length)
  return /[<>=]/.test(name) || HOLDS.test(behind)
    ? { verifiable: 'machine', cluster: 'environment and configuration set', words: [name] }
    : null
}

/** "**Database**: healthy" is said of what the label names. */
function withSubject(statement: Statement, { text, label, code }: Judged): Statement {
  if (
    statement.subjects.length > 0 ||
    statement.predicate === null ||
    label === null ||
    label === text ||
    statement.form === 'tells'
  )
    return statement
  return { ...statement, subjects: readStatement(label, code).subjects }
}

/** "Check https://...": whoever looks there sees it. */
function byAddress({ text }: Judged, { form, verb }: Statement): Verdict | null {
  if (form !== 'looks' || verb === 'review') return null
  const address = /https?:\/\/[^\s)]+|\b[\w-]+\.(?:com|org|io|net|dev)\/\S*/.exec(text)?.[0]
  const searched = /^(?:grep|ping|curl)$/.test(verb ?? '')
  return address || searched
    ? { verifiable: 'machine', cluster: 'an address to look at', words: [address ?? verb ?? ''] }
    : null
}

function byStatement(statement: Statement, bounded = false): Verdict | null {
  const { form, verb, subjects, predicate } = statement
  if (form === 'asks') return { verifiable: 'person', cluster: 'open question', words: [] }
  if (form === 'tells') return { verifiable: 'action', cluster: 'step to do', words: verb ? [verb] : [] }
  const person = personPart(statement, bounded)
  if (person) return person
  // "Deployed to staging": the release itself is meant.
  if (
    subjects.length === 0 &&
    predicate &&
    /^(?:deployed|built|tagged|pushed|merged|released|published|installed)\b/.test(predicate)
  )
    return { verifiable: 'machine', cluster: 'services up', words: [predicate] }
  if (subjects.length === 0 || subjects.some((subject) => /\b(?:manual|visual|exploratory)\b/.test(subject)))
    return null
  if (predicate && /\b(?:recovered|restored) from\b/.test(predicate))
    return { verifiable: 'machine', cluster: 'restore tested', words: [predicate] }
  const found = subjects.map((subject) => ({ subject, cluster: machineCluster(subject, statement) }))
  const last = found.at(-1)
  if (verb !== null && ASSESSES.test(verb))
    return { verifiable: 'person', cluster: 'judgement of people', words: [verb] }
  if (verb === 'review' && !(last?.cluster && REVIEWED.test(last.cluster.name)))
    return { verifiable: 'person', cluster: 'judgement of people', words: [verb] }
  if (!last?.cluster) {
    if (subjects.some((subject) => PRODUCT.test(subject))) return null
    if (subjects.some((subject) => UNNAMED.test(subject))) return null
    // "Popularity aggregation running": an activity of the team's own program.
    if (
      !statement.named &&
      /(?:[ts]ion|sis)$/.test(last?.subject ?? '') &&
      /^(?:running|works|working)\b/.test(predicate ?? '')
    )
      return null
    const seen = predicate !== null && (RUNS.test(predicate) || (statement.named && isSeen(predicate)))
    return seen
      ? { verifiable: 'machine', cluster: 'reachable and running', words: [...(last ? [last.subject] : []), predicate] }
      : null
  }
  return { verifiable: 'machine', cluster: last.cluster.name, words: [last.subject, ...(predicate ? [predicate] : [])] }
}

/** To look is not enough for it. */
const ASSESSES = /^(?:assess|analy[sz]e|evaluate)$/

function personPart({ subjects, predicate, verb }: Statement, bounded: boolean): Verdict | null {
  const about = subjects
    .map((subject) => ({ subject, cluster: personCluster(subject, predicate) }))
    .find(({ cluster }) => cluster)
  if (about?.cluster)
    return {
      verifiable: 'person',
      cluster: about.cluster.name,
      words: [about.subject, ...(predicate ? [predicate] : [])],
    }
  const said = PERSON_STATES.find(({ states }) => predicate !== null && states.test(predicate))
  // "Reasonable (< 300 KB)": the figure says what is.
  if (bounded && said?.name === 'judgement of people') return null
  if (!said || predicate === null) return null
  // "Code reviewed", "logs reviewed": the review is in the repository, the log is there for every reader.
  if (
    /\breviewed\b/.test(predicate) &&
    subjects.some((subject) => /(?:code|prs?|pull requests?|logs?|metrics|alerts|changes)$/.test(subject))
  )
    return null
  return { verifiable: 'person', cluster: said.name, words: [...(verb ? [verb] : []), predicate] }
}

/** A cluster of a person's, unless a machine's own names the same noun more closely: "compliance tests", "runbook server". */
function personCluster(subject: string, predicate: string | null): Cluster | null {
  const found = PERSON.matches(subject).find(({ length }) => !namedCloser(subject, length))?.cluster
  return found && !(predicate !== null && found.not?.test(predicate)) ? found : null
}

function namedCloser(subject: string, personLength: number): boolean {
  return (
    MACHINE.matches(subject).some(({ length }) => length > personLength) ||
    // "Log size issues" are about the size.
    (/(?:issues?|problems?)$/.test(subject) && MACHINE.matches(subject.replace(FORM, '')).length > 0)
  )
}

function machineCluster(subject: string, statement: Statement): Cluster | null {
  const fits = MACHINE.matches(subject).find(({ cluster }) => saidOf(cluster, statement))?.cluster
  if (fits) return fits.name === 'services up' && isOwnFunction(subject, statement.predicate ?? '') ? null : fits
  const shorter = subject.replace(FORM, '')
  return shorter === subject ? null : machineCluster(shorter, statement)
}

/** What a thing of the team's own is for: whether it does that, only a test of the team's own can tell. */
function isOwnFunction(subject: string, predicate: string): boolean {
  if (PRODUCT.test(subject) && !CORE.test(predicate)) return true
  if (SERVES.test(predicate)) return true
  // "Loyalty system functional"; a "logging system" is known.
  const purpose = /^(?!(?:all|core|critical|main|production|staging|external|internal)\s)(.+)\ssystems?$/.exec(
    subject,
  )?.[1]
  return purpose !== undefined && /^(?:functional|functioning|work)/.test(predicate) && !isKnown(purpose)
}

/** Whether a machine knows the thing, whatever is said of it. */
function isKnown(subject: string): boolean {
  return MACHINE.matches(subject).length > 0 || MACHINE.matches(subject.replace(FORM, '')).length > 0
}

function saidOf(cluster: Cluster, { predicate, form, negated, verb }: Statement): boolean {
  if (predicate === null) {
    if (negated) return true
    if (verb === 'test') return cluster.bare !== false || cluster.tested === true
    // To look at "logs" is to look at a machine's; a bare "pages" is whatever a team makes of it.
    return form === 'looks' || cluster.bare !== false
  }
  if (cluster.not?.test(predicate)) return false
  if (LOOKED_AT.test(predicate)) return true
  return cluster.states ? cluster.states.test(predicate) : isSeen(predicate)
}

/** The label decides where the statement says nothing known: "**Load Balancer**: two zones". */
function byLabel({ text, label, code }: Judged, { predicate }: Statement): Verdict | null {
  // Something else is said: that only a test could tell.
  if ((predicate !== null && (!isSeen(predicate) || SERVES.test(predicate))) || /\[[^\]]*\]/.test(text)) return null
  const [front] = label === null ? (/^([^:]{2,40}):\s/.exec(text)?.slice(1) ?? []) : [label]
  if (!front) return null
  const statement = readStatement(front, code)
  if (statement.form === 'tells' || statement.form === 'asks') return null
  if (statement.subjects.some((subject) => ROLE.test(subject)))
    return { verifiable: 'person', cluster: 'people informed or ready', words: [front] }
  const verdict = byStatement(statement)
  return verdict && { ...verdict, words: [front] }
}

/** "**Page size < 2 MB** - images compressed": a label with the figure is what is to be so; the rest explains. */
function byMeasuredLabel(item: Judged, bounds: Judged['thresholds']): Verdict | null {
  const { label, text, code } = item
  if (label === null || label === text || !/[<>≤≥]=?\s*\d/.test(label)) return null
  return byBound({ ...item, text: label }, readStatement(label, code), bounds)
}

const isMeasured = ({ value, unit }: Judged['thresholds'][number]): boolean =>
  value !== null && MEASURED.test(unit ?? '')

const MEASURED = /^(?:percent|ms|bytes|bytes-per-second|per-second)$/
const PEOPLE_COUNT =
  /\b(?:maintainers|team|stakeholders|(?:decision|detection|acknowledge?ment|escalation|verification|resolution) time|users|testers|people|customers|members|satisfaction|csat|nps|readiness|feedback|reviews?|interviews?|surveys?)\b/i

/**
 * A number that something measures. A count of people is none, nor is a figure in brackets behind a function's name; of what
 * a machine knows it is: "Bundle size is reasonable (< 300 KB)".
 */
function byBound({ text }: Judged, { subjects, predicate }: Statement, bounds: Judged['thresholds']): Verdict | null {
  const bound = bounds.find(({ value }) => value !== null)
  if (!bound || PEOPLE_COUNT.test(text) || /\b(?:defined|agreed|documented)\b/.test(predicate ?? '')) return null
  const at = text.indexOf(bound.text)
  const aside = at > 0 && text.lastIndexOf('(', at) > text.lastIndexOf(')', at)
  const known = subjects.some(isKnown)
  if (!known && (aside || !MEASURED.test(bound.unit ?? ''))) return null
  return { verifiable: 'machine', cluster: 'a bound with a number', words: [bound.text] }
}

function byTerm({ text }: Judged): Verdict | null {
  const term = foreignTerm(text)
  if (term !== null) return { verifiable: 'machine', cluster: 'technical term', words: [term] }
  const person = foreignPerson(text)
  return person === null ? null : { verifiable: 'person', cluster: 'people and documents', words: [person] }
}
