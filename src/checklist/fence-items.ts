// Fenced blocks: shell blocks as ordered steps, forms ("Engineer: ____") as records line by line.
import type { Code } from 'mdast'
import { readBlanks } from './blanks.ts'
import { readChoices } from './choices.ts'
import { isShell, readCommandBlock, type BlockStep } from './commands.ts'
import type { Source } from './decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { spanOf, stripMarkup } from './markdown.ts'
import { boxState } from './sections.ts'

const FORM_LANGUAGES = /^(?:text|txt|markdown|md|plain|plaintext|none)$/i
const BOX_LINE = /^(\s*(?:>\s*)?(?:[-*+]\s+|\d{1,9}[.)]\s+)?\[)([ xX~])\](?:\s|$)/
const BLANK_LINE = /^[\s>*-]*_{3,}\s*$/

/** Items of a fenced block; none where it is neither commands nor a form. */
export function collectFence(source: Source, code: Code, place: Place): Draft[] {
  if (isShell(code.lang, code.value)) return collectCommands(code, place)
  return !code.lang || FORM_LANGUAGES.test(code.lang) ? collectForm(source, code, place) : []
}

/** Numbered comments make a step each; without them the block is one step, its commented paragraphs its commands. */
function collectCommands(code: Code, place: Place): Draft[] {
  const { numbered, steps } = readCommandBlock(code.value, spanOf(code).line + 1)
  if (numbered) return steps.filter((step) => step.command || step.title).map((step) => stepItem(step, place))
  const commands = steps.flatMap(({ command }) => command ?? [])
  const first = steps.find(({ command }) => command)
  if (!first || commands.length === 0) return []
  const single = commands.length === 1 ? first.title : null
  const words = single ?? place.lead?.replace(/[:：]\s*$/, '') ?? place.section.phase.title
  return [{ ...makeDraft('fence', place, first.line, words), commands }]
}

function stepItem({ title, line, command, notes }: BlockStep, place: Place): Draft {
  // Commands before the first numbered comment have no title of their own.
  const words = title ?? notes[0] ?? command?.script.split('\n')[0] ?? ''
  const text = command || notes.length === 0 ? words : `${words}: ${notes.join('; ')}`
  return { ...makeDraft('fence', place, line, text), label: command ? null : words, commands: command ? [command] : [] }
}

/** One record for each line of the form with a box, a blank or a choice; lines of nothing but blank go on with the one before. */
function collectForm(source: Source, code: Code, place: Place): Draft[] {
  const { start, end, line } = spanOf(code)
  const drafts: Draft[] = []
  let lead: string | null = place.lead
  let at = start
  // Boxes that a formatter indented too far are code to the parser, not to the team.
  const origin = /^[`~]/.test(source.text.slice(start, start + 1)) ? 'form' : 'box'
  for (const [index, text] of source.text.slice(start, end).split('\n').entries()) {
    const lineStart = at
    at += text.length + 1
    if (/^\s*(?:`{3,}|~{3,})/.test(text)) continue
    const draft = readFormLine(source, text, lineStart, makeDraft(origin, { ...place, lead }, line + index, ''))
    if (!draft) {
      if (/[:：]\s*$/.test(text)) lead = text.trim()
      continue
    }
    const above = drafts.at(-1)
    if (!BLANK_LINE.test(text)) drafts.push(draft)
    else if (above && goesOn(above, draft)) above.blanks.push(...continued(above, draft))
    else drafts.push(withField(draft, stripMarkup(lead ?? '').replace(/[:：]$/, '')))
  }
  return drafts
}

function readFormLine(source: Source, text: string, at: number, empty: Draft): Draft | null {
  const box = BOX_LINE.exec(text)
  const from = at + (box?.[0].length ?? 0)
  const blanks = readBlanks(source, from, at + text.length)
  const choices = readChoices(source, from, at + text.length)
  if (!box && blanks.length === 0 && choices.length === 0) return null
  const words = stripMarkup(text.slice(box?.[0].length ?? 0))
    .replace(/_{3,}/g, '')
    .replace(/[\s:]+$/, '')
  const draft = { ...empty, text: words, blanks, choices }
  if (!box) return draft
  const mark = at + (box[1]?.length ?? 0)
  return { ...draft, box: source.range(mark, mark + 1), state: boxState(box[2] ?? ' ') }
}

/** A line of underscores goes on with the field above it, unless a heading line stands between. */
function goesOn(above: Draft, next: Draft): boolean {
  return above.lead === next.lead && above.blanks.length > 0
}

function continued(above: Draft, next: Draft): Draft['blanks'] {
  const label = above.blanks[0]?.label ?? ''
  return next.blanks.map((blank, index) => ({ ...blank, label, name: `value-${above.blanks.length + index + 1}` }))
}

function withField(draft: Draft, field: string): Draft {
  return { ...draft, text: field, blanks: draft.blanks.map((blank) => ({ ...blank, label: field })) }
}
