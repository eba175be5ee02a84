// The document handed back filled in: bytes are replaced at boxes, blanks and choices, and nowhere else.
import { PlanError } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'
import { nearest } from '../lib/nearest.ts'
import type { Blank, ByteRange, Checklist, Choice, Item } from '../plan/plan.ts'
import { encodeAnswer, type AnswerPlace } from './answer-text.ts'

/** What is known of one item. What is left out stays as it is in the document. */
export interface Answer {
  /** Whether its box is ticked. At a bad-state item: whether it did happen. */
  tick?: boolean
  /** Blank name → value, with its unit where the document does not give one. */
  blanks?: Readonly<Record<string, string>>
  /** Choice name → one of its options. */
  choices?: Readonly<Record<string, string>>
}

interface Edit extends ByteRange {
  bytes: Uint8Array
}

/**
 * A copy of the document with the answers (by item id) written in. Nothing answered: identical bytes.
 *
 * @throws PlanError when `original` is not what the checklist was read from, or an answer names what is not there.
 */
export function returnChecklist(
  original: Uint8Array,
  checklist: Checklist,
  answers: ReadonlyMap<string, Answer>,
): Uint8Array {
  const { path, sha256: expected } = checklist.document
  if (sha256(original) !== expected)
    throw new PlanError('is no longer the document the checklist was read from', {
      file: path,
      hint: 'return from the original bytes, or plan again',
    })
  const items = new Map(checklist.items.map((item) => [item.id, item]))
  const fences = new Fences(original)
  const edits = [...answers].flatMap(([id, answer]) => {
    const item = items.get(id)
    if (!item) throw unknown(path, 'item', id, [...items.keys()])
    return editsOf(original, path, item, answer, fences)
  })
  return splice(original, edits)
}

function editsOf(original: Uint8Array, path: string, item: Item, answer: Answer, fences: Fences): Edit[] {
  const edits: Edit[] = []
  if (answer.tick !== undefined && item.box) edits.push(...mark(original, item.box, answer.tick))
  for (const [name, value] of Object.entries(answer.blanks ?? {})) {
    const blank = named(path, 'blank', item, item.blanks, name)
    const edit = fill(original, blank, value, fences)
    if (edit) edits.push(edit)
  }
  for (const [name, option] of Object.entries(answer.choices ?? {}))
    edits.push(...choose(original, path, item, named(path, 'choice', item, item.choices, name), option))
  return edits
}

function named<T extends Blank | Choice>(path: string, what: string, item: Item, entries: T[], name: string): T {
  const found = entries.find((entry) => entry.name === name)
  if (found) return found
  throw unknown(
    path,
    `${what} of ${item.id}`,
    name,
    entries.map((entry) => entry.name),
    item.line,
  )
}

function unknown(path: string, what: string, name: string, known: string[], line?: number): PlanError {
  const near = nearest(name, known)
  return new PlanError(`has no ${what} named ${JSON.stringify(name)}`, {
    file: path,
    ...(line === undefined ? {} : { line }),
    ...(near ? { hint: `did you mean ${near}?` } : {}),
  })
}

/** Sets a box. One that already says so keeps its very mark, `X` or `x`. */
function mark(original: Uint8Array, range: ByteRange, ticked: boolean): Edit[] {
  const now = textOf(original, range)
  const isTicked = /^[xX☑]$/.test(now)
  // A third state such as `~` is neither, and is overwritten by both.
  if (ticked === isTicked && (ticked || /^[ \t☐□⬜]$/.test(now))) return []
  const glyph = /[☐□⬜☑]/u.test(now)
  return [{ ...range, bytes: encode(ticked ? (glyph ? '☑' : 'x') : glyph ? '☐' : ' ') }]
}

/** Writes a value into a blank; an empty value leaves the blank as it is. */
function fill(original: Uint8Array, { range }: Blank, value: string, fences: Fences): Edit | null {
  const place = placeOf(original, range, fences)
  const text = encodeAnswer(value, place)
  if (text === '') return null
  const empty = textOf(original, range).trim() === ''
  return { ...range, bytes: encode(empty ? ` ${text} ` : text) }
}

/** Replaces the alternatives by the chosen one, or ticks its box and opens the others'. */
function choose(original: Uint8Array, path: string, item: Item, choice: Choice, option: string): Edit[] {
  const index = choice.options.findIndex((known) => known.toLowerCase() === option.toLowerCase())
  if (index === -1)
    throw new PlanError(`${JSON.stringify(option)} is none of the options`, {
      file: path,
      line: item.line,
      path: choice.label,
      expected: choice.options.join(', '),
    })
  if (choice.style === 'text') return [{ ...choice.range, bytes: encode(choice.options[index] ?? '') }]
  return choice.marks.flatMap((range, position) => mark(original, range, position === index))
}

function placeOf(original: Uint8Array, range: ByteRange, fences: Fences): AnswerPlace {
  const lineStart = original.lastIndexOf(0x0a, range.start - 1) + 1
  const before = textOf(original, { start: range.start === 0 ? 0 : lineStart, end: range.start })
  return {
    code: (before.match(/`/g)?.length ?? 0) % 2 === 1,
    fence: fences.holds(range.start),
    table: /^\s*\|/.test(before) || (before.includes('|') && !fences.holds(range.start)),
    lineStart: before.trim() === '',
  }
}

/** The byte ranges of fenced blocks. */
class Fences {
  readonly #ranges: ByteRange[] = []

  constructor(original: Uint8Array) {
    const text = Buffer.from(original).toString('latin1')
    let open: { start: number; mark: string } | null = null
    for (const match of text.matchAll(/^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})/gm)) {
      const fence = match[1] ?? ''
      if (!open) open = { start: match.index, mark: fence }
      else if (fence[0] === open.mark[0] && fence.length >= open.mark.length) {
        this.#ranges.push({ start: open.start, end: match.index })
        open = null
      }
    }
    if (open) this.#ranges.push({ start: open.start, end: original.length })
  }

  holds(at: number): boolean {
    return this.#ranges.some(({ start, end }) => at >= start && at < end)
  }
}

/** Applies the edits from the start of the document to its end; the later of two for the same place is dropped. */
function splice(original: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const { start, end, bytes } of edits.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue
    parts.push(original.subarray(at, start), bytes)
    at = end
  }
  return Buffer.concat([...parts, original.subarray(at)])
}

function textOf(bytes: Uint8Array, { start, end }: ByteRange): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

function encode(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}
