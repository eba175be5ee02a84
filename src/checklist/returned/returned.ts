// A returned document recognised by its original: the same checklist, with what was filled in.
import { sha256 } from '../../lib/hash.ts'
import type { ByteRange, Checklist, Item } from '../../plan/plan.ts'
import { align, type Slot } from './alignment.ts'
import { annotationsIn, withoutAnnotations } from './annotations.ts'
import { decodeAnswer, type AnswerPlace } from './answer-text.ts'
import { markState, placesOf, surroundings, type Place } from './places.ts'
import type { Answer } from './return.ts'

/** What a filled-in copy says more than its original. */
export interface Returned {
  /** The original's checklist; states are those of the copy, and ranges lead into its bytes. */
  checklist: Checklist
  /** By item id: what differs from the original. Values stand without the escapes that the document needs. */
  answers: Map<string, Answer>
  /** By item id, of every item that has a box: what the box claims now. */
  states: Map<string, Item['state']>
}

/**
 * The candidate as a filled-in copy of the original that the checklist was read from; null when it differs from it in anything but
 * boxes, blanks, choices and notes behind items.
 */
export function asReturned(original: Uint8Array, checklist: Checklist, candidate: Uint8Array): Returned | null {
  const places = placesOf(checklist).filter(({ range }) => !original.subarray(range.start, range.end).includes(NEWLINE))
  const around = surroundings(original, places)
  const slots = places.map((place) => toSlot(place, around.get(place)?.fence !== true))
  const asIs = align(original, slots, candidate)
  const notes = asIs ? [] : annotationsIn(candidate)
  const plain = notes.length === 0 ? candidate : withoutAnnotations(candidate)
  const found = asIs ?? (notes.length === 0 ? null : align(original, slots, plain))
  if (!found) return null
  const texts = found.map(({ start, end }) => textOf(plain, start, end))
  const states = statesOf(places, texts)
  const move = mover(places, found, notes)
  return {
    checklist: {
      ...checklist,
      document: { ...checklist.document, bytes: candidate.length, sha256: sha256(candidate) },
      items: checklist.items.map((item) => moved(item, move, states.get(item.id))),
    },
    answers: answersOf(original, places, texts, around),
    states,
  }
}

const NEWLINE = 0x0a
const MARKS = [' ', 'x', 'X', '~', '-', '/'].map((mark) => Buffer.from(mark))
const GLYPHS = ['☐', '□', '⬜', '☑', '☒', '✅', '✓', '✔'].map((glyph) => Buffer.from(glyph))

function toSlot({ kind, range, choice }: Place, escaped: boolean): Slot {
  if (kind === 'blank') return { range, allowed: null, escaped }
  if (kind === 'choice') return { range, allowed: choice?.options.map((option) => Buffer.from(option)) ?? [] }
  return { range, allowed: range.end - range.start > 1 ? GLYPHS : MARKS }
}

function statesOf(places: readonly Place[], texts: readonly string[]): Map<string, Item['state']> {
  return new Map(
    places.flatMap(({ kind, item, range }, index) => {
      if (kind !== 'box') return []
      // A glyph that was encoded twice says what the reader made of it, until another stands there.
      const text = texts[index] ?? ''
      const garbled = range.end - range.start > 1 && !GLYPHS.some((glyph) => glyph.toString() === text)
      return [[item.id, garbled ? item.state : markState(text)] as const]
    }),
  )
}

function answersOf(
  original: Uint8Array,
  places: readonly Place[],
  texts: readonly string[],
  around: ReadonlyMap<Place, AnswerPlace>,
): Map<string, Answer> {
  const answers = new Map<string, { tick?: boolean; blanks: Record<string, string>; choices: Record<string, string> }>()
  for (const [index, place] of places.entries()) {
    const { item, kind, range, blank, choice, option } = place
    const text = texts[index] ?? ''
    if (text === textOf(original, range.start, range.end)) continue
    const answer = answers.get(item.id) ?? { blanks: {}, choices: {} }
    answers.set(item.id, answer)
    const surrounding = around.get(place)
    if (kind === 'box') answer.tick = markState(text) === 'ticked'
    else if (blank && surrounding) answer.blanks[blank.name] = decodeAnswer(text, surrounding)
    else if (choice && kind === 'choice') answer.choices[choice.name] = text
    else if (choice && markState(text) === 'ticked') answer.choices[choice.name] = choice.options[option] ?? ''
  }
  return answers
}

type Move = (range: ByteRange) => ByteRange

/** From ranges of the original to those of the copy. */
function mover(places: readonly Place[], found: readonly ByteRange[], notes: readonly ByteRange[]): Move {
  const known = new Map(places.map(({ range }, index) => [keyOf(range), found[index]]))
  const ends = places.map(({ range }) => range.end)
  let removed = 0
  const noteStarts = notes.map(({ start, end }) => {
    const at = start - removed
    removed += end - start
    return { at, removed }
  })
  const starts = noteStarts.map(({ at }) => at)
  const withNotes = (at: number): number => at + (noteStarts[countBelow(starts, at) - 1]?.removed ?? 0)
  const shift = (at: number): number => {
    const index = countBelow(ends, at + 1) - 1
    return (found[index]?.end ?? 0) + at - (ends[index] ?? 0)
  }
  return (range) => {
    const { start, end } = known.get(keyOf(range)) ?? { start: shift(range.start), end: shift(range.end) }
    return { start: withNotes(start), end: withNotes(end) }
  }
}

/** How many of the sorted numbers are below the limit. */
function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < limit) low = middle + 1
    else high = middle
  }
  return low
}

function keyOf({ start, end }: ByteRange): string {
  return `${start}:${end}`
}

function moved(item: Item, move: Move, state: Item['state'] = item.state): Item {
  return {
    ...item,
    state,
    box: item.box && move(item.box),
    blanks: item.blanks.map((blank) => ({ ...blank, range: move(blank.range) })),
    choices: item.choices.map((choice) => ({ ...choice, range: move(choice.range), marks: choice.marks.map(move) })),
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
