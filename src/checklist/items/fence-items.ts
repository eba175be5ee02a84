// Fenced blocks: shell blocks as ordered steps, forms ("Engineer: ____") as records line by line.
import type { Code } from 'mdast'
import type { CommandStep } from '../../plan/plan.ts'
import { readBlanks } from './blanks.ts'
import { collectFencedBoxes, holdsBoxes } from './boxed-fences.ts'
import { readChoices } from './choices.ts'
import { applyLead } from '../commands/command-sequel.ts'
import { isShell, readCommandBlock, toCommand, type BlockStep } from '../commands/commands.ts'
import type { Source } from '../markdown/decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { spanOf, stripMarkup } from '../markdown/markdown.ts'
import { findPlaceholders } from '../commands/placeholders.ts'
import { boxState } from '../phases/sections.ts'
import { changesSql, isSqlText, readSqlPieces } from '../commands/sql.ts'

const SQL = /^(?:sql|pgsql|postgresql|psql|mysql|plsql|tsql|sqlite)$/i
const FORM_LANGUAGES = /^(?:text|txt|markdown|md|plain|plaintext|none)$/i
const BOX_LINE = /^(\s*(?:>\s*)?(?:[-*+]\s+|\d{1,9}[.)]\s+)?\[)([ xX~])\](?:\s|$)/
/** A label with nothing behind it. */
const BARE_LABEL = /^(?!.*_{3}).*[:：]\s*$/
const BLANK_LINE = /^[\s>*-]*_{3,}\s*$/

/** Items of a fenced block; none where it is neither commands nor a form. */
export function collectFence(source: Source, code: Code, place: Place): Draft[] {
  if (code.lang && SQL.test(code.lang)) return collectSql(code, place)
  if (isShell(code.lang, code.value))
    return holdsBoxes(code.value) ? collectFencedBoxes(source, code, place) : collectCommands(code, place)
  return !code.lang || FORM_LANGUAGES.test(code.lang) ? collectForm(source, code, place) : []
}

/** Numbered comments make a step each; without them the block is one step, its commented paragraphs its commands. */
function collectCommands(code: Code, place: Place): Draft[] {
  const { numbered, steps } = readCommandBlock(code.value, spanOf(code).line + 1, code.lang ?? null)
  if (numbered)
    return steps.filter((step) => step.commands.length > 0 || step.title).map((step) => stepItem(step, place))
  const commands = steps.flatMap((step) => step.commands)
  applyLead(commands, place.lead)
  return blockItem(
    commands,
    steps.find((step) => step.commands.length > 0),
    place,
  )
}

/** SQL is shown with its comments and looked at; only a check of data runs it. */
function collectSql(code: Code, place: Place): Draft[] {
  const first = spanOf(code).line + 1
  const pieces = readSqlPieces(code.value)
  const commands = pieces.map(({ text, title, line }) => sqlStep(text, title, first + line))
  const [piece] = pieces
  return blockItem(commands, piece && { title: piece.title, line: first + piece.line }, place)
}

function sqlStep(script: string, title: string | null, line: number): CommandStep {
  const does = changesSql(script)
  const problem = isSqlText(script) ? null : 'is no SQL'
  const command = { ...toCommand('', title, line), script, language: 'sql' as const, problem }
  const placeholders = findPlaceholders(script)
  return { ...command, destructive: does === 'destroys', looksOnly: does === 'looks', placeholders }
}

/** The block as one item; a comment names it where there is one command only. */
function blockItem(
  commands: CommandStep[],
  first: Pick<BlockStep, 'title' | 'line'> | undefined,
  place: Place,
): Draft[] {
  if (!first || commands.length === 0) return []
  const single = commands.length === 1 ? first.title : null
  const words = single ?? place.lead?.replace(/[:：]\s*$/, '') ?? place.section.phase.title
  return [{ ...makeDraft('fence', place, first.line, words), commands }]
}

function stepItem({ title, line, commands, notes }: BlockStep, place: Place): Draft {
  // Commands before the first numbered comment have no title of their own.
  const words = title ?? notes[0] ?? commands[0]?.script.split('\n')[0] ?? ''
  const shown = commands.length > 0
  const text = shown || notes.length === 0 ? words : `${words}: ${notes.join('; ')}`
  return { ...makeDraft('fence', place, line, text), label: shown ? null : words, commands }
}

/** One record for each line of the form with a box, a blank or a choice; lines of nothing but blank go on with the one before. */
function collectForm(source: Source, code: Code, place: Place): Draft[] {
  const { start, end, line } = spanOf(code)
  const drafts: Draft[] = []
  let lead: string | null = place.lead
  let at = start
  // Boxes that a formatter indented too far are code to the parser, not to the team.
  const origin = /^[`~]/.test(source.text.slice(start, start + 1)) ? 'form' : 'box'
  const lines = source.text.slice(start, end).split('\n')
  for (const [index, text] of lines.entries()) {
    const lineStart = at
    at += text.length + 1
    if (/^\s*(?:`{3,}|~{3,})/.test(text)) continue
    if (isHead(text, lines[index + 1] ?? '')) {
      lead = text.trim()
      continue
    }
    const draft = readFormLine(source, text, lineStart, makeDraft(origin, { ...place, lead }, line + index, ''))
    if (!draft) {
      if (BARE_LABEL.test(text)) lead = text.trim()
      continue
    }
    const above = drafts.at(-1)
    if (!BLANK_LINE.test(text)) drafts.push(draft)
    else if (above && goesOn(above, draft)) above.blanks.push(...continued(above, draft))
    else drafts.push(withField(draft, stripMarkup(lead ?? '').replace(/[:：]$/, '')))
  }
  return drafts
}

/** "NOTES:" above what is filled in is its head; above another "Name:" it is a field itself. */
function isHead(text: string, next: string): boolean {
  return (
    BARE_LABEL.test(text) && !BOX_LINE.test(text) && !/^\s*(?:`{3,}|~{3,})?\s*$/.test(next) && !BARE_LABEL.test(next)
  )
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
