// Lists: boxes with what is nested in them, numbered steps, triggers, criteria, bullets with something to fill in.
import type { List, ListItem, Paragraph } from 'mdast'
import { readBlanks } from './blanks.ts'
import { readBoxMark, readTick, withoutBox, type BoxMark } from './box-marks.ts'
import { readChoices } from './choices.ts'
import { announces, readSequel } from '../commands/command-sequel.ts'
import { isShell, readCommandBlock } from '../commands/commands.ts'
import { holdsSteps, inAlerts, inCriteria, inTriggers, sortsTrouble, statesTrigger } from './contexts.ts'
import type { Source } from '../markdown/decode.ts'
import { readInlineCommands } from '../commands/inline-commands.ts'
import { makeDraft, type Draft, type Origin, type Place } from './draft.ts'
import { collectFence } from './fence-items.ts'
import { asserts, isImperative } from './item-words.ts'
import { readLabel } from './labels.ts'
import { isTold } from './loose-items.ts'
import { codeSpans, plainText, spanOf } from '../markdown/markdown.ts'
import { namesTrouble } from '../phases/section-content.ts'
import { collectTable } from './table-items.ts'
import { parseThresholds } from '../bounds/thresholds.ts'

/** What introduces entries is read again for each of them. */
const LEAD_CHARACTERS_MAX = 300
const TICK_BULLET = /^(?:✅|✓|✔️?|:white_check_mark:)\s*/u

/** Items of a list and of the lists within it. */
export function collectList(source: Source, list: List, place: Place): Draft[] {
  const shape = shapeOf(list)
  return list.children.flatMap((entry) => collectEntry(source, shape, entry, place))
}

/** What the entries of a list show only together. */
interface Shape {
  ordered: boolean
  /** "✅ do this" beside "❌ don't do that" shows what is right; it asks for nothing. */
  examples: boolean
  /** "☐" beside "✅": the latter is a box that is ticked. */
  glyphs: boolean
}

function shapeOf({ children, ordered }: List): Shape {
  const starts = children.map(({ children: [first] }) => (first?.type === 'paragraph' ? startOf(first) : ''))
  const ticked = starts.some((start) => TICK_BULLET.test(start))
  return {
    ordered: ordered === true,
    examples: ticked && starts.some((start) => /^(?:❌|✗|✘|🚫)/u.test(start)),
    glyphs: ticked && starts.some((start) => /^[☐□⬜◻❏🔲]/u.test(start)),
  }
}

function startOf({ children: [first] }: Paragraph): string {
  return first?.type === 'text' ? first.value.slice(0, 4) : ''
}

function collectEntry(source: Source, shape: Shape, entry: ListItem, place: Place): Draft[] {
  const draft = readEntry(source, shape, entry, place)
  const below: Place = {
    section: place.section,
    parent: draft && belongs(draft, shape, place) ? draft : place.parent,
    lead: draft?.text.slice(0, LEAD_CHARACTERS_MAX) || place.lead,
  }
  const kept = draft !== null && below.parent === draft ? draft : null
  if (kept) addFences(entry, kept)
  if (draft !== null && entry.children.length === 1) return kept ? [kept] : []
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
function readEntry(source: Source, shape: Shape, entry: ListItem, place: Place): Draft | null {
  const paragraph = entry.children[0]
  if (paragraph?.type !== 'paragraph') return null
  const { start, end, line } = spanOf(paragraph)
  const words = plainText(paragraph)
  const box = readBox(source, entry, paragraph, shape)
  const told = (box ? withoutBox(words) : words).replace(TICK_BULLET, '')
  const text = told.replace(/\s*[:：]$/, '').trim()
  const draft = makeDraft(box ? 'box' : 'bullet', place, line, text)
  draft.label = readLabel(paragraph, text)
  draft.code = codeSpans(paragraph)
  if (box) {
    draft.box = box.range
    draft.state = box.state
  } else if (TICK_BULLET.test(words) && !place.section.boxed) draft.state = 'ticked'
  draft.blanks = readBlanks(source, start, end)
  draft.choices = readChoices(source, box?.after ?? start, end)
  draft.commands = readInlineCommands(paragraph, line)
  return draft
}

/** The box that the parser found, or one that it does not know: `[~]`, `[]`, a glyph. */
function readBox(source: Source, entry: ListItem, paragraph: Paragraph, { glyphs }: Shape): BoxMark | null {
  const { start } = spanOf(paragraph)
  if (typeof entry.checked !== 'boolean') return readBoxMark(source, start) ?? (glyphs ? readTick(source, start) : null)
  // The paragraph starts behind its box.
  const at = source.text.lastIndexOf('[', start - 1)
  return { range: source.range(at + 1, at + 2), state: entry.checked ? 'ticked' : 'open', after: start }
}

/** Boxes always count; other entries where their place or what they hold makes them something to do. */
function belongs(draft: Draft, { ordered, examples }: Shape, place: Place): boolean {
  if (draft.box) return true
  if (draft.text === '') return false
  const { kind } = place.section.phase
  if (draft.blanks.length > 0 || draft.choices.length > 0) return kind !== 'contacts'
  if (kind === 'notes' || kind === 'contacts' || kind === 'reference') return false
  if (place.parent?.box) return isBounded(draft) || asserts(draft)
  if (sortsTrouble(place)) return namesTrouble(draft.text) || !isImperative(draft) || markAs(draft, 'step')
  if (inTriggers(place) || inAlerts(place) || statesTrigger(draft.text) || inCriteria(place)) return true
  if (ordered && holdsSteps(kind)) return markAs(draft, 'step')
  if (!place.section.boxed && place.parent === null && isTold(kind)) return !examples
  // A bullet that states a figure says what is to be so, in a document of boxes too.
  return (draft.label !== null || kind === 'rollback' || isTold(kind)) && isBounded(draft)
}

function isBounded({ text }: Draft): boolean {
  return parseThresholds(text).some(({ value }) => value !== null)
}

function markAs(draft: Draft, origin: Origin): true {
  draft.origin = origin
  return true
}

/** Commands written in a box's own fences are the box's, and what stands behind them may say what they print. */
function addFences(entry: ListItem, draft: Draft): void {
  let announced: string | null = null
  for (const child of entry.children.slice(1)) {
    if (readSequel(draft.commands, child, announced)) continue
    announced = announces(child) ? plainText(child) : null
    if (child.type !== 'code' || !isShell(child.lang, child.value)) continue
    const { steps } = readCommandBlock(child.value, spanOf(child).line + 1, child.lang ?? null)
    draft.commands.push(...steps.flatMap(({ commands }) => commands))
  }
}
