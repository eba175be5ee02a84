// Alternatives of which one is chosen: `Yes / No` in code marks or plain, "PASS / FAIL", "☐ Yes ☐ No", "[ ] GO / [ ] NO-GO", "( ) A ( ) B".
import type { Choice } from '../../plan/plan.ts'
import { uniqueName } from './blanks.ts'
import type { Source } from '../markdown/decode.ts'

const IN_CODE = /`([^`\n]{3,120})`/g
/** A box glyph, a bracket box or a radio button with its option; the option ends at the next one, a slash or the line. */
const BOXED =
  /(☐|□|⬜|☑|○|◯|\[([ xX])\]|(?<!\w)\(([ xX])\))[ \t]*([^☐□⬜☑○◯[\]|/(\n`]{1,40}?)(?=[ \t]*(?:[|/]|[([](?![ xX][)\]])|[([][ xX][)\]]|☐|□|⬜|☑|○|◯|$))/gm
/** Options that are ones wherever they stand at the end of a field, with or without white space around the slash. */
const KNOWN =
  'yes|no|y|n|n\\/a|na|pass(?:ed)?|fail(?:ed)?|skip(?:ped)?|go|no[- ]?go|hold|approved?|declined?|rejected?|success(?:ful)?|failure|unsuccessful|partial|ok|not ok|nok|done|not done|' +
  'complete[d]?|incomplete|valid|invalid|working|broken|healthy|unhealthy|degraded|stable|unstable|met|not met|sí|si|да|нет|oui|non|ja|nein|sim|não|はい|いいえ'
const SEPARATOR = '\\s*(?:\\/|\\bor\\b)\\s*'
const PLAIN_KNOWN = new RegExp(
  `(?<=(?:[:：?(\\[|]|^|\\s[-–—])[ \\t*_]{0,4})((?:${KNOWN})(?:${SEPARATOR}(?:${KNOWN})){1,4})(?=[ \\t*_]*(?:$|[)\\]|,;.]|\\s[-–—(]))`,
  'gim',
)
const ALL_KNOWN = new RegExp(`^(?:${KNOWN})(?:${SEPARATOR}(?:${KNOWN}))+$`, 'i')
/** "STABLE / NEEDS ATTENTION / ROLL BACK" behind a field that asks for a verdict. */
const CAPITALS =
  /[:：][ \t*_]{1,4}([A-Z][A-Z\d' -]{1,30}(?:\s\/\s[A-Z][A-Z\d' -]{1,30}){1,5})(?=[ \t*_]*(?:$|[|,;(]))/gm
const VERDICT =
  /\b(?:result|status|decision|outcome|verdict|recommendation|assessment|state|conclusion|health|rating|go\W)\W*$/i

/** The choices of a piece of the text, in characters `start` to `end` of the whole text. */
export function readChoices(source: Source, start: number, end: number): Choice[] {
  const piece = source.text.slice(start, end)
  const names = new Map<string, number>()
  const label = (at: number): string => labelBefore(piece, at)
  const choices: Choice[] = []
  for (const { at, words } of textChoices(piece)) {
    const options = words
      .split(new RegExp(/\s\/\s/.test(words) ? '\\s\\/\\s' : SEPARATOR, 'i'))
      .map((option) => option.trim())
    const range = source.range(start + at, start + at + words.length)
    choices.push({ name: uniqueName('choice', names), label: label(at), options, range, style: 'text', marks: [] })
  }
  return [...choices, ...readBoxed(source, piece, start, names, label)]
}

/** Words in front on the line, without boxes, marks and the colon. */
function labelBefore(piece: string, at: number): string {
  return piece
    .slice(Math.max(0, piece.lastIndexOf('\n', at - 1) + 1), at)
    .replace(/\[[ xX~]\]|[`*|]/g, ' ')
    .replace(/^\s*(?:[-+]|\d+[.)])\s/, ' ')
    .replace(/\s+/g, ' ')
    .replace(/[\s:：?([]+$/, '')
    .trim()
}

/** Alternatives written out, in order: in code marks, and plain ones that cannot be anything else. */
function textChoices(piece: string): { at: number; words: string }[] {
  if (!/\/|\bor\b/i.test(piece)) return []
  const inCode = Array.from(piece.matchAll(IN_CODE), ({ index, 1: words = '' }) => ({ at: index + 1, words })).filter(
    ({ at, words }) => isChoice(words) && (ALL_KNOWN.test(words) || /[:：?|][\s*_]*$/.test(piece.slice(0, at - 1))),
  )
  const plain = piece.replace(IN_CODE, (code) => ' '.repeat(code.length))
  const known = Array.from(plain.matchAll(PLAIN_KNOWN), ({ index, 1: words = '' }) => ({
    at: index,
    words: words.trimEnd(),
  }))
  const capitals = Array.from(plain.matchAll(CAPITALS), (match) => {
    const words = (match[1] ?? '').trimEnd()
    return { at: match.index + match[0].indexOf(words), words }
  }).filter(({ at, words }) => words.split('/').length > 2 || VERDICT.test(labelBefore(plain, at)))
  const found = [...inCode]
  for (const one of [...known, ...capitals])
    if (
      differ(one.words) &&
      !found.some(({ at, words }) => one.at < at + words.length && at < one.at + one.words.length)
    )
      found.push(one)
  return found.toSorted((a, b) => a.at - b.at)
}

/** "Yes / No" in code marks; null where the code is something else, such as a path or a list of environments. */
function isChoice(code: string): boolean {
  const spaced = code.split(/\s+\/\s+/)
  const options =
    spaced.length > 1
      ? spaced
      : /^(?:yes\/no|y\/n|pass\/fail|go\/no-go|ok\/fail|yes\/no\/n\/a)$/i.test(code)
        ? code.split('/')
        : []
  return (
    options.length > 1 &&
    options.every((option) => /^[\p{L}\d][\p{L}\d' -]{0,30}$/u.test(option.trim())) &&
    differ(code)
  )
}

/** "no / no" leaves nothing to choose. */
function differ(words: string): boolean {
  const options = words.toLowerCase().split(/\s*(?:\/|\bor\b)\s*/)
  return new Set(options).size === options.length
}

function readBoxed(
  source: Source,
  piece: string,
  start: number,
  names: Map<string, number>,
  label: (at: number) => string,
): Choice[] {
  if (!/[☐□⬜☑○◯[(]/.test(piece)) return []
  const choices: Choice[] = []
  for (const group of groupByLine(piece, [...piece.matchAll(BOXED)])) {
    const first = group[0]
    const last = group.at(-1)
    if (!first || !last) continue
    choices.push({
      name: uniqueName('choice', names),
      label: label(first.index),
      options: group.map((match) => match[4]?.trim() ?? ''),
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
    return group.length > 1 ||
      (first?.[2] === undefined && first?.[3] === undefined && !/^[○◯]/.test(first?.[0] ?? '') && words !== '')
      ? [group]
      : []
  })
}

function markRange(source: Source, at: number, match: RegExpExecArray): Choice['range'] {
  return match[2] === undefined && match[3] === undefined ? source.range(at, at + 1) : source.range(at + 1, at + 2)
}
