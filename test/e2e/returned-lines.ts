// Where a returned document differs from its original: in places to be filled in, or elsewhere, where it must not.
import type { ByteRange, Checklist } from '../../src/plan/plan.ts'

export interface ChangedLines {
  /** 1-based lines that differ in boxes, blanks and choices only. */
  filledIn: number[]
  /** 1-based lines that differ in anything else, and the end of the shorter document where the number of lines differs. */
  elsewhere: number[]
}

/** Compares line by line: outside the places to be filled in, every byte must be as it was. */
export function changedLines(original: Buffer, returned: Buffer, checklist: Checklist): ChangedLines {
  const places = checklist.items
    .flatMap(({ box, blanks, choices }) => [
      ...(box ? [box] : []),
      ...blanks.map(({ range }) => range),
      ...choices.flatMap(({ range, marks, style }) => (style === 'boxes' ? marks : [range])),
    ])
    .toSorted((a, b) => a.start - b.start)
  const before = original.toString('latin1').split('\n')
  const after = returned.toString('latin1').split('\n')
  const result: ChangedLines = { filledIn: [], elsewhere: [] }
  let start = 0
  for (const [index, line] of before.entries()) {
    const own = places.filter((place) => place.start >= start && place.end <= start + line.length)
    if (after[index] !== line)
      (pattern(line, start, own).test(after[index] ?? '') ? result.filledIn : result.elsewhere).push(index + 1)
    start += line.length + 1
  }
  if (before.length !== after.length) result.elsewhere.push(Math.min(before.length, after.length) + 1)
  return result
}

/** The line with something in each of its places, and everything between them as it was. */
function pattern(line: string, start: number, places: readonly ByteRange[]): RegExp {
  let text = ''
  let at = 0
  for (const place of places) {
    text += `${literally(line.slice(at, place.start - start))}.+`
    at = place.end - start
  }
  return new RegExp(`^${text}${literally(line.slice(at))}$`, 's')
}

/** A pattern that matches this text and nothing else. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
