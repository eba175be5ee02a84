// What stands inside a line of Markdown, for lezer's parser: its own marks, references that are defined, `~gone~`.
import {
  InlineContext,
  parser,
  type BlockParser,
  type DelimiterType,
  type InlineParser,
  type MarkdownParser,
} from '@lezer/markdown'
import { referenceName } from './markdown-grammar.ts'

const SPACE = 0x20
const NEWLINE = 0x0a

/** Two spaces before a line's end; a run of spaces is looked at once. */
const hardBreak: InlineParser = {
  name: 'HardBreak',
  parse(cx, next, pos) {
    if (next === 0x5c && cx.char(pos + 1) === NEWLINE) return cx.addElement(cx.elt('HardBreak', pos, pos + 2))
    if (next !== SPACE) return -1
    let end = pos + 1
    while (cx.char(end) === SPACE) end++
    return cx.char(end) === NEWLINE && end >= pos + 2 ? cx.addElement(cx.elt('HardBreak', pos, end + 1)) : end
  },
}

const ONE: DelimiterType = { resolve: 'Strikethrough', mark: 'StrikethroughMark' }
const TWO: DelimiterType = { resolve: 'Strikethrough', mark: 'StrikethroughMark' }
const PUNCTUATION = /[\p{S}\p{P}]/u

/** `~~gone~~` and `~gone~`. */
const strikethrough: InlineParser = {
  name: 'Strikethrough',
  after: 'Emphasis',
  parse(cx, next, pos) {
    if (next !== 0x7e) return -1
    let end = pos + 1
    while (cx.char(end) === 0x7e) end++
    if (end > pos + 2) return end
    const before = cx.slice(Math.max(cx.offset, pos - 1), pos)
    const after = cx.slice(end, end + 1)
    const [spaceBefore, spaceAfter] = [before.trim() === '', after.trim() === '']
    const [signBefore, signAfter] = [PUNCTUATION.test(before), PUNCTUATION.test(after)]
    const opens = !spaceAfter && (!signAfter || spaceBefore || signBefore)
    const closes = !spaceBefore && (!signBefore || spaceAfter || signAfter)
    return cx.addDelimiter(end === pos + 1 ? ONE : TWO, pos, end, opens, closes)
  },
}

/** `(address "title")`; parentheses in an address come in pairs. */
const LINK_TAIL =
  /^\(\s*(?:<[^<>\n]*>|(?:[^\s()<\\]|\\.)(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*)?(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/

/** A bracket that closes no link. */
const LITERAL: DelimiterType = {}

/** Brackets are links with an address or a defined name behind them; others are words, and may stand in a link. */
function brackets(names: ReadonlySet<string>): InlineParser {
  return {
    name: 'Brackets',
    before: 'Link',
    parse(cx, next, pos) {
      if (next !== 0x5d) return -1
      const index = Math.max(
        cx.findOpeningDelimiter(InlineContext.linkStart) ?? -1,
        cx.findOpeningDelimiter(InlineContext.imageStart) ?? -1,
      )
      const opening = cx.getDelimiterAt(index)
      if (!opening) return -1
      const behind = cx.char(pos + 1)
      if (behind === 0x28 && LINK_TAIL.test(cx.slice(pos + 1, cx.end))) return -1
      if (names.size > 0 && namesLink(cx, opening.to, pos, names)) return -1
      opening.type = LITERAL
      return pos + 1
    },
  }
}

function namesLink(cx: InlineContext, from: number, to: number, names: ReadonlySet<string>): boolean {
  const label = /^\[([^[\]]{0,400})\]/.exec(cx.slice(to + 1, to + 403))?.[1]
  return names.has(referenceName(label || cx.slice(from, Math.min(to, from + 400))))
}

/** A text is a paragraph, whatever its lines look like. */
const words: BlockParser = {
  name: 'Words',
  before: 'LinkReference',
  parse(cx, line) {
    let text = line.text
    while (cx.nextLine()) text += `\n${line.text}`
    cx.addElement(cx.elt('Paragraph', 0, text.length, cx.parser.parseInline(text, 0)))
    return true
  },
}

const INLINES = parser.configure({
  defineNodes: ['Strikethrough', 'StrikethroughMark'],
  parseBlock: [words],
  parseInline: [hardBreak, strikethrough],
})

/** The grammar of a block's words; `names` are those of the document's link definitions. */
export function inlineGrammar(names: ReadonlySet<string>): MarkdownParser {
  return INLINES.configure({ parseInline: [brackets(names)] })
}
