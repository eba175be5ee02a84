// The places of a document that may be written into, in the order they stand in, and what surrounds each.
import type { Blank, ByteRange, Checklist, Choice, Item } from '../../plan/plan.ts'
import type { AnswerPlace } from './answer-text.ts'

/** One stretch of bytes that an answer may change. */
export interface Place {
  item: Item
  range: ByteRange
  /** `mark`: the box of one of a choice's options. */
  kind: 'box' | 'blank' | 'choice' | 'mark'
  blank: Blank | null
  choice: Choice | null
  /** Which option the mark is of. */
  option: number
}

/** Every place, first to last. Of two that overlap the first counts: nothing is ever written across another place. */
export function placesOf(checklist: Checklist): Place[] {
  const places = checklist.items.flatMap(placesOfItem).toSorted((a, b) => a.range.start - b.range.start)
  let end = 0
  return places.filter(({ range }, index) => {
    if (range.start < end && index > 0) return false
    end = range.end
    return true
  })
}

function placesOfItem(item: Item): Place[] {
  const none = { item, blank: null, choice: null, option: 0 }
  const { box, blanks, choices } = item
  return [
    ...(box ? [{ ...none, kind: 'box' as const, range: box }] : []),
    ...blanks.map((blank) => ({ ...none, kind: 'blank' as const, blank, range: blank.range })),
    ...choices.flatMap((choice): Place[] =>
      choice.style === 'text'
        ? [{ ...none, kind: 'choice', choice, range: choice.range }]
        : choice.marks.map((range, option) => ({ ...none, kind: 'mark', choice, option, range })),
    ),
  ]
}

/** What the mark in a box says. */
export function markState(mark: string): Item['state'] {
  if (/^[xX☑☒✅✓✔]/u.test(mark)) return 'ticked'
  return /^[~/-]/.test(mark) ? 'partial' : 'open'
}

/** What surrounds each of the places (first to last, as `placesOf` gives them): one pass over the document. */
export function surroundings(original: Uint8Array, places: readonly Place[]): Map<Place, AnswerPlace> {
  const fences = fencedBlocks(original)
  const result = new Map<Place, AnswerPlace>()
  let fence = 0
  let line = beginLine(original, 0)
  for (const place of places) {
    const { start } = place.range
    const lineStart = lineStartBefore(original, start, line.start)
    if (lineStart !== line.start) line = beginLine(original, lineStart)
    readOn(original, line, start)
    while ((fences[fence]?.end ?? Number.POSITIVE_INFINITY) <= start) fence++
    const inFence = place.item.table === null && (fences[fence]?.start ?? Number.POSITIVE_INFINITY) <= start
    result.set(place, {
      code: line.marks % 2 === 1,
      fence: inFence,
      table: !inFence && (place.item.table !== null || line.pipe || line.aboveDelimiters),
      lineStart: beginsBlock(original, line.start, start),
    })
  }
  return result
}

interface LineSoFar {
  start: number
  at: number
  /** Code marks up to here. */
  marks: number
  /** A pipe that separates cells stands in front. */
  pipe: boolean
  /** The next line holds nothing but the signs of a table's second row: a pipe would make a table of the two. */
  aboveDelimiters: boolean
}

function beginLine(bytes: Uint8Array, start: number): LineSoFar {
  const end = bytes.indexOf(NEWLINE, start)
  const next = end === -1 ? bytes.length : end + 1
  let at = next
  while (DELIMITERS.has(bytes[at] ?? 0)) at++
  const aboveDelimiters = at > next && (at === bytes.length || bytes[at] === NEWLINE)
  return { start, at: start, marks: 0, pipe: false, aboveDelimiters }
}

function readOn(bytes: Uint8Array, line: LineSoFar, to: number): void {
  for (; line.at < to; line.at++) {
    const byte = bytes[line.at] ?? 0
    if (byte === BACKTICK) line.marks++
    else if (byte === PIPE && line.marks % 2 === 0 && bytes[line.at - 1] !== BACKSLASH) line.pipe = true
  }
}

/** Whether what is written here could begin a block: nothing stands in front but a BOM, white space, quote marks and bullets. */
function beginsBlock(bytes: Uint8Array, lineStart: number, at: number): boolean {
  if (at - lineStart > MARKERS_BYTES_MAX) return false
  const before = Buffer.from(bytes.buffer, bytes.byteOffset + lineStart, at - lineStart).toString('utf8')
  return /^\uFEFF?[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t>]+)*$/.test(before)
}

/** The start of the line that `at` stands in, which is not before `from`. */
function lineStartBefore(bytes: Uint8Array, at: number, from: number): number {
  let start = at
  while (start > from && bytes[start - 1] !== NEWLINE && bytes[start - 1] !== RETURN) start--
  return start
}

const NEWLINE = 0x0a
const RETURN = 0x0d
/** Bullets and quote marks nested deeper than this do not occur. */
const MARKERS_BYTES_MAX = 200
const BACKTICK = 0x60
const PIPE = 0x7c
const BACKSLASH = 0x5c
const DELIMITERS = new Set(Buffer.from(' \t\r>|:-'))
/** A fence, behind quote marks, indentation or the bullet it stands at. No backtick may follow backticks that open one. */
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})([^\n]*)/gm

/** Byte ranges of the document's fenced blocks, in order. */
export function fencedBlocks(original: Uint8Array): ByteRange[] {
  const text = Buffer.from(original.buffer, original.byteOffset, original.length).toString('latin1')
  const blocks: ByteRange[] = []
  let open: { start: number; fence: string } | null = null
  for (const { index, 0: line, 1: fence = '', 2: behind = '' } of text.matchAll(FENCE)) {
    if (!open) {
      if (fence.startsWith('~') || !behind.includes('`')) open = { start: index, fence }
    } else if (fence[0] === open.fence[0] && fence.length >= open.fence.length && behind.trim() === '') {
      blocks.push({ start: open.start, end: index + line.length })
      open = null
    }
  }
  return open ? [...blocks, { start: open.start, end: original.length }] : blocks
}
