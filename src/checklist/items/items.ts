// The blocks of a section to drafts of items: lists, tables, fences and single lines, in document order.
import type { RootContent } from 'mdast'
import { statesTrigger } from './contexts.ts'
import { readSequel } from '../commands/command-sequel.ts'
import type { Source } from '../markdown/decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { collectFence } from './fence-items.ts'
import { collectLines } from './line-items.ts'
import { collectList } from './list-items.ts'
import { collectLoose, isTold } from './loose-items.ts'
import { plainText, spanOf } from '../markdown/markdown.ts'
import type { Section } from '../phases/sections.ts'
import { collectTable } from './table-items.ts'

/** Every item of a section, parents before their children. A heading is one where it has a box or states a trigger. */
export function collectItems(source: Source, section: Section): Draft[] {
  const drafts: Draft[] = []
  const place: Place = { section, parent: null, lead: null }
  if (section.box || statesTrigger(section.phase.title)) drafts.push(headingItem(section, place))
  if (section.box) place.parent = drafts[0] ?? null
  for (const block of section.blocks) collectBlock(source, block, place, drafts)
  if (place.parent) place.parent.group = drafts.length > 1
  if (drafts.length === 0 && isStepInProse(section)) drafts.push(stepItem(section, place))
  return drafts
}

/** "Step 3: Switch the traffic" over sentences, in a document without boxes: the heading is the step. */
function isStepInProse({ phase, blocks, boxed }: Section): boolean {
  return !boxed && isTold(phase.kind) && STEP_TITLE.test(phase.title) && blocks.some(({ type }) => type === 'paragraph')
}

const STEP_TITLE = /^\W*(?:step|schritt|étape|passo|paso|шаг)\s*\d{1,3}\s*[:：.)–—-]\s*(?=\S)/iu

function stepItem({ phase }: Section, place: Place): Draft {
  return makeDraft('step', place, phase.line, phase.title.replace(STEP_TITLE, ''))
}

/** Appends the items of a block. A paragraph that introduces what follows becomes the place's lead. */
function collectBlock(source: Source, block: RootContent, place: Place, drafts: Draft[]): void {
  switch (block.type) {
    case 'list':
      append(drafts, collectList(source, block, place))
      break
    case 'table':
      append(drafts, collectTable(source, block, place))
      break
    case 'code': {
      const commands = drafts.at(-1)?.commands ?? []
      if (readSequel(commands, block, place.lead)) break
      append(drafts, collectFence(source, block, place))
      break
    }
    case 'blockquote':
      for (const child of block.children) collectBlock(source, child, place, drafts)
      break
    case 'paragraph': {
      const above = drafts.at(-1)
      if (above?.origin === 'fence' && readSequel(above.commands, block, null)) break
      const loose = collectLoose(source, block, place)
      const found = loose.length > 0 ? loose : collectLines(source, block, place)
      append(drafts, found)
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

/** One by one: a list may hold more entries than a call takes arguments. */
function append(drafts: Draft[], found: readonly Draft[]): void {
  for (const draft of found) drafts.push(draft)
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
