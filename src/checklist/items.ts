// The blocks of a section to drafts of items: lists, tables, fences and single lines, in document order.
import type { RootContent } from 'mdast'
import { statesTrigger } from './contexts.ts'
import type { Source } from './decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { collectFence } from './fence-items.ts'
import { collectLines } from './line-items.ts'
import { collectList } from './list-items.ts'
import { plainText, spanOf } from './markdown.ts'
import type { Section } from './sections.ts'
import { collectTable } from './table-items.ts'

/** Every item of a section, parents before their children. A heading is one where it has a box or states a trigger. */
export function collectItems(source: Source, section: Section): Draft[] {
  const drafts: Draft[] = []
  const place: Place = { section, parent: null, lead: null }
  if (section.box || statesTrigger(section.phase.title)) drafts.push(headingItem(section, place))
  if (section.box) place.parent = drafts[0] ?? null
  for (const block of section.blocks) collectBlock(source, block, place, drafts)
  if (place.parent) place.parent.group = drafts.length > 1
  return drafts
}

/** Appends the items of a block. A paragraph that introduces what follows becomes the place's lead. */
function collectBlock(source: Source, block: RootContent, place: Place, drafts: Draft[]): void {
  switch (block.type) {
    case 'list':
      drafts.push(...collectList(source, block, place))
      break
    case 'table':
      drafts.push(...collectTable(source, block, place))
      break
    case 'code':
      drafts.push(...collectFence(source, block, place))
      break
    case 'blockquote':
      for (const child of block.children) collectBlock(source, child, place, drafts)
      break
    case 'paragraph': {
      const found = collectLines(source, block, place)
      drafts.push(...found)
      const words = plainText(block)
      if (found.length === 0 && statesTrigger(words)) drafts.push(makeDraft('prose', place, spanOf(block).line, words))
      else place.lead = found.length === 0 && introduces(block, words) ? words : null
      break
    }
    case 'thematicBreak':
      place.lead = null
      break
    default:
  }
}

/** Ends in a colon, or is a line in bold. */
function introduces(block: Extract<RootContent, { type: 'paragraph' }>, words: string): boolean {
  const strong = block.children.some(({ type }) => type === 'strong')
  const onlyStrong =
    strong && block.children.every((child) => child.type === 'strong' || /^\W*$/u.test(plainText(child)))
  return words.length <= 200 && (/[:：]\W*$/u.test(words) || onlyStrong)
}

function headingItem(section: Section, place: Place): Draft {
  const draft = makeDraft('heading', place, section.phase.line, section.phase.title)
  if (section.box) {
    draft.box = section.box.range
    draft.state = section.box.state
  }
  return draft
}
