// What each phase of a document is for: its words weighed against what stands under it, what it is part of and where it stands.
import type { Anchor, PhaseKind } from '../../plan/plan.ts'
import { kindWithin } from './phase-nesting.ts'
import { phaseOutline, type OutlineNode, type PhaseSummary, type Places } from './phase-outline.ts'
import { AFTER, BEFORE, STANDING } from './phase-words.ts'
import { entriesOf, type SectionContent } from './section-content.ts'

/** A kind, and in one sentence why. */
export interface PhaseVerdict {
  kind: PhaseKind
  why: string
  /** Nothing but its place says so: parts that say otherwise do. */
  placed?: boolean
}

/** Kinds of all phases of a document, in its order. Takes time linear in their number. */
export function phaseKindsOf(summaries: readonly PhaseSummary[]): PhaseVerdict[] {
  const outline = phaseOutline(summaries)
  const verdicts: PhaseVerdict[] = []
  for (const node of outline.nodes) {
    const parent = node.parent === null ? null : verdicts[node.parent.index]
    verdicts.push(
      node === outline.title || node.level === 0
        ? atTitle(node, outline.places)
        : node.parent === null || node.parent === outline.title || !parent
          ? atTop(node, outline.places)
          : within(node, parent, outline.places),
    )
  }
  return verdicts
}

/** What stands directly under the document's title is before everything else, or all there is. */
function atTitle(node: OutlineNode, places: Places): PhaseVerdict {
  const { content, entries } = node
  if (content.boxes + content.steps + content.tables + content.fences === 0)
    return because('notes', 'it names the document')
  const tells = places.execute === -1 && places.steps && content.deeds * 2 > entries
  return because(tells ? 'execute' : 'readiness', 'it stands before all sections')
}

function atTop(node: OutlineNode, places: Places): PhaseVerdict {
  const { own, anchor, content, rank } = node
  if (!node.holds && own.weight < 3) return because('notes', 'nothing to do stands under it')
  if (rank === 0 && own.weight < 3 && node.listsOnly && places.boxed)
    return because('notes', 'it stands below the title and has nothing to do')
  if (places.timeless && isRequirement(node, places))
    return because('readiness', 'the document lists what must be so before a release')
  if (places.back && isWayBack(node)) return because('rollback', 'the document tells the way back')
  // Commands of the release are the release where nothing else is.
  if (own.kind === 'reference' && places.execute === -1 && RELEASE_COMMANDS.test(own.title))
    return because('execute', 'no other section releases')
  if (own.kind === 'verify' && rank < places.execute && !AFTER.pattern.test(own.title) && anchor === null)
    return because('readiness', 'it looks at what is so before the release')
  if (isExplicit(node)) return because(own.kind, `its heading says so: "${own.words}"`)
  if (anchor && !isPlanned(node, places)) return byAnchor(anchor)
  if (CRITERIA.test(content.lead)) return because('success', 'its first words say what success is')
  if (own.kind === 'execute' && (onlyLooks(node) || TESTS.test(own.title)))
    return because('verify', 'it only looks at what was done')
  if (own.kind === 'verify' && own.weight === 2 && isSetUp(node, places))
    return because('readiness', 'it sets up what is watched later')
  if (own.weight >= 2) return because(own.kind, `its heading speaks of it: "${own.words}"`)
  const covered = coveredBy(node)
  if (covered) return because(covered, 'most of its parts are')
  const told = byContent(content)
  if (told) return told
  if (isLookUp(node)) return because('reference', 'it is a table to look up')
  if (node.listsOnly && places.boxed && (node.all.looks + node.all.deeds) * 2 <= node.all.entries)
    return because('notes', 'it lists nothing to tick or to do')
  return { ...byPlace(node, places), placed: true }
}

function within(node: OutlineNode, parent: PhaseVerdict, places: Places): PhaseVerdict {
  const { own, content } = node
  const main = node.parent
  if (main && parent.kind === 'execute' && (own.weight < 2 || own.kind === 'verify')) {
    const { before, execute, after } = main.parts
    if (after >= 0 && node.rank > after) return because('verify', 'it stands behind a part that says after')
    if (before >= 0 && after >= 0 && node.rank < execute && own.kind !== 'execute')
      return because('readiness', 'it stands ahead of the part that releases')
  }
  if (places.timeless && own.kind === 'verify' && !AFTER.pattern.test(own.title))
    return because(parent.kind, 'it is part of such a section')
  if (parent.kind === 'notes') {
    const told = node.children.length === 0 && content.boxes + content.steps + content.fences === 0
    if ((told || node.listsOnly) && IN_PASSING.has(own.kind) && !saysWhen(own.title))
      return because('notes', 'it is part of such a section')
    if (own.weight >= 2 && own.kind !== 'notes') return because(own.kind, `its heading says so: "${own.words}"`)
    return node.boxes > 0 && own.kind !== 'notes'
      ? atTop(node, places)
      : because('notes', 'it is part of such a section')
  }
  // "Deployment" among parts of which a later one says "after" is the release, whatever they stand under.
  const amidst = main !== null && main.parts.after > node.rank
  if ((parent.placed || amidst) && parent.kind === 'readiness' && own.kind === 'execute' && DEPLOYS.test(own.title))
    return because('execute', `its heading says so: "${own.words}"`)
  // "T-24h" and "T-0" say when, whatever they are listed under.
  if (
    parent.kind === 'verify' &&
    node.anchor &&
    /^\W*T\s?[-\u2212\u2013+]\s?\d/iu.test(node.anchor.text) &&
    node.anchor.fromMs <= 0
  )
    return byAnchor(node.anchor)
  const kind = kindWithin(parent.kind, node)
  if (kind === parent.kind) return because(kind, 'it is part of such a section')
  if (kind === 'notes' && (node.boxes > 0 || content.fences > 0))
    return because(parent.kind, 'it is part of such a section')
  return because(kind, own.words === '' ? 'what it lists says so' : `its heading says so: "${own.words}"`)
}

/** Kinds that need something to do or to run, where only told of in bullets and prose. */
const IN_PASSING: ReadonlySet<PhaseKind> = new Set(['execute', 'verify', 'rollback'])

function saysWhen(title: string): boolean {
  return BEFORE.pattern.test(title) || AFTER.pattern.test(title)
}

/** Names a test, not a release. */
const TESTS = /^test(?:s|ing)?\b/

/** "Deployment commands", "Build & run commands". */
const RELEASE_COMMANDS = /^(?:deploy(?:ment)?|release|migration|launch|build) (?:(?:&|and) \w+ )?commands\W*$/

/** A deployment itself, not the pipeline for it. */
const DEPLOYS = /^(?:[\p{L}\p{N}]+ ){0,2}deployment$|^deploy\b/u

/** "Pre-deployment", "Rollback plan": no place or content speaks louder. A time before the release does, where only the event is named. */
function isExplicit({ own, anchor }: OutlineNode): boolean {
  if (own.weight < 3) return false
  return !(anchor && anchor.fromMs < 0 && own.kind === 'execute')
}

/** Columns of tables that are worked through. */
const FILLED_IN =
  /status|actual|done|check|result|expected|target|verif|complete|\bok\b|pass|sign|date|owner|action|how|step|task|time|test|requir|priority|状态|結果/

/** A table without a column to fill in or to compare, and nothing else. */
function isLookUp({ own, content, entries, children }: OutlineNode): boolean {
  return (
    own.weight === 0 &&
    content.tables > 0 &&
    entries + content.fences + children.length === 0 &&
    !FILLED_IN.test(content.columns)
  )
}

/** In a list of requirements also rollback plans and contacts are boxes to tick. */
function isRequirement({ own, all, boxes, content, children, rank }: OutlineNode, { saidAfter }: Places): boolean {
  if (saidAfter >= 0 && rank >= saidAfter) return false
  if (own.weight === 0) return boxes + content.tables > 0
  if (own.kind === 'execute' && boxes === 0 && own.plainest > 2) return false
  if (own.kind === 'execute' && all.deeds * 2 > all.entries) return false
  if (own.kind === 'execute' || own.kind === 'verify')
    return !children.some(({ title }) => AFTER.pattern.test(title.toLowerCase()))
  if (own.kind === 'notes' || own.weight < 2) return own.kind !== 'notes'
  return boxes > 0 && ['troubleshooting', 'contacts', 'rollback'].includes(own.kind)
}

/** In a plan to go back also steps, looks and whatever says little are part of it; "pre-deployment" and "deployment steps" are not. */
function isWayBack({ own, content, boxes, title }: OutlineNode): boolean {
  if (own.kind === 'verify' || own.kind === 'execute')
    return !AFTER.pattern.test(title.toLowerCase()) && !/\b(?:deploy|releas)/.test(own.title)
  if (own.kind === 'readiness') return own.weight < 3
  return own.weight === 0 && boxes + content.steps + content.fences > 0
}

function onlyLooks({ all }: OutlineNode): boolean {
  return all.entries > 1 && all.looks * 5 >= all.entries * 4
}

const MONITORING = /^(?:monitor|監視|监控|모니터링)/

/** Monitoring is set up before the release, and looked at after it. */
function isSetUp({ own, all, rank }: OutlineNode, { before, execute, after }: Places): boolean {
  if (!MONITORING.test(own.words)) return false
  if (/\bset ?-?up\b|\bconfigur|設定|配置|설정/.test(own.title)) return true
  const ahead = execute >= 0 ? rank < execute : before === -1 && rank < after
  return ahead || (all.setUps * 2 > all.entries && all.looks * 3 < all.entries)
}

/** "Week 1", "Day 3" ahead of the release are a plan of work, not the days after it. */
function isPlanned({ anchor, rank }: OutlineNode, { execute, after }: Places): boolean {
  return (
    anchor !== null &&
    anchor.fromMs >= 0 &&
    /^\W*(?:day|week|month)/iu.test(anchor.text) &&
    rank < Math.max(execute, after)
  )
}

function byAnchor(anchor: Anchor): PhaseVerdict {
  if (anchor.fromMs < 0) return because('readiness', `its time is before the release: "${anchor.text}"`)
  if (anchor.fromMs === 0 && anchor.toMs === null)
    return because('execute', `its time is the release: "${anchor.text}"`)
  return because('verify', `its time is after the release: "${anchor.text}"`)
}

/** The kind of most parts that say theirs. */
function coveredBy({ children }: OutlineNode): PhaseKind | null {
  const kinds = children.filter(({ own }) => own.weight >= 2).map(({ own }) => own.kind)
  if (kinds.length * 2 <= children.length) return null
  const counts = [...Map.groupBy(kinds, (kind) => kind)].toSorted(([, a], [, b]) => b.length - a.length)
  const [most] = counts
  return most && most[1].length * 2 > kinds.length ? most[0] : null
}

const CRITERIA = /\b(?:successful|complete|success)\b.{0,30}\b(?:when|if)\b|\bbefore (?:marking|declaring)/

function byContent(content: SectionContent): PhaseVerdict | null {
  const { lead, signatures, reachable, columns, troubles, boxes } = content
  const entries = entriesOf(content)
  if (BEFORE.pattern.test(lead)) return because('readiness', 'its first words say before')
  if (/^(?:immediately )?roll[ -]?back\b.{0,20}\bif\b/.test(lead))
    return because('triggers', 'its first words say when to roll back')
  if (AFTER.pattern.test(lead) && boxes > 0) return because('verify', 'its first words say after')
  if (signatures >= 2 || /\bsignature\b/.test(columns)) return because('sign-off', 'it is signed')
  if (/\b(?:phone|email|contact)\b/.test(columns)) return because('contacts', 'it lists how to reach people')
  if (boxes === 0 && reachable > 0 && reachable * 2 >= Math.max(entries, 2))
    return because('contacts', 'it lists how to reach people')
  if (/\b(?:symptom|problem|issue)s?\b.*\b(?:solution|fix|cause|resolution)/.test(columns))
    return because('troubleshooting', 'it lists problems')
  return troubles > 2 && troubles * 3 > entries * 2 ? because('triggers', 'it lists states of trouble') : null
}

/** Words that say nothing: what is before and after decides. */
function byPlace(node: OutlineNode, { before, execute, after, steps }: Places): PhaseVerdict {
  const { rank, own, content, series } = node
  if (series === 'step') return because('execute', 'it is one of the steps of the release')
  const tells = steps && content.deeds * 2 > node.entries && node.entries > 0 && own.kind !== 'readiness'
  if (tells && before >= 0 && rank > before && rank < execute) return because('execute', 'it tells what to do')
  const main = execute >= 0 ? execute : after
  if (execute >= 0 && rank > execute && rank < after && own.weight < 2 && !isTopic(node))
    return because(TESTS.test(own.title) ? 'verify' : 'execute', 'it stands between the release and what is after it')
  if (main >= 0 && rank > main) {
    if (own.kind === 'readiness' && STANDING.test(own.title))
      return because('readiness', 'it is about what must be in place')
    if (execute >= 0 && after === -1 && series) return because('execute', 'it is one of the steps of the release')
    return because('verify', 'it stands behind the release')
  }
  if (execute === -1 && before >= 0 && after >= 0 && rank > before)
    return because(TESTS.test(own.title) ? 'verify' : 'execute', 'it stands between before and after')
  if (series && execute === -1 && before >= 0) return because('execute', 'it is one of the steps of the release')
  if (execute === -1 && tells) return because('execute', 'it tells what to do')
  return because('readiness', main >= 0 ? 'it stands before the release' : 'it is about what must be in place')
}

/** Named for what must be in place and stating it: "Security" over "headers set". */
function isTopic({ own, all }: OutlineNode): boolean {
  if (own.kind !== 'readiness' || own.weight === 0 || all.deeds * 3 > all.entries) return false
  return all.entries === 0 ? STANDING.test(own.title) : all.setUps * 2 >= all.entries
}

function because(kind: PhaseKind, why: string): PhaseVerdict {
  return { kind, why }
}

/** Blocks of these are shown and never run; lists of these are no tasks. */
export function neverRuns(kind: PhaseKind): boolean {
  return (
    kind === 'reference' ||
    kind === 'troubleshooting' ||
    kind === 'contacts' ||
    kind === 'rollback' ||
    kind === 'triggers'
  )
}
