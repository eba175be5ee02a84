// The document cut at its headings: phases in order, each with the blocks that stand directly under it.
import { basename } from 'node:path'
import type { Heading, Root, RootContent } from 'mdast'
import type { ByteRange, Item, Phase } from '../plan/plan.ts'
import { readAnchor, readBudgetMs, readRecurrence } from './anchors.ts'
import type { Source } from './decode.ts'
import { phaseId } from './identity.ts'
import { plainText, spanOf } from './markdown.ts'
import { phaseKindOf } from './phase-kind.ts'

export interface Section {
  phase: Phase
  /** The heading's own box: `### [ ] Smoke testing`. */
  box: { range: ByteRange; state: Item['state'] } | null
  blocks: RootContent[]
}

/** Sections in document order. What precedes the first heading gets one named after the file, if anything does. */
export function readSections(source: Source, root: Root): { title: string; sections: Section[] } {
  const headings = root.children.filter((node) => node.type === 'heading')
  const titleHeading = headings.find(({ depth }) => depth === 1) ?? headings[0]
  const title = titleHeading ? headingTitle(titleHeading) : basename(source.path)
  const sections: Section[] = []
  const open: Phase[] = []
  const ordinals = new Map<string, number>()
  for (const node of root.children) {
    if (node.type === 'heading') {
      while ((open.at(-1)?.level ?? 0) >= node.depth) open.pop()
      const phase = toPhase(node, open, node === titleHeading, ordinals)
      open.push(phase)
      sections.push({ phase, box: headingBox(source, node), blocks: [] })
    } else {
      if (sections.length === 0) sections.push({ phase: preamble(title), box: null, blocks: [] })
      sections.at(-1)?.blocks.push(node)
    }
  }
  return { title, sections }
}

function toPhase(node: Heading, above: Phase[], isTitle: boolean, ordinals: Map<string, number>): Phase {
  const title = headingTitle(node)
  const path = [...above.map((phase) => phase.title), title]
  const key = path.join('\n')
  const ordinal = ordinals.get(key) ?? 0
  ordinals.set(key, ordinal + 1)
  const anchor = readAnchor(title)
  const parent = above.at(-1)
  const inherited = parent && !isDocumentTitle(parent, above) ? parent.kind : null
  return {
    id: phaseId(title, path, ordinal),
    title,
    path,
    level: node.depth,
    line: spanOf(node).line,
    kind: isTitle && node.depth === 1 ? 'notes' : phaseKindOf(title, anchor, inherited),
    anchor,
    budgetMs: anchor ? null : readBudgetMs(title),
    every: readRecurrence(title),
  }
}

/** The one heading at the top names the document and says nothing about the kind of its parts. */
function isDocumentTitle(phase: Phase, above: Phase[]): boolean {
  return phase === above[0] && phase.level === 1 && phase.kind === 'notes'
}

function headingTitle(node: Heading): string {
  return plainText(node).replace(/^\[[ xX~-]?\]\s*/, '')
}

function headingBox(source: Source, node: Heading): Section['box'] {
  const { start, end } = spanOf(node)
  const match = /^#{1,6}[ \t]+\[([ xX~-])\]/.exec(source.text.slice(start, end))
  if (!match) return null
  const at = start + match[0].length - 2
  return { range: source.range(at, at + 1), state: boxState(match[1] ?? ' ') }
}

/** What the mark inside a box claims. */
export function boxState(mark: string): Item['state'] {
  return /[xX☑✔]/.test(mark) ? 'ticked' : /[~-]/.test(mark) ? 'partial' : 'open'
}

function preamble(title: string): Phase {
  return {
    id: phaseId(title, [], 0),
    title,
    path: [],
    level: 0,
    line: 1,
    kind: 'notes',
    anchor: null,
    budgetMs: null,
    every: null,
  }
}
