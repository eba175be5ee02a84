// The mark of a box at the start of an entry's words, in all the ways people and formatters write one.
import type { ByteRange, Item } from '../../plan/plan.ts'
import type { Source } from '../markdown/decode.ts'
import { boxState } from '../phases/sections.ts'

/** A box in the text. */
export interface BoxMark {
  /** The character between its brackets, the glyph itself, or the gap of a `[]`. */
  range: ByteRange
  state: Item['state']
  /** Offset in the text behind it and the white space that follows. */
  after: number
}

/** Longest start of an entry that a box and the marks around it take. */
const START_CHARACTERS = 24
/** Not a link: `[x](page)`, `[x][page]`, `[x]: page`. */
const BRACKETS =
  /^(?:\*\*|__|[*_~])?\\?\[(?:([ \t]|[xX✓✔✗])|([~/!-])(?=\\?\](?:\s|$))|(?=\\?\](?:\s|$)))\\?\](?![([:])[ \t]*/u
const GLYPH = /^(?:\*\*|__)?([☐□⬜◻◽▢❏❑❒☑☒🔲])\uFE0F?[ \t]*/u

/** The box that begins at this offset of the text, or null. */
export function readBoxMark(source: Source, at: number): BoxMark | null {
  const start = source.text.slice(at, at + START_CHARACTERS)
  const glyph = GLYPH.exec(start)
  if (glyph) {
    const from = at + glyph[0].indexOf(glyph[1] ?? '')
    return {
      range: source.range(from, from + (glyph[1] ?? '').length),
      state: boxState(glyph[1] ?? ''),
      after: at + glyph[0].length,
    }
  }
  const brackets = BRACKETS.exec(start)
  if (!brackets) return null
  const mark = brackets[1] ?? brackets[2] ?? ''
  const from = at + brackets[0].indexOf('[') + 1
  return { range: source.range(from, from + mark.length), state: boxState(mark), after: at + brackets[0].length }
}

/** A `✅` that begins at this offset and stands for a ticked box. */
export function readTick(source: Source, at: number): BoxMark | null {
  const tick = /^(?:✅|✔|✓)/u.exec(source.text.slice(at, at + START_CHARACTERS))?.[0]
  return tick === undefined
    ? null
    : { range: source.range(at, at + tick.length), state: 'ticked', after: at + tick.length }
}

/** An entry's words without the box they begin with. */
export function withoutBox(words: string): string {
  return words.replace(/^(?:\[(?:[ xX~/!✓✔✗-])?\]|[☐□⬜◻◽▢❏❑❒☑☒🔲]\uFE0F?)\s*/u, '')
}

/** Whether a text has boxes at all; in one that has none, other marks and steps play their part. */
export function hasBoxes(text: string): boolean {
  return /^[ \t>]*(?:#{1,6}[ \t]+)?(?:[-*+•][ \t]*|\d{1,9}[.)][ \t]*)?(?:\\?\[[ xX~]\\?\]|[☐□⬜◻❏])|\|[ \t]*(?:\[[ xX]\]|[☐□⬜])/mu.test(
    text,
  )
}
