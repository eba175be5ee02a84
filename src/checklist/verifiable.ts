// Who can tell whether an item is so: a machine, a person, an action to be done; or nobody knows yet.
import type { Item, Verifiable } from '../plan/plan.ts'
import type { Cluster } from './clusters/cluster.ts'
import { MACHINE } from './clusters/machine.ts'
import { PERSON, PERSON_STATES, ROLE } from './clusters/person.ts'
import { CORE, FORM, isSeen, PRODUCT, REVIEWED, RUNS } from './clusters/states.ts'
import { foreignTerm, isForeign } from './foreign.ts'
import { readStatement, statementOf, type Statement } from './statement.ts'
import { TRIES } from './verbs.ts'

/** A verdict with the cluster it comes from and the words that say so. */
export interface Verdict {
  verifiable: Verifiable
  /** "alerts configured"; null where nothing is recognised. */
  cluster: string | null
  words: string[]
}

/** What a long text is about stands at its beginning. */
const LENGTH_MAX = 1000

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
  const statement = statementOf(item)
  return (
    byCommand(item, statement) ??
    byName(item) ??
    (isForeign(item.text)
      ? null
      : (byStatement(withSubject(statement, item)) ?? byAddress(item, statement) ?? byLabel(item, statement))) ??
    byBound(item, bounds) ??
    byTerm(item) ?? { verifiable: 'unknown', cluster: null, words: [] }
  )
}

function byCommand({ kind, commands, text }: Judged, { form, subjects, predicate }: Statement): Verdict | null {
  if (commands.length === 0) return null
  const words = commands.map(({ script }) => script)
  const harmless = commands.every(({ script, looksOnly }) => looksOnly || TRIES.test(script))
  // Nothing is said but the command, or it is the sentence's verb.
  const alone = predicate === null && (subjects.every((subject) => subject === '§') || text.startsWith(words[0] ?? '§'))
  // A block that changes something, kept for when it is needed, is no check either.
  if (!harmless && (alone || kind === 'reference')) return { verifiable: 'action', cluster: 'step to do', words }
  if (form === 'tells') return { verifiable: 'action', cluster: 'step to do', words: [text] }
  if (form === 'asks') return null
  // What a command prints may be described in words that only a person can judge.
  const described = commands.some(({ expects }) => expects?.kind === 'described')
  return { verifiable: described ? 'person' : 'machine', cluster: 'a command to run', words }
}

const VARIABLE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:=\S*)?$/

const NAMES_MAX = 50

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

function byStatement(statement: Statement): Verdict | null {
  const { form, verb, subjects, predicate } = statement
  if (form === 'asks') return { verifiable: 'person', cluster: 'open question', words: [] }
  if (form === 'tells') return { verifiable: 'action', cluster: 'step to do', words: verb ? [verb] : [] }
  const person = personPart(statement)
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
  if (verb === 'review' && !(last?.cluster && REVIEWED.test(last.cluster.name)))
    return { verifiable: 'person', cluster: 'judgement of people', words: [verb] }
  if (!last?.cluster) {
    if (subjects.some((subject) => PRODUCT.test(subject))) return null
    const seen = predicate !== null && (RUNS.test(predicate) || (statement.named && isSeen(predicate)))
    return seen
      ? { verifiable: 'machine', cluster: 'reachable and running', words: [...(last ? [last.subject] : []), predicate] }
      : null
  }
  return { verifiable: 'machine', cluster: last.cluster.name, words: [last.subject, ...(predicate ? [predicate] : [])] }
}

function personPart({ subjects, predicate, verb }: Statement): Verdict | null {
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
  const found = PERSON.find((cluster) => cluster.subject.test(subject) && !closer(subject, cluster))
  return found && !(predicate !== null && found.not?.test(predicate)) ? found : null
}

function closer(subject: string, person: Cluster): boolean {
  const length = person.subject.exec(subject)?.[0].trim().length ?? 0
  const closest = MACHINE.some((cluster) => (cluster.subject.exec(subject)?.[0].trim().length ?? 0) > length)
  // "Log size issues" are about the size.
  return (
    closest ||
    (/(?:issues?|problems?)$/.test(subject) &&
      MACHINE.some((cluster) => cluster.subject.test(subject.replace(FORM, ''))))
  )
}

function machineCluster(subject: string, statement: Statement): Cluster | null {
  const fits = MACHINE.find((cluster) => cluster.subject.test(subject) && saidOf(cluster, statement))
  if (fits)
    return fits.name === 'services up' && PRODUCT.test(subject) && !CORE.test(statement.predicate ?? '') ? null : fits
  const shorter = subject.replace(FORM, '')
  return shorter === subject ? null : machineCluster(shorter, statement)
}

function saidOf(cluster: Cluster, { predicate, form, negated, verb }: Statement): boolean {
  if (predicate === null) {
    if (negated) return true
    if (verb === 'test') return cluster.bare !== false || cluster.tested === true
    // To look at "logs" is to look at a machine's; a bare "pages" is whatever a team makes of it.
    return form === 'looks' || cluster.bare !== false
  }
  if (cluster.not?.test(predicate)) return false
  return cluster.states ? cluster.states.test(predicate) : isSeen(predicate)
}

/** The label decides where the statement says nothing known: "**Load Balancer**: two zones". */
function byLabel({ text, label, code }: Judged, { predicate }: Statement): Verdict | null {
  // Something else is said: that only a test could tell.
  if ((predicate !== null && !isSeen(predicate)) || /\[[^\]]*\]/.test(text)) return null
  const [front] = label === null ? (/^([^:]{2,40}):\s/.exec(text)?.slice(1) ?? []) : [label]
  if (!front) return null
  const statement = readStatement(front, code)
  if (statement.form === 'tells' || statement.form === 'asks') return null
  if (statement.subjects.some((subject) => ROLE.test(subject)))
    return { verifiable: 'person', cluster: 'people informed or ready', words: [front] }
  const verdict = byStatement(statement)
  return verdict && { ...verdict, words: [front] }
}

const MEASURED = /^(?:percent|ms|bytes|bytes-per-second|per-second)$/
const PEOPLE_COUNT =
  /\b(?:users|testers|people|customers|members|satisfaction|csat|nps|readiness|feedback|reviews?|interviews?|surveys?)\b/i

/** A number that something measures. A count of people is none, nor is a figure in brackets behind a function's name. */
function byBound({ text }: Judged, bounds: Judged['thresholds']): Verdict | null {
  const bound = bounds.find(({ value }) => value !== null)
  if (!bound || PEOPLE_COUNT.test(text)) return null
  const at = text.indexOf(bound.text)
  const aside = at > 0 && text.lastIndexOf('(', at) > text.lastIndexOf(')', at)
  if (aside || !MEASURED.test(bound.unit ?? '')) return null
  return { verifiable: 'machine', cluster: 'a bound with a number', words: [bound.text] }
}

function byTerm({ text }: Judged): Verdict | null {
  const term = foreignTerm(text)
  return term === null ? null : { verifiable: 'machine', cluster: 'technical term', words: [term] }
}
