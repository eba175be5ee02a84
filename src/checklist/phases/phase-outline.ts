// A document's headings as a tree, each with what its own words weigh and how much stands under it.
import type { Anchor, PhaseKind } from '../../plan/plan.ts'
import {
  AFTER,
  BEFORE,
  READINESS_DOCUMENT,
  ROLLBACK_DOCUMENT,
  STEPS_DOCUMENT,
  TOPIC,
  WORDS,
  type Word,
} from './phase-words.ts'
import { entriesOf, type SectionContent } from './section-content.ts'

/** A heading with what stands directly under it. */
export interface PhaseSummary {
  title: string
  /** 1 for `#`; 0 for what precedes the first heading. */
  level: number
  anchor: Anchor | null
  content: SectionContent
}

/** What a heading's own words say. `words`: those it rests on; weight 0: nothing. */
export interface OwnWords {
  kind: PhaseKind
  weight: number
  /** Weight of its plainest word alone: many hints make no plain word. */
  plainest: number
  words: string
  /** Lower case, without number. */
  title: string
}

export interface OutlineNode {
  index: number
  title: string
  level: number
  anchor: Anchor | null
  content: SectionContent
  own: OwnWords
  parent: OutlineNode | null
  children: OutlineNode[]
  /** Place among the parts of what it is part of; for main sections, among those. */
  rank: number
  /** Where its own parts say "before", release, and say "after". */
  parts: Order
  /** "Step 3", "Phase 2": one of several in order. */
  series: 'step' | 'phase' | null
  /** Directly under it. */
  entries: number
  /** In it and below it: boxes, entries, and those of them that look, tell to do, or speak of something set up. */
  boxes: number
  all: { entries: number; looks: number; deeds: number; setUps: number }
  /** Something to do, to run or to read in lists, in it or below it. */
  holds: boolean
  /** Nothing but plain bullets and prose, in it and below it. */
  listsOnly: boolean
}

/** Ranks among siblings; -1 for what there is none of. */
export interface Order {
  /** Last that says "before". */
  before: number
  /** First that releases. */
  execute: number
  /** First that says "after". */
  after: number
}

/** Where the release itself stands among the document's main sections, and what kind of document it is. */
export interface Places extends Order {
  /** A list of what must be so, without a release in it. */
  timeless: boolean
  /** First main section of a timeless document that says "after" in so many words; -1 without. */
  saidAfter: number
  /** The document tells the way back. */
  back: boolean
  /** The document's title speaks of things to do in order. */
  steps: boolean
  /** Some section has boxes to tick. */
  boxed: boolean
}

export interface Outline {
  nodes: OutlineNode[]
  /** The heading that names the document, if one does. */
  title: OutlineNode | null
  places: Places
}

const SILENT: OwnWords = { kind: 'notes', weight: 0, plainest: 0, words: '', title: '' }
const NOWHERE: Order = { before: -1, execute: -1, after: -1 }
/** Kinds that hold no boxes unless the heading says so plainly. */
const IDLE: ReadonlySet<PhaseKind> = new Set(['notes', 'reference', 'contacts'])

/** Tree over the headings, in linear time. */
export function phaseOutline(summaries: readonly PhaseSummary[]): Outline {
  const nodes = link(summaries)
  const title = titleOf(nodes)
  sumUp(nodes)
  for (const node of nodes) node.own = ownWords(node)
  const top = nodes.filter((node) => node !== title && (node.parent === null || node.parent === title))
  for (const node of nodes) if (node !== title) node.parts = orderOf(node.children, false)
  const order = orderOf(top, true)
  return { nodes, title, places: { ...order, ...profileOf(nodes, top, title, order.execute >= 0) } }
}

/** Gives the siblings their ranks. Among main sections a verification ends the release; among its steps only what says "after". */
function orderOf(siblings: readonly OutlineNode[], main: boolean): Order {
  for (const [rank, node] of siblings.entries()) node.rank = rank
  const of = (kind: PhaseKind, weight: number): OutlineNode[] =>
    siblings.filter(({ own, holds }) => own.kind === kind && own.weight >= weight && holds)
  const execute = of('execute', 2)[0]?.rank ?? -1
  const verifies = of('verify', 3).filter(
    ({ rank, title }) => rank > execute && ((main && execute >= 0) || AFTER.pattern.test(title.toLowerCase())),
  )
  const before = of('readiness', 2).filter(({ own }) => own.plainest > 1 && !TOPIC.pattern.test(own.title))
  return { before: before.at(-1)?.rank ?? -1, execute, after: verifies[0]?.rank ?? -1 }
}

function link(summaries: readonly PhaseSummary[]): OutlineNode[] {
  const open: OutlineNode[] = []
  return summaries.map(({ title, level, anchor, content }, index) => {
    while (open.length > 0 && (open.at(-1)?.level ?? 0) >= level) open.pop()
    const parent = open.at(-1) ?? null
    const entries = entriesOf(content)
    const node: OutlineNode = {
      index,
      title,
      level,
      anchor,
      content,
      own: SILENT,
      parent,
      children: [],
      rank: 0,
      parts: NOWHERE,
      series: seriesOf(title),
      entries,
      boxes: content.boxes,
      all: { entries, looks: content.looks, deeds: content.deeds, setUps: content.setUps },
      holds:
        entries + content.fences + content.tables > 0 ||
        content.signatures > 0 ||
        (content.paragraphs > 0 && seriesOf(title) === 'step'),
      listsOnly: content.boxes + content.steps + content.fences + content.tables === 0,
    }
    parent?.children.push(node)
    // What precedes the first heading is nobody's parent.
    if (level > 0) open.push(node)
    return node
  })
}

/** The first heading of level 1; without one, the heading that all others stand under. */
function titleOf(nodes: readonly OutlineNode[]): OutlineNode | null {
  const first = nodes.find(({ level }) => level === 1)
  if (first) return first
  const headings = nodes.filter(({ level }) => level > 0)
  const [top] = headings
  return top && headings.length > 2 && headings.every((node) => node === top || node.level > top.level) ? top : null
}

function sumUp(nodes: readonly OutlineNode[]): void {
  for (let at = nodes.length - 1; at >= 0; at--) {
    const node = nodes[at]
    if (!node?.parent) continue
    node.parent.boxes += node.boxes
    for (const count of ['entries', 'looks', 'deeds', 'setUps'] as const) node.parent.all[count] += node.all[count]
    node.parent.holds ||= node.holds
    node.parent.listsOnly &&= node.listsOnly
  }
}

function profileOf(
  nodes: readonly OutlineNode[],
  top: readonly OutlineNode[],
  title: OutlineNode | null,
  releases: boolean,
): Omit<Places, keyof Order> {
  const words = title?.title.toLowerCase() ?? ''
  const first = (pattern: RegExp): number =>
    top.findIndex((node) => node.level > 0 && pattern.test(node.title.toLowerCase()))
  const timeless = READINESS_DOCUMENT.test(words) && (!releases || first(BEFORE.pattern) === -1)
  return {
    timeless,
    saidAfter: timeless ? first(AFTER.pattern) : -1,
    back: ROLLBACK_DOCUMENT.test(words),
    steps: STEPS_DOCUMENT.test(words),
    boxed: nodes.some(({ content }) => content.boxes > 0),
  }
}

function seriesOf(title: string): OutlineNode['series'] {
  const match =
    /^\W*(step|phase|stage|part|schritt|étape|etapa|passo|paso|fase|шаг|этап|ステップ|手順|フェーズ|步骤|阶段|단계)\s*\d/iu.exec(
      title,
    )
  if (!match) return null
  return /^(?:step|schritt|étape|passo|paso|шаг|ステップ|手順|步骤|단계)/i.test(match[1] ?? '') ? 'step' : 'phase'
}

/** Numbers, emoji and "Step 3:" in front of the words are no words. */
function bareTitle(title: string): string {
  return title
    .toLowerCase()
    .replace(/:[a-z_]{2,40}:/g, '')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/^[一二三四五六七八九十]{1,3}[、.．]\s*/u, '')
    .replace(
      /^(?:(?:step|phase|stage|part|schritt|étape|etapa|passo|paso|fase|шаг|этап|ステップ|手順|フェーズ|步骤|阶段|단계)\s*)?\d+(?:\.\d+)*[.):：、．）\s–—-]*/u,
      '',
    )
    .trim()
}

const RELEASE_ITSELF = /^(?:deployment|release|launch)(?: checklist)?\W*$/

/** Boxes that say what is set up and tell nothing to do. */
function onlyStates({ all, boxes, listsOnly }: OutlineNode): boolean {
  return !listsOnly && boxes > 2 && all.deeds * 4 <= all.entries && all.setUps * 2 >= all.entries
}

function ownWords(node: OutlineNode): OwnWords {
  const { title, content, boxes } = node
  const bare = bareTitle(title)
  // "Deployment" over what is configured and documented is a topic of what must be in place.
  if (RELEASE_ITSELF.test(bare) && onlyStates(node))
    return { kind: 'readiness', weight: 2, plainest: 1, words: bare, title: bare }
  const said = weigh(bare.replace(/\([^)]*\)/g, ' ').trim(), content, boxes)
  // "Deployment checklist" over "Before deploying, tick these".
  if (
    said.kind === 'execute' &&
    said.plainest < 3 &&
    /^before\b/.test(content.lead) &&
    BEFORE.pattern.test(content.lead)
  )
    return { kind: 'readiness', weight: 2, plainest: 2, words: 'before', title: bare }
  if (said.weight > 0) return { ...said, title: bare }
  // What stands in parentheses only says it by the way.
  const aside = weigh(bare, content, boxes)
  return { ...aside, weight: Math.max(0, aside.weight - 1), title: bare }
}

/** Sum of the weights of each kind's words; the heaviest kind is meant. */
function weigh(title: string, content: SectionContent, boxes: number): Omit<OwnWords, 'title'> {
  const before = BEFORE.pattern.test(title)
  const after = AFTER.pattern.test(title)
  // What is said of a release and a topic together is about it, unless it tells to release.
  const topic =
    /deploy|releas|launch/.test(title) && TOPIC.pattern.test(title) && content.deeds * 2 <= entriesOf(content)
  const weights = new Map<PhaseKind, Pick<OwnWords, 'weight' | 'plainest' | 'words'>>()
  for (const word of WORDS) {
    const match = word === TOPIC && !topic ? null : word.pattern.exec(title)
    // "Pre-deployment" deploys nothing.
    if (!match || ((before || after || topic) && word.kind === 'execute') || (before && word.kind === 'verify'))
      continue
    const weight = weightOf(word, content, before && boxes > 0)
    const held = weights.get(word.kind)
    if (weight > 0)
      weights.set(word.kind, {
        weight: (held?.weight ?? 0) + weight,
        plainest: Math.max(held?.plainest ?? 0, weight),
        words: held?.words ?? match[0].trim(),
      })
  }
  let best: Omit<OwnWords, 'title'> = { kind: 'notes', weight: 0, plainest: 0, words: '' }
  for (const [kind, { weight, plainest, words }] of weights) {
    if (boxes > 0 && weight < 3 && IDLE.has(kind)) continue
    if (weight > best.weight) best = { kind, weight, plainest, words }
  }
  return best
}

function weightOf({ kind, weight }: Word, content: SectionContent, preparation: boolean): number {
  if (kind === 'triggers' && weight === 2) return alarmWeight(content)
  // "Pre-deployment sign-off" over boxes is a gate of the preparation, unless somebody signs.
  return kind === 'sign-off' && preparation && content.signatures === 0 ? weight - 1 : weight
}

/** Alarms are acted upon where states of trouble are listed; elsewhere they are set up. */
function alarmWeight(content: SectionContent): number {
  const entries = entriesOf(content)
  return entries > 0 && content.troubles * 2 > entries ? 4 : 0
}
