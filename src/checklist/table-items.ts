// Tables that are filled in: Target / Actual / Status, Check / Verified by / Date, Command / Expected.
import type { Table, TableCell, TableRow } from 'mdast'
import type { Blank, ByteRange } from '../plan/plan.ts'
import { findBlankSpans, uniqueName } from './blanks.ts'
import { isInlineCommand, toCommand } from './commands.ts'
import type { Source } from './decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { slug } from './identity.ts'
import { plainText, spanOf } from './markdown.ts'
import { boxState } from './sections.ts'
import { parseThresholds } from './thresholds.ts'

/** Columns whose cells are filled in when they are empty. */
const FILLED =
  /\b(?:actual|status|result|value|verified|checked|done|complete[d]?|signature|signed|sign-?off|approved|date|time|name|initials|owner|notes?|comments?)\b/i
/** First columns whose rows are requirements, whether or not there is a cell to fill in. */
const REQUIREMENTS = /^(?:checks?|items?|tasks?|steps?|requirements?|criteri\w+|controls?)\b/i
const NEVER = new Set(['contacts', 'reference', 'troubleshooting'])

/** One draft for each row that has something to fill in, to tick or to run. */
export function collectTable(source: Source, table: Table, place: Place): Draft[] {
  const [header, ...rows] = table.children
  if (!header || NEVER.has(place.section.phase.kind)) return []
  const columns = header.children.map(plainText)
  const forms = columns.some((column) => FILLED.test(column)) || rows.some((row) => hasMark(source, row))
  const commands = columns.findIndex((column) => /^commands?\b/i.test(column))
  const expected = columns.some((column) => /^expected\b/i.test(column))
  const required = REQUIREMENTS.test(columns[0] ?? '')
  if (!forms && !required && !(commands >= 0 && expected)) return []
  return rows.flatMap((row) => {
    const draft = readRow(source, row, columns, expected ? commands : -1, place)
    const holds = draft && (required || draft.box || draft.blanks.length > 0 || draft.commands.length > 0)
    return holds ? [draft] : []
  })
}

function hasMark(source: Source, row: TableRow): boolean {
  return row.children.some((cell) => /☐|□|⬜|_{3,}/.test(sliceOf(source, cell)))
}

function readRow(source: Source, row: TableRow, columns: string[], commandColumn: number, place: Place): Draft | null {
  const cells = row.children.map(plainText)
  const subject = cells[0] ?? ''
  if (subject === '') return null
  const table = Object.fromEntries(
    columns.map((column, index) => [column || `column ${index + 1}`, cells[index] ?? '']),
  )
  const described = /\bdescription\b/i.test(columns[1] ?? '') && cells[1] ? `${subject}: ${cells[1]}` : subject
  const draft = {
    ...makeDraft('table', place, spanOf(row).line, described),
    label: described === subject ? null : subject,
    table,
  }
  const names = new Map<string, number>()
  const target = columns.findIndex((column) => /^(?:target|threshold|expected|goal|limit|slo)\b/i.test(column))
  draft.bounds = target > 0 ? `${subject}: ${cells[target] ?? ''}` : null
  for (const [index, cell] of row.children.entries()) {
    const mark = findMark(source, cell)
    if (mark) {
      draft.box = mark.range
      draft.state = mark.state
    } else if (index > 0) draft.blanks.push(...cellBlanks(source, cell, columns[index] ?? '', names, draft.bounds))
  }
  const command = commandColumn >= 0 ? (cells[commandColumn] ?? '') : ''
  if (isInlineCommand(command)) draft.commands = [toCommand(command, null, draft.line)]
  return draft
}

function findMark(source: Source, cell: TableCell): { range: ByteRange; state: Draft['state'] } | null {
  const { start } = spanOf(cell)
  const match = /^[|\s]*(?:([☐□⬜☑])|\[([ xX])\])\s*\|?\s*$/u.exec(sliceOf(source, cell))
  if (!match) return null
  const at = start + (match[1] ? match[0].search(/[☐□⬜☑]/u) : match[0].indexOf('[') + 1)
  return { range: source.range(at, at + 1), state: boxState(match[1] ?? match[2] ?? ' ') }
}

function cellBlanks(
  source: Source,
  cell: TableCell,
  column: string,
  names: Map<string, number>,
  bounds: string | null,
): Blank[] {
  const { start, end } = spanOf(cell)
  const spans = findBlankSpans(source.text, start, end)
  const empty = spans.length === 0 && FILLED.test(column) ? emptySpan(source, cell) : null
  const actual = /\b(?:actual|result|value|measured)\b/i.test(column)
  return [...spans, ...(empty ? [empty] : [])].map(([from, to]) => ({
    name: uniqueName(slug(column), names),
    label: column,
    unit: null,
    target: actual && bounds ? (parseThresholds(bounds, { target: true })[0] ?? null) : null,
    range: source.range(from, to),
  }))
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
