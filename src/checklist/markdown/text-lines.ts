// Where an offset of a text stands: its line and column; and where words begin and end.
import type { Root } from 'mdast'

/** Lines and columns from 1, offsets from 0. */
export type Position = NonNullable<Root['position']>

/** The lines of a text whose line endings are `\n`. */
export class TextLines {
  readonly #starts = [0]
  #line = 0

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  position(from: number, to: number): Position {
    return { start: this.#point(from), end: this.#point(to) }
  }

  #point(offset: number): Position['start'] {
    const line = this.#lineOf(offset)
    return { line: line + 1, column: offset - (this.#starts[line] ?? 0) + 1, offset }
  }

  /** Offsets are mostly asked for in order: the line is the last one or the next. */
  #lineOf(offset: number): number {
    const starts = this.#starts
    const line = this.#line
    if ((starts[line] ?? 0) > offset || (starts[line + 2] ?? Infinity) <= offset)
      this.#line = lastAtMost(starts, offset)
    else if ((starts[line + 1] ?? Infinity) <= offset) this.#line++
    return this.#line
  }
}

/** Index of the last of ascending numbers that is not above another; 0 where all are. */
export function lastAtMost(numbers: readonly number[], max: number): number {
  let low = 0
  let high = numbers.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((numbers[middle] ?? 0) <= max) low = middle
    else high = middle - 1
  }
  return low
}

/** The first offset from `from` on that is no space or tab; `to` where there is none. */
export function skipBlanks(text: string, from: number, to: number): number {
  let at = from
  while (at < to && (text[at] === ' ' || text[at] === '\t')) at++
  return at
}

/** The offset behind the last character that is no white space. */
export function trimmedEnd(text: string, from: number, to: number): number {
  let end = to
  while (end > from && ' \t\n'.includes(text[end - 1] ?? '')) end--
  return end
}
