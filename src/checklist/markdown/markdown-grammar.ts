// The blocks of Markdown for lezer's parser: GFM's, less what costs more than its length, plus boxes inside HTML.
import {
  parser,
  Table,
  type BlockContext,
  type BlockParser,
  type LeafBlock,
  type LeafBlockParser,
  type Line,
  type MarkdownParser,
} from '@lezer/markdown'

/** Blocks within each other: 50 levels of list. Far above any document people write. */
export const DEPTH_MAX = 100

/** Thrown where blocks are nested deeper than that; the offset of the line. */
export class TooDeep extends Error {
  readonly at: number

  constructor(at: number) {
    super('nested too deep')
    this.at = at
  }
}

const DEFINITION = /^\[((?:[^[\]\\]|\\.){1,400})\]:[ \t]*(<[^<>]*>|\S+)(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$/

/** The name that a line defines as a link; only what looks like an address is one: "[Date]: ____" is to be filled in. */
export function definedName(line: string): string | null {
  const [, label = '', address = ''] = DEFINITION.exec(line) ?? []
  return /[/#@.]/.test(address) ? referenceName(label) : null
}

/** Name of a reference as names are compared. */
export function referenceName(label: string): string {
  return label.replace(/\s+/g, ' ').trim().toLowerCase()
}

class Definition implements LeafBlockParser {
  nextLine(cx: BlockContext, _line: Line, leaf: LeafBlock): boolean {
    return this.finish(cx, leaf)
  }

  finish(cx: BlockContext, leaf: LeafBlock): boolean {
    cx.addLeafElement(leaf, cx.elt('LinkReference', leaf.start, leaf.start + leaf.content.length))
    return true
  }
}

/** Definitions are one line each; lezer's own reads a paragraph anew with each of its lines. */
const definition: BlockParser = {
  name: 'LinkReference',
  leaf: (_cx, leaf) => (leaf.content.startsWith('[') && definedName(leaf.content) !== null ? new Definition() : null),
}

const depthLimit: BlockParser = {
  name: 'DepthLimit',
  before: 'IndentedCode',
  parse(cx) {
    if (cx.depth > DEPTH_MAX + 1) throw new TooDeep(cx.lineStart)
    return false
  },
}

/** Notes how far a fence is indented: its lines are by as much. */
const fenceIndent: BlockParser = {
  name: 'FenceIndent',
  before: 'FencedCode',
  parse(cx, line) {
    const columns = line.indent - line.baseIndent
    if (columns > 0 && (line.next === 0x60 || line.next === 0x7e)) {
      const at = cx.lineStart + line.pos
      cx.addElement(cx.elt('Indent', at - Math.min(columns, line.pos - line.basePos), at))
    }
    return false
  },
}

const HTML_LINE =
  /^<\/?(?:address|article|aside|blockquote|body|center|dd|details|dialog|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header|hr|html|li|main|nav|ol|p|section|summary|table|tbody|td|th|thead|tr|ul)(?:[\s>]|\/>|$)/i
const CHECKLIST_LINE = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX~]\](?:\s|$)|#{1,6}[ \t]|`{3}|~{3})/

/**
 * HTML ends where a line inside is plainly Markdown: people write boxes right below `<details>`, without the blank line that
 * Markdown asks for, and mean boxes.
 */
const htmlAroundBoxes: BlockParser = {
  name: 'HtmlAroundBoxes',
  before: 'HTMLBlock',
  parse(cx, line) {
    if (line.next !== 0x3c || !HTML_LINE.test(line.text.slice(line.pos, line.pos + 40))) return false
    const from = cx.lineStart + line.pos
    while (cx.nextLine()) {
      if (
        leaves(cx, line) ||
        line.pos === line.text.length ||
        CHECKLIST_LINE.test(line.text.slice(line.pos, line.pos + 40))
      )
        break
    }
    cx.addElement(cx.elt('HTMLBlock', from, cx.prevLineEnd()))
    return true
  },
}

/** A numbered item below what a list or a quote holds ends that, whatever its number. */
const itemBelow: BlockParser = {
  name: 'ItemBelow',
  endLeaf: (cx, line) => leaves(cx, line) && /^\d{1,9}[.)][ \t]+\S/.test(line.text.slice(line.pos, line.pos + 40)),
}

const [lezerTable] = Table.parseBlock ?? []
const DELIMITERS = /^[ \t]*[|:-][|: \t-]*$/

/** A table whose rows all stand in the same list item or quote. */
class TableInside implements LeafBlockParser {
  readonly #table: LeafBlockParser
  /** Null before the second line, which decides. */
  started: boolean | null = null

  constructor(table: LeafBlockParser) {
    this.#table = table
  }

  nextLine(cx: BlockContext, line: Line, leaf: LeafBlock): boolean {
    this.started ??= !leaves(cx, line) && DELIMITERS.test(line.text.slice(line.pos))
    return this.started && this.#table.nextLine(cx, line, leaf)
  }

  finish(cx: BlockContext, leaf: LeafBlock): boolean {
    return this.started === true && this.#table.finish(cx, leaf)
  }
}

const table: BlockParser = {
  name: 'Table',
  before: 'SetextHeading',
  leaf(cx, leaf) {
    const inner = lezerTable?.leaf?.(cx, leaf)
    return inner ? new TableInside(inner) : null
  },
  endLeaf(cx, line, leaf) {
    const open = leaf.parsers.some((candidate) => candidate instanceof TableInside && candidate.started)
    return open ? leaves(cx, line) : (lezerTable?.endLeaf?.(cx, line, leaf) ?? false)
  },
}

/** Whether a line is outside the block that is being read. lezer knows, but does not say so in its types. */
function leaves(cx: BlockContext, line: Line): boolean {
  return (line as Line & { depth: number }).depth < cx.depth
}

/** The grammar of blocks. @throws TooDeep */
export const BLOCKS: MarkdownParser = parser.configure([
  {
    defineNodes: [...(Table.defineNodes ?? []), 'Indent'],
    parseBlock: [table, definition, depthLimit, fenceIndent, htmlAroundBoxes, itemBelow],
    // Words of blocks are read one by one, by the other grammar.
    parseInline: [{ name: 'Escape', parse: (cx) => cx.end }],
  },
])
