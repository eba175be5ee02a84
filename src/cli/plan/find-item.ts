// Which item of a document is meant: by its id or a part of it, by a line, or by words of its text.
import { basename } from 'node:path'
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Checklist, CommandStep, Item } from '../../plan/plan.ts'
import { cut, plainLine } from '../display-width.ts'

/** So many candidates are listed. */
const LISTED_MAX = 8

/**
 * The one item that is meant by `given`: an id, its beginning, a part of an id or a text that only one item has, `42` or
 * `DOC:42` for a line.
 * @throws PlanError listing what it may be where that is none or several.
 */
export function findItem(checklist: Checklist, given: string): Item {
  const { items, document } = checklist
  const exact = items.find(({ id }) => id === given)
  if (exact) return exact
  const line = lineIn(given, document.path)
  if (line !== null) return only(atLine(checklist, line), given, document.path) ?? refuse(noItemAt(checklist, line))
  const words = given.toLowerCase()
  const ways: ((item: Item) => boolean)[] = [
    ({ id }) => id.startsWith(given),
    ({ text }) => plainLine(text).toLowerCase() === words,
    ({ id }) => id.includes(words),
    ({ text }) => plainLine(text).toLowerCase().includes(words),
  ]
  for (const matches of ways) {
    const found = given === '' ? null : only(items.filter(matches), given, document.path)
    if (found) return found
  }
  const suggestion = nearest(
    given,
    items.map(({ id }) => id),
  )
  return refuse(
    new PlanError(`${document.path} has no item "${given}"`, {
      expected: 'an id, a part of one, words of its text, or a line',
      hint: suggestion ? `did you mean "${suggestion}"?` : '"gonogo plan" lists them',
    }),
  )
}

/** The document in `DOC:42`, or null. */
export function documentIn(given: string): string | null {
  return /^(.+):\d{1,9}$/.exec(given)?.[1] ?? null
}

/** `42`, `CHECKLIST.md:42`; null where it is no line. @throws PlanError for a line of another document. */
function lineIn(given: string, path: string): number | null {
  const match = /^(?:(.+):)?(\d{1,9})$/.exec(given)
  if (!match) return null
  const [, file, line] = match
  if (file !== undefined && basename(file) !== basename(path))
    throw new PlanError(`"${given}" is a line of another document`, {
      expected: `a line of ${path}`,
      hint: `run "gonogo plan ${file} --explain ${line}"`,
    })
  return Number(line)
}

/** Items that stand on a line, or one of whose commands does. */
function atLine({ items }: Checklist, line: number): Item[] {
  const there = items.filter((item) => item.line === line)
  return there.length > 0 ? there : items.filter(({ commands }) => commands.some((command) => spans(command, line)))
}

function spans({ line: first, script }: CommandStep, line: number): boolean {
  return line >= first && line < first + script.split('\n').length
}

/** None: null. @throws PlanError where there are several. */
function only(found: readonly Item[], given: string, path: string): Item | null {
  const [item] = found
  if (!item || found.length === 1) return item ?? null
  const listed = found
    .slice(0, LISTED_MAX)
    .map((one) => `${one.id} (line ${one.line}, "${cut(plainLine(one.text), 40)}")`)
  const more = found.length > LISTED_MAX ? ` and ${found.length - LISTED_MAX} more` : ''
  throw new PlanError(`"${given}" may mean ${found.length} items of ${path}`, {
    expected: `one of ${listed.join(', ')}${more}`,
  })
}

/** On an empty line, a heading, a sentence: the items around it are named. */
function noItemAt({ items, phases, document }: Checklist, line: number): PlanError {
  const phase = phases.findLast((candidate) => candidate.line <= line)
  const before = items.findLast((item) => item.line < line)
  const after = items.find((item) => item.line > line)
  const around = [before, after].flatMap((item) =>
    item ? [`line ${item.line} ("${cut(plainLine(item.text), 40)}")`] : [],
  )
  return new PlanError(`no item stands here${phase ? `, under "${cut(plainLine(phase.title), 40)}"` : ''}`, {
    file: document.path,
    line,
    ...(around.length > 0 ? { expected: `the nearest ones: ${around.join(', ')}` } : {}),
  })
}

function refuse(error: PlanError): never {
  throw error
}
