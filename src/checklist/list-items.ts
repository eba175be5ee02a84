// Lists: boxes with what is nested in them, numbered steps, triggers, criteria, bullets with something to fill in.
import type { List, ListItem, Paragraph } from 'mdast'
import { readBlanks } from './blanks.ts'
import { readChoices } from './choices.ts'
import { isInlineCommand, isShell, readCommandBlock, toCommand } from './commands.ts'
import { holdsSteps, inCriteria, inTriggers, statesTrigger } from './contexts.ts'
import type { Source } from './decode.ts'
import { makeDraft, type Draft, type Origin, type Place } from './draft.ts'
import { collectFence } from './fence-items.ts'
import { plainText, spanOf } from './markdown.ts'
import { boxState } from './sections.ts'
import { collectTable } from './table-items.ts'
import { parseThresholds } from './thresholds.ts'

const GLYPH_BOX = /^([☐□⬜☑])\s*/u
const TICK_BULLET = /^(?:✅|✓|✔️?|:white_check_mark:)\s*/u

/** Items of a list and of the lists within it. */
export function collectList(source: Source, list: List, place: Place): Draft[] {
  return list.children.flatMap((entry) => collectEntry(source, list, entry, place))
}

function collectEntry(source: Source, list: List, entry: ListItem, place: Place): Draft[] {
  const draft = readEntry(source, entry, place)
  const below: Place = {
    section: place.section,
    parent: draft && belongs(draft, list, place) ? draft : place.parent,
    lead: draft?.text || place.lead,
  }
  const kept = draft !== null && below.parent === draft ? draft : null
  if (kept) addFences(entry, kept)
  const nested = entry.children.flatMap((child) => {
    if (child.type === 'list') return collectList(source, child, below)
    if (child.type === 'table') return collectTable(source, child, below)
    if (child.type === 'code' && !(kept && isShell(child.lang, child.value))) return collectFence(source, child, below)
    return []
  })
  if (kept) kept.group = nested.some(({ parent }) => parent === kept)
  return kept ? [kept, ...nested] : nested
}

/** The entry's first paragraph as a draft; null for an entry without one. */
function readEntry(source: Source, entry: ListItem, place: Place): Draft | null {
  const paragraph = entry.children[0]
  if (paragraph?.type !== 'paragraph') return null
  const { start, end, line } = spanOf(paragraph)
  const words = plainText(paragraph)
  const box = readBox(source, entry, paragraph)
  const text = words
    .replace(box?.glyph ? GLYPH_BOX : TICK_BULLET, '')
    .replace(box?.mark ?? '', '')
    .replace(/\s*[:：]$/, '')
    .trim()
  const draft = makeDraft(box ? 'box' : 'bullet', place, line, text)
  draft.label = readLabel(paragraph, text)
  if (box) {
    draft.box = box.range
    draft.state = box.state
  }
  draft.blanks = readBlanks(source, start, end)
  draft.choices = readChoices(source, box?.after ?? start, end)
  draft.commands = inlineCommands(paragraph, line)
  return draft
}

interface Box {
  range: Draft['box']
  state: Draft['state']
  /** Where the words behind it start. */
  after: number
  glyph?: boolean
  /** Mark that the parser left in the words: `[~]`. */
  mark?: RegExp
}

function readBox(source: Source, entry: ListItem, paragraph: Paragraph): Box | null {
  const { start } = spanOf(paragraph)
  if (typeof entry.checked === 'boolean') {
    const at = source.text.lastIndexOf('[', start)
    return { range: source.range(at + 1, at + 2), state: entry.checked ? 'ticked' : 'open', after: start }
  }
  const words = source.text.slice(start, start + 8)
  const third = /^\[([~/-])\]\s/.exec(words)
  if (third)
    return { range: source.range(start + 1, start + 2), state: 'partial', after: start + 3, mark: /^\[[~/-]\]\s*/ }
  const glyph = GLYPH_BOX.exec(words)
  if (!glyph) return null
  return { range: source.range(start, start + 1), state: boxState(glyph[1] ?? ''), after: start + 1, glyph: true }
}

/** `**Disk Space**: ...`, `**Disk Space:** ...` or a line that is bold as a whole. */
function readLabel(paragraph: Paragraph, text: string): string | null {
  const strong = paragraph.children.find((child) => plainText(child) !== '')
  if (strong?.type !== 'strong') return null
  const words = plainText(strong)
  if (/[:：]$/.test(words)) return words.replace(/\s*[:：]$/, '')
  const behind = text.slice(words.length).trimStart()
  return behind === '' || /^(?:\([^)]*\)\s*)?[:：]/.test(behind) ? words : null
}

/** Boxes always count; other entries where their place or what they hold makes them something to do. */
function belongs(draft: Draft, list: List, place: Place): boolean {
  if (draft.box) return true
  if (draft.text === '') return false
  const kind = place.section.phase.kind
  if (draft.blanks.length > 0 || draft.choices.length > 0) return kind !== 'contacts'
  if (kind === 'notes' || kind === 'contacts' || kind === 'reference') return false
  if (place.parent?.box) return parseThresholds(draft.text).some(({ value }) => value !== null)
  if (inTriggers(place) || statesTrigger(draft.text) || inCriteria(place)) return true
  if (list.ordered && holdsSteps(kind)) return markAs(draft, 'step')
  return draft.label !== null && parseThresholds(draft.text).length > 0
}

function markAs(draft: Draft, origin: Origin): true {
  draft.origin = origin
  return true
}

/** Commands written in a box's own fences are the box's. */
function addFences(entry: ListItem, draft: Draft): void {
  for (const child of entry.children) {
    if (child.type !== 'code' || !isShell(child.lang, child.value)) continue
    const { steps } = readCommandBlock(child.value, spanOf(child).line + 1)
    draft.commands.push(...steps.flatMap(({ command }) => command ?? []))
  }
}

function inlineCommands(paragraph: Paragraph, line: number): Draft['commands'] {
  const codes = paragraph.children.flatMap((child) => {
    if (child.type === 'inlineCode') return [child]
    return 'children' in child ? child.children.filter((inner) => inner.type === 'inlineCode') : []
  })
  const negated = /^(?:do not|don't|never)\b/i.test(plainText(paragraph))
  if (negated) return []
  return codes
    .filter(({ value }) => isInlineCommand(value))
    .map((code) => toCommand(code.value, null, spanOf(code).line || line))
}
