// Judges what a command printed by what the document says it prints.
import { excerpt, lastLine } from '../lib/excerpt.ts'
import type { Expectation } from '../plan/plan.ts'

export interface Printed {
  stdout: string
  stderr: string
  exitCode: number
  /** HTTP statuses that its `curl`s got, in order. */
  statuses: number[]
}

export interface Judgement {
  status: 'passed' | 'failed' | 'unverified'
  /** What was printed and what was wanted, for the sentence of the outcome. */
  says: string
}

const passes = (says: string): Judgement => ({ status: 'passed', says })
const fails = (says: string): Judgement => ({ status: 'failed', says })
const unknown = (says: string): Judgement => ({ status: 'unverified', says })

/** Complaints of programs that are only a way of saying "nothing". */
const HARMLESS = /^(?:No resources found\b.*|Defaulted container .*|Warning: .*|\s*)$/

/** Whether the output is what was wanted. What only a person can judge, or cannot be told, is `unverified`. */
export function judgePrinted(expects: Expectation, printed: Printed): Judgement {
  if (!expects.exitCodes.includes(printed.exitCode)) return fails(`exited ${printed.exitCode}`)
  const text = printed.stdout.trim()
  const shown = text === '' ? 'it printed nothing' : `it printed ${JSON.stringify(excerpt(text, 80))}`
  const wanted = expects.value ?? ''
  const is = (right: boolean, what: string) =>
    right ? passes(`${shown}, as wanted`) : fails(`${shown}, ${what} wanted`)
  switch (expects.kind) {
    case 'empty':
      return orComplaint(printed, is(text === '' || rowCount(text) === 0, 'nothing'))
    case 'equals':
      return orComplaint(printed, is(sameText(text, wanted), JSON.stringify(wanted)))
    case 'contains':
      return is(holds(text, wanted), `${JSON.stringify(excerpt(wanted, 80))} in it`)
    case 'count':
      return orComplaint(printed, is((rowCount(text) ?? lineCount(text)) === Number(wanted), `${wanted} lines`))
    case 'compare':
      return compare(singleNumber(text), wanted, shown)
    case 'status':
      return judgeStatus(text, printed.statuses, Number(wanted))
    case 'exit':
      return passes(`exited ${printed.exitCode}, as wanted`)
    case 'described':
      return unknown(`${shown}; a person must say whether that is "${excerpt(expects.text, 120)}"`)
  }
}

/** Nothing found because nothing could be looked at is no answer. */
function orComplaint({ stdout, stderr, exitCode }: Printed, judgement: Judgement): Judgement {
  const complained = stderr.split('\n').some((line) => !HARMLESS.test(line))
  const nothing = stdout.trim() === '' || exitCode !== 0
  if (judgement.status !== 'passed' || !complained || !nothing) return judgement
  return unknown(`it found nothing, but complained: ${lastLine(stderr)}`)
}

function sameText(text: string, wanted: string): boolean {
  const normal = (words: string) => words.split(/\s+/).join(' ').trim()
  if (normal(text) === normal(wanted)) return true
  const cell = singleCell(text)
  if (cell !== null && normal(cell) === normal(wanted)) return true
  return sameJson(text, wanted)
}

/** The one value of a result that a database client prints with its head, or null. */
function singleCell(text: string): string | null {
  const lines = text.split('\n').map((line) => line.trim())
  // psql: head, rule, value, "(1 row)"
  if (lines.length === 4 && /^-+$/.test(lines[1] ?? '') && lines[3] === '(1 row)') return lines[2] ?? null
  // mysql without a terminal: head, value
  if (lines.length === 2 && /^[A-Za-z_][\w(*). ]*$/.test(lines[0] ?? '')) return lines[1] ?? null
  return null
}

/** Rows by the foot that psql prints, or null. */
function rowCount(text: string): number | null {
  const foot = /^\((\d+) rows?\)$/m.exec(text)?.[1]
  return foot === undefined ? null : Number(foot)
}

function lineCount(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}

/** As a word of its own: "unhealthy" does not hold "healthy". JSON holds what has at least the wanted entries. */
function holds(text: string, wanted: string): boolean {
  const wordAt = (at: number) => /[\p{L}\p{N}_]/u.test(text[at] ?? '')
  const first = /^[\p{L}\p{N}_]/u.test(wanted)
  const last = /[\p{L}\p{N}_]$/u.test(wanted)
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    if (!(first && wordAt(at - 1)) && !(last && wordAt(at + wanted.length))) return true
  }
  const whole = parseJson(text)
  const part = parseJson(wanted)
  return typeof part === 'object' && part !== null && whole !== undefined && covers(whole, part)
}

function sameJson(text: string, wanted: string): boolean {
  const a = parseJson(text)
  const b = parseJson(wanted)
  return typeof b === 'object' && b !== null && a !== undefined && covers(a, b) && covers(b, a)
}

function covers(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(part)) return false
  return Object.entries(part).every(
    ([key, value]) => Object.hasOwn(whole, key) && covers((whole as Record<string, unknown>)[key], value),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function singleNumber(text: string): number | null {
  const cell = singleCell(text) ?? text
  return /^-?\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : null
}

function compare(value: number | null, bound: string, shown: string): Judgement {
  const [operator, limit = ''] = bound.split(' ')
  if (value === null) return unknown(`${shown}, which is not one number`)
  const to = Number(limit)
  const right =
    operator === '>=' ? value >= to : operator === '<=' ? value <= to : operator === '>' ? value > to : value < to
  return right ? passes(`${shown}, ${bound} as wanted`) : fails(`${shown}, ${bound} wanted`)
}

/** By what curl reported; else by a status line, or a status that the command itself prints. */
function judgeStatus(text: string, statuses: readonly number[], wanted: number): Judgement {
  const printed = [...text.matchAll(/^HTTP\/[\d.]+ (\d{3})\b/gm)].at(-1)?.[1] ?? /^(\d{3})$/.exec(text)?.[1]
  const found = statuses.length > 0 ? statuses : printed === undefined ? [] : [Number(printed)]
  if (found.length === 0) return unknown('which HTTP status it got could not be seen')
  const other = found.find((status) => status !== wanted)
  if (other === undefined) return passes(`status ${wanted}, as wanted`)
  return fails(other === 0 ? `no answer, status ${wanted} wanted` : `status ${other}, ${wanted} wanted`)
}
