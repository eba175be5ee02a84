// The document cut at its headings: phases in order, each with the blocks that stand directly under it.
import { basename } from 'node:path'
import type { Heading, Root, RootContent } from 'mdast'
import type { ByteRange, Item, Phase } from '../../plan/plan.ts'
import { readAnchor, readBudgetMs, readRecurrence, readStatedBudgetMs } from './anchors.ts'
import { hasBoxes, readBoxMark, withoutBox } from '../items/box-marks.ts'
import type { Source } from '../markdown/decode.ts'
import { phaseId } from '../items/identity.ts'
import { plainText, spanOf } from '../markdown/markdown.ts'
import { phaseKindsOf } from './phase-kind.ts'
import { readContent } from './section-content.ts'

/** Titles are part of every item's identity below them. */
const TITLE_CHARACTERS_MAX = 300

export interface Section {
  phase: Phase
  /** The heading's own box: `### [ ] Smoke testing`. */
  box: { range: ByteRange; state: Item['state'] } | null
  blocks: RootContent[]
  /** The document has boxes; in one that has none other marks and plain entries play their part. */
  boxed: boolean
}

/** Sections in document order. What precedes the first heading gets one named after the file, if anything does. */
export function readSections(source: Source, root: Root): { title: string; sections: Section[] } {
  const headings = root.children.filter((node) => node.type === 'heading')
  const titleHeading = headings.find(({ depth }) => depth === 1) ?? headings[0]
  const title = titleHeading ? headingTitle(titleHeading) : basename(source.path)
  const sections: Section[] = []
  const open: Phase[] = []
  const ids = new PhaseIds()
  const boxed = hasBoxes(source.text)
  for (const node of root.children) {
    if (node.type === 'heading') {
      while ((open.at(-1)?.level ?? 0) >= node.depth) open.pop()
      const phase = toPhase(node, open, ids)
      open.push(phase)
      sections.push({ phase, box: headingBox(source, node), blocks: [], boxed })
    } else {
      if (sections.length === 0) sections.push({ phase: preamble(title), box: null, blocks: [], boxed })
      sections.at(-1)?.blocks.push(node)
    }
  }
  settleKinds(sections)
  for (const section of sections) section.phase.budgetMs ??= statedBudgetMs(source, section)
  return { title, sections }
}

/** "Estimated time: 30 min" in one of the first paragraphs below a title that has no time of its own. */
function statedBudgetMs(source: Source, { phase, blocks }: Section): number | null {
  if (phase.anchor !== null || phase.level < 2) return null
  for (const block of blocks.slice(0, 2)) {
    if (block.type !== 'paragraph') continue
    const { start, end } = spanOf(block)
    const budgetMs = readStatedBudgetMs(source.text.slice(start, Math.min(end, start + 500)))
    if (budgetMs !== null) return budgetMs
  }
  return null
}

/** The kind of a phase takes the whole document to tell. */
function settleKinds(sections: readonly Section[]): void {
  const verdicts = phaseKindsOf(sections.map(({ phase, blocks }) => ({ ...phase, content: readContent(blocks) })))
  for (const [index, { kind }] of verdicts.entries()) {
    const section = sections[index]
    if (section) section.phase.kind = kind
  }
}

/** Equal paths are told apart by their ordinal; of the few whose short hashes are equal, the later takes the next free one. */
class PhaseIds {
  readonly #ordinals = new Map<string, number>()
  readonly #taken = new Set<string>()

  next(title: string, path: readonly string[]): string {
    const key = path.join('\n')
    let ordinal = this.#ordinals.get(key) ?? 0
    let id = phaseId(title, path, ordinal)
    while (this.#taken.has(id)) id = phaseId(title, path, ++ordinal)
    this.#ordinals.set(key, ordinal + 1)
    this.#taken.add(id)
    return id
  }
}

function toPhase(node: Heading, above: Phase[], ids: PhaseIds): Phase {
  const title = headingTitle(node)
  const path = [...above.map((phase) => phase.title), title]
  const anchor = readAnchor(title)
  return {
    id: ids.next(title, path),
    title,
    path,
    level: node.depth,
    line: spanOf(node).line,
    kind: 'notes',
    anchor,
    budgetMs: anchor ? null : readBudgetMs(title),
    every: readRecurrence(title),
  }
}

function headingTitle(node: Heading): string {
  const [, number = '', words = ''] = /^(\d{1,3}[.)]\s*)?(.*)$/s.exec(plainText(node)) ?? []
  return `${number}${withoutBox(words)}`.slice(0, TITLE_CHARACTERS_MAX)
}

/** `### [ ] Smoke testing`, `### 2. [ ] Smoke testing`, `### ☐ Smoke testing`. */
function headingBox(source: Source, node: Heading): Section['box'] {
  const { start, end } = spanOf(node)
  const marks = /^#{1,6}[ \t]+(?:\d{1,3}[.)][ \t]*)?/.exec(source.text.slice(start, end))
  const mark = marks ? readBoxMark(source, start + marks[0].length) : null
  return mark && { range: mark.range, state: mark.state }
}

/** What the mark inside a box claims. */
export function boxState(mark: string): Item['state'] {
  return /[xX☑☒✓✔✅✗]/.test(mark) ? 'ticked' : /[~/-]/.test(mark) ? 'partial' : 'open'
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
