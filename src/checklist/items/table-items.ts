// Tables that are filled in, run or acted upon: Target / Actual / Status, Command / Expected, Threshold / Action.
import type { Table, TableCell, TableRow } from 'mdast'
import type { Blank, ByteRange, CommandStep } from '../../plan/plan.ts'
import { findBlankSpans } from './blank-spans.ts'
import { UNIT_BEHIND, uniqueName } from './blanks.ts'
import { readChoices } from './choices.ts'
import { isInlineCommand, toCommand } from '../commands/commands.ts'
import type { Source } from '../markdown/decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { inTriggers } from './contexts.ts'
import { readExpectation } from '../commands/expectations.ts'
import { slug } from './identity.ts'
import { DURATION_UNIT } from '../bounds/durations.ts'
import { codeSpans, plainText, spanOf } from '../markdown/markdown.ts'
import { boxState } from '../phases/sections.ts'
import {
  callOf,
  GOES_BACK,
  isForm,
  listsAlerts,
  listsContacts,
  listsTriggers,
  readColumns,
  statesRequirements,
  type Columns,
} from './table-columns.ts'
import { parseThresholds } from '../bounds/thresholds.ts'

const NEVER = new Set(['contacts', 'reference', 'troubleshooting'])

/** One draft for each row that has something to fill in, to tick, to run, to hold against a target, or to act upon. */
export function collectTable(source: Source, table: Table, place: Place): Draft[] {
  const [header, ...rows] = table.children
  if (!header || NEVER.has(place.section.phase.kind)) return []
  const cells = rows.map((row) => row.children.map(plainText))
  const columns = readColumns(header.children.map(plainText), cells)
  if (listsContacts(columns)) return []
  if (listsTriggers(columns, cells) || (inTriggers(place) && columns.action < 0 && !isForm(columns, cells)))
    return rows.flatMap((row) => readTrigger(row, columns, place) ?? [])
  const form = isForm(columns, cells)
  if (!form && listsAlerts(columns)) return rows.flatMap((row) => readAlert(row, columns, place) ?? [])
  const required = statesRequirements(columns)
  return rows.flatMap((row) => {
    const draft = readRow(source, row, columns, form, place)
    const holds =
      draft &&
      (required || draft.box || draft.blanks.length > 0 || draft.choices.length > 0 || draft.commands.length > 0)
    return draft && (holds || statesBound(draft)) ? [draft] : []
  })
}

function states(words: string, target: boolean): boolean {
  return parseThresholds(words, { target }).some(({ value }) => value !== null)
}

/** "| p95 latency | < 500 ms |" under Metric and Target. */
function statesBound({ bounds }: Draft): boolean {
  return bounds?.some((words) => states(words, true)) ?? false
}

/** "| Queue depth | > 1,000 | > 5,000 |" under Warning and Critical. */
function readAlert(row: TableRow, columns: Columns, place: Place): Draft | null {
  const cells = row.children.map(plainText)
  const words = nameOf(cells, columns)
  const bounds = boundsOf(words, cells, columns)
  if (words === '' || bounds === null) return null
  const draft = makeDraft('bullet', { ...place, lead: 'Alert when:' }, spanOf(row).line, words)
  return { ...draft, table: tableOf(columns.headings, cells), bounds }
}

/** What a row is about: "Redis" and "Hit rate". */
function nameOf(cells: readonly string[], { subject, metric }: Columns): string {
  return [cells[subject], cells[metric]].filter(Boolean).join(' ')
}

/** A cell that says how long. */
const DURATION = new RegExp(String.raw`^(?:[>≥]=?\s*)?\d+(?:\.\d+)?[\s-]*${DURATION_UNIT}$`, 'i')

/** "| Error rate | > 5 % | Roll back |": a state and what it calls for. */
function readTrigger(row: TableRow, columns: Columns, place: Place): Draft | null {
  const { headings, target, action, held } = columns
  const cells = row.children.map(plainText)
  const lasts = DURATION.exec(cells[held] ?? '')?.[0]
  const words = [nameOf(cells, columns), target >= 0 ? cells[target] : undefined, lasts && `for ${lasts}`].filter(
    Boolean,
  )
  const calls = action < 0 ? 'roll back' : callOf(headings, cells, action)
  if (words.length === 0 || calls === '') return null
  // The heading and the action together say what a list of such states would say above it.
  const lead = !GOES_BACK.test(calls)
    ? 'Alert when:'
    : /\b(?:consider|evaluate|may|maybe|discuss|manual)/i.test(calls)
      ? 'Consider: roll back if:'
      : 'Roll back if:'
  return {
    ...makeDraft('bullet', { ...place, lead }, spanOf(row).line, words.join(' ')),
    table: tableOf(headings, cells),
  }
}

/** Heading → cell, of the cells that the row has. */
function tableOf(headings: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(cells.map((cell, index) => [headings[index] || `column ${index + 1}`, cell]))
}

function readRow(source: Source, row: TableRow, columns: Columns, form: boolean, place: Place): Draft | null {
  const cells = row.children.map(plainText)
  const { headings, subject: at, target } = columns
  const subject = cells[at] ?? ''
  if (subject === '') return null
  const described =
    /\bdescription\b/i.test(headings[at + 1] ?? '') && cells[at + 1] ? `${subject}: ${cells[at + 1]}` : subject
  const draft = {
    ...makeDraft('table', place, spanOf(row).line, described),
    label: described === subject ? null : subject,
    code: row.children.flatMap(codeSpans),
    table: tableOf(headings, cells),
    bounds: boundsOf(nameOf(cells, columns), cells, columns),
  }
  fillIn(source, row, columns, form, draft)
  const command = cells[columns.command] ?? ''
  if (isInlineCommand(command))
    draft.commands = [withExpectation(toCommand(command, null, draft.line), cells[target] ?? '')]
  return draft
}

/** What a row states bounds in: its target and further columns that compare. Null where it is only its own words. */
function boundsOf(subject: string, cells: readonly string[], { target, bounded, described }: Columns): string[] | null {
  const compares = (column: number): boolean => /[<>≤≥]/.test(cells[column] ?? '')
  const own = target >= 0 && cells[target] ? [target] : []
  const beside = bounded.filter((column) => compares(column) && states(`${subject}: ${cells[column]}`, true))
  const columns = [...own, ...beside].toSorted((a, b) => a - b)
  const said =
    columns.length > 0
      ? columns
      : described.filter((column) => cells[column] && states(`${subject}: ${cells[column]}`, false))
  if (said.length === 0) return null
  const bounds = said.map((column) => `${subject}: ${cells[column]}`)
  return columns.length === 0 && states(subject, false) ? [subject, ...bounds] : bounds
}

/** What of a row is ticked, filled in or chosen. */
function fillIn(
  source: Source,
  row: TableRow,
  { headings, subject, fill, fillEmpty }: Columns,
  form: boolean,
  draft: Draft,
): void {
  const names = new Map<string, number>()
  for (const [index, cell] of row.children.entries()) {
    const heading = headings[index] ?? ''
    const mark = findMark(source, cell)
    if (mark && draft.box === null) {
      draft.box = mark.range
      draft.state = mark.state
      continue
    }
    const { start, end } = spanOf(cell)
    const choices = readChoices(source, start, end).map((choice) => ({
      ...choice,
      label: heading,
      name: uniqueName(slug(heading), names),
    }))
    draft.choices.push(...choices)
    if (index === subject || choices.length > 0 || mark) continue
    draft.blanks.push(
      ...cellBlanks(
        source,
        cell,
        heading,
        names,
        draft.bounds,
        form && (fill[index] ?? false),
        form && (fillEmpty[index] ?? false),
      ),
    )
  }
}

/** "| `redis-cli ping` | PONG |" under Command and Expected. */
function withExpectation(command: CommandStep, expected: string): CommandStep {
  return { ...command, expects: command.expects ?? readExpectation(expected, command, { bare: true }) }
}

function findMark(source: Source, cell: TableCell): { range: ByteRange; state: Draft['state'] } | null {
  const { start } = spanOf(cell)
  const match = /^[|\s]*(?:([☐□⬜☑])|\[([ xX])\])\s*\|?\s*$/u.exec(sliceOf(source, cell))
  if (!match) return null
  const at = start + (match[1] ? match[0].search(/[☐□⬜☑]/u) : match[0].indexOf('[') + 1)
  return { range: source.range(at, at + 1), state: boxState(match[1] ?? match[2] ?? ' ') }
}

/** Blanks of a cell: those written out, else the cell as a whole where its column is one to be filled in. */
function cellBlanks(
  source: Source,
  cell: TableCell,
  column: string,
  names: Map<string, number>,
  bounds: string[] | null,
  whole: boolean,
  whenEmpty: boolean,
): Blank[] {
  const { start, end } = spanOf(cell)
  const spans = findBlankSpans(source.text, start, end)
  const room = spans.length === 0 && (whole || whenEmpty) ? contentSpan(source, cell, whole) : null
  const actual = /\b(?:actual|results?|value|measured|observed|current)\b|实际|実測|실제/i.test(column)
  const target =
    actual && bounds && (room || spans.length > 0)
      ? (parseThresholds(bounds[0] ?? '', { target: true })[0] ?? null)
      : null
  return [...spans, ...(room ? [room] : [])].map(([from, to]) => ({
    name: uniqueName(slug(column), names),
    label: column,
    unit: /\(([^)]{1,8})\)\s*$/.exec(column)?.[1] ?? UNIT_BEHIND.exec(source.text.slice(to, end))?.[1] ?? null,
    target,
    range: source.range(from, to),
  }))
}

/** The white space between the pipes of an empty cell, or what stands in a filled one. */
function contentSpan(source: Source, cell: TableCell, whole: boolean): [number, number] | null {
  const empty = emptySpan(source, cell)
  if (empty || !whole) return empty
  const { start } = spanOf(cell)
  const slice = sliceOf(source, cell)
  // A pipe behind a backslash is part of the cell.
  const content = /(?:\\\||[^|\s])(?:(?:\\\||[^|])*(?:\\\||[^|\s]))?/.exec(slice)
  return content ? [start + content.index, start + content.index + content[0].length] : null
}

/** The white space between the pipes of an empty cell. */
function emptySpan(source: Source, cell: TableCell): [number, number] | null {
  const { start } = spanOf(cell)
  const match = /^\|?(\s*)\|?$/.exec(sliceOf(source, cell))
  if (!match) return null
  const from = start + (match[0].startsWith('|') ? 1 : 0)
  return [from, from + (match[1]?.length ?? 0)]
}

function sliceOf(source: Source, cell: TableCell): string {
  const { start, end } = spanOf(cell)
  return source.text.slice(start, end)
}
