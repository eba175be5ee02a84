// Alternatives of which one is chosen: `Yes / No` in code marks, "☐ Yes ☐ No", "[ ] GO / [ ] NO-GO".
import type { Choice } from '../plan/plan.ts'
import { uniqueName } from './blanks.ts'
import type { Source } from './decode.ts'

const IN_CODE = /`([^`\n]{3,120})`/g
/** A box glyph or an open bracket box with its option; the option ends at the next box, a slash or the line. */
const BOXED = /(☐|□|⬜|☑|\[([ xX])\])[ \t]*([^☐□⬜☑[\]|/(\n`]{1,40}?)(?=[ \t]*(?:[|/(]|☐|□|⬜|☑|\[[ xX]\]|$))/gm

/** The choices of a piece of the text, in characters `start` to `end` of the whole text. */
export function readChoices(source: Source, start: number, end: number): Choice[] {
  const piece = source.text.slice(start, end)
  const names = new Map<string, number>()
  const label = (at: number) =>
    piece
      .slice(Math.max(0, piece.lastIndexOf('\n', at - 1) + 1), at)
      .replace(/\[[ xX~]\]|[`*|]/g, ' ')
      .replace(/^\s*(?:[-+]|\d+[.)])\s/, ' ')
      .replace(/\s+/g, ' ')
      .replace(/[\s:?(]+$/, '')
      .trim()
  const choices: Choice[] = []
  for (const match of piece.matchAll(IN_CODE)) {
    const options = alternatives(match[1] ?? '')
    if (!options) continue
    const from = start + match.index + 1
    const range = source.range(from, from + (match[1]?.length ?? 0))
    choices.push({
      name: uniqueName('choice', names),
      label: label(match.index),
      options,
      range,
      style: 'text',
      marks: [],
    })
  }
  return [...choices, ...readBoxed(source, piece, start, names, label)]
}

/** "Yes / No" → its options; null where the code is something else, such as a path. */
function alternatives(code: string): string[] | null {
  const spaced = code.split(/\s+\/\s+/)
  const options =
    spaced.length > 1 ? spaced : /^(?:yes\/no|y\/n|pass\/fail|go\/no-go)$/i.test(code) ? code.split('/') : []
  const plain = options.every((option) => /^[\p{L}\d][\p{L}\d' -]{0,30}$/u.test(option.trim()))
  return options.length > 1 && plain ? options.map((option) => option.trim()) : null
}

function readBoxed(
  source: Source,
  piece: string,
  start: number,
  names: Map<string, number>,
  label: (at: number) => string,
): Choice[] {
  if (!/[☐□⬜☑[]/.test(piece)) return []
  const choices: Choice[] = []
  for (const group of groupByLine(piece, [...piece.matchAll(BOXED)])) {
    const first = group[0]
    const last = group.at(-1)
    if (!first || !last) continue
    choices.push({
      name: uniqueName('choice', names),
      label: label(first.index),
      options: group.map((match) => match[3]?.trim() ?? ''),
      range: source.range(start + first.index, start + last.index + last[0].length),
      style: 'boxes',
      marks: group.map((match) => markRange(source, start + match.index, match)),
    })
  }
  return choices
}

/** Boxes on one line belong together. A lone bracket box is an item's own box, a lone glyph behind words is a choice of one. */
function groupByLine(piece: string, matches: RegExpExecArray[]): RegExpExecArray[][] {
  const groups = Map.groupBy(matches, ({ index }) => piece.lastIndexOf('\n', index))
  return [...groups].flatMap(([newline, group]) => {
    const first = group[0]
    const words = first ? piece.slice(newline + 1, first.index).replace(/[\s>*+-]/g, '') : ''
    return group.length > 1 || (first?.[2] === undefined && words !== '') ? [group] : []
  })
}

function markRange(source: Source, at: number, match: RegExpExecArray): Choice['range'] {
  return match[2] === undefined ? source.range(at, at + 1) : source.range(at + 1, at + 2)
}
