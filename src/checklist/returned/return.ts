// The document handed back filled in: bytes are replaced at boxes, blanks and choices, and nowhere else.
import { PlanError } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { withoutUnit } from '../../lib/measure.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Blank, ByteRange, Checklist, Choice, Item } from '../../plan/plan.ts'
import { annotationPlaces, annotationText, type Annotation } from './annotations.ts'
import { encodeAnswer, type AnswerPlace } from './answer-text.ts'
import { markState, placesOf, surroundings, type Place } from './places.ts'

/** What is known of one item. What is left out stays as it is in the document. */
export interface Answer {
  /** Whether its box is ticked. At a bad-state item: whether it did happen. */
  tick?: boolean
  /** Blank name → value, with its unit where there is one; the document's own unit is not written twice. */
  blanks?: Readonly<Record<string, string>>
  /** Choice name → one of its options. */
  choices?: Readonly<Record<string, string>>
}

interface Edit extends ByteRange {
  bytes: Uint8Array
}

/**
 * A copy of the document with the answers (by item id) written in, and notes behind items where there are any. Nothing answered:
 * identical bytes. Without notes only the bytes of boxes, blanks and choices change.
 *
 * @throws PlanError when `original` is not what the checklist was read from, or an answer names what is not there.
 */
export function returnChecklist(
  original: Uint8Array,
  checklist: Checklist,
  answers: ReadonlyMap<string, Answer>,
  notes: ReadonlyMap<string, Annotation> = new Map(),
): Uint8Array {
  const { path, sha256: expected } = checklist.document
  if (sha256(original) !== expected)
    throw new PlanError('is no longer the document the checklist was read from', {
      file: path,
      hint: 'return from the original bytes, or plan again',
    })
  refuseUnknown(checklist, answers)
  const places = placesOf(checklist)
  const around = surroundings(original, places)
  const edits = places.flatMap((place) => editAt(original, place, answers.get(place.item.id), around.get(place)))
  return splice(original, [...edits, ...noteEdits(original, checklist, notes)])
}

function refuseUnknown({ document: { path }, items }: Checklist, answers: ReadonlyMap<string, Answer>): void {
  const known = new Map(items.map((item) => [item.id, item]))
  for (const [id, { blanks = {}, choices = {} }] of answers) {
    const item = known.get(id)
    if (!item) throw unknown(path, 'item', id, [...known.keys()])
    for (const name of Object.keys(blanks)) named(path, 'blank', item, item.blanks, name)
    for (const [name, option] of Object.entries(choices)) {
      const choice = named(path, 'choice', item, item.choices, name)
      if (optionIndex(choice, option) === -1)
        throw new PlanError(`${JSON.stringify(option)} is none of the options`, {
          file: path,
          line: item.line,
          path: choice.label,
          expected: choice.options.join(', '),
        })
    }
  }
}

function named<T extends Blank | Choice>(
  path: string,
  what: string,
  item: Item,
  entries: readonly T[],
  name: string,
): T {
  const found = entries.find((entry) => entry.name === name)
  if (found) return found
  const names = entries.map((entry) => entry.name)
  throw unknown(path, `${what} of ${item.id}`, name, names, item.line)
}

function unknown(path: string, what: string, name: string, known: string[], line?: number): PlanError {
  const near = nearest(name, known)
  return new PlanError(`has no ${what} named ${JSON.stringify(name)}`, {
    file: path,
    ...(line === undefined ? {} : { line }),
    ...(near ? { hint: `did you mean ${near}?` } : {}),
  })
}

/** The exact option, else the one that differs in case only. */
function optionIndex({ options }: Choice, option: string): number {
  const exact = options.indexOf(option)
  return exact === -1 ? options.findIndex((known) => known.toLowerCase() === option.toLowerCase()) : exact
}

/** What an answer changes at one place: nothing or one edit. */
function editAt(
  original: Uint8Array,
  { item, kind, blank, choice, option, range }: Place,
  answer: Answer | undefined,
  around: AnswerPlace | undefined,
): Edit[] {
  if (!answer || !around) return []
  if (kind === 'box') return answer.tick === undefined ? [] : mark(range, item.state, answer.tick)
  if (blank) return fill(original, blank, ownValue(answer.blanks, blank.name), around)
  const chosen = choice ? ownValue(answer.choices, choice.name) : undefined
  if (!choice || chosen === undefined) return []
  const index = optionIndex(choice, chosen)
  return kind === 'mark'
    ? mark(range, markState(textOf(original, range)), option === index)
    : [{ ...range, bytes: encode(choice.options[index] ?? '') }]
}

/** Names come from documents: `constructor` is not one of theirs unless they say so. */
function ownValue(values: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined
}

/** Sets a box. One that already says so keeps its very mark, `X` or `x`; a third state such as `~` is overwritten by both. */
function mark(range: ByteRange, now: Item['state'], ticked: boolean): Edit[] {
  if (now === (ticked ? 'ticked' : 'open')) return []
  // Between brackets stands one byte; a glyph takes three, and more where it was encoded twice.
  const glyph = range.end - range.start > 1
  return [{ ...range, bytes: encode(ticked ? (glyph ? '☑' : 'x') : glyph ? '☐' : ' ') }]
}

/** Writes a value into a blank; an empty value leaves the blank as it is. */
function fill(original: Uint8Array, { range, unit }: Blank, value: string | undefined, around: AnswerPlace): Edit[] {
  if (value === undefined) return []
  const text = encodeAnswer(unit ? withoutUnit(value, unit) : value, around)
  if (text === '') return []
  const now = textOf(original, range)
  const from = now.length - now.trimStart().length
  // The white space of a cell stays at its sides.
  const [before, after] = now.trim() === '' ? [' ', ' '] : [now.slice(0, from), now.slice(now.trimEnd().length)]
  return [{ ...range, bytes: encode(before + text + after) }]
}

function noteEdits(original: Uint8Array, checklist: Checklist, notes: ReadonlyMap<string, Annotation>): Edit[] {
  if (notes.size === 0) return []
  return [...annotationPlaces(original, checklist)].flatMap(([id, at]) => {
    const note = notes.get(id)
    return note ? [{ start: at, end: at, bytes: encode(annotationText(note)) }] : []
  })
}

/** Applies the edits; at one place a value comes before the note behind it. */
function splice(original: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const { start, end, bytes } of edits.toSorted((a, b) => a.start - b.start)) {
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
