// lezer's tree of a Markdown text to a syntax tree in mdast's terms, with positions.
import type { BlockContent, ListItem, Root, TableCell, TableRow } from 'mdast'
import { BLOCKS, definedName } from './markdown-grammar.ts'
import { CHARACTERS_MAX, Phrasing, type Node, type Piece } from './phrasing.ts'
import { skipBlanks, TextLines, trimmedEnd, type Position } from './text-lines.ts'

/** More columns than any table people fill in; a row of a wide table costs as much as its header. */
const COLUMNS_MAX = 100

/** The tree of `text` from offset `from` on. @throws TooDeep */
export function readTree(text: string, from: number): Root {
  return new TreeReader(text).read(from)
}

class TreeReader {
  readonly #text: string
  readonly #lines: TextLines
  #words: Phrasing

  constructor(text: string) {
    this.#text = text
    this.#lines = new TextLines(text)
    this.#words = new Phrasing(text, this.#lines, NO_NAMES)
  }

  read(from: number): Root {
    const masked = from === 0 ? this.#text : this.#text.slice(0, from).replace(/[^\n]/g, ' ') + this.#text.slice(from)
    const { topNode } = BLOCKS.parse(masked)
    const names = new Set<string>()
    if (this.#text.includes(']:')) this.#addNames(topNode, names)
    if (names.size > 0) this.#words = new Phrasing(this.#text, this.#lines, names)
    return { type: 'root', children: this.#blocks(topNode) }
  }

  #addNames(node: Node, names: Set<string>): void {
    for (const child of childrenOf(node)) {
      if (child.name === 'LinkReference') names.add(definedName(this.#text.slice(child.from, child.to)) ?? '')
      else if (HOLDS_BLOCKS.has(child.name)) this.#addNames(child, names)
    }
  }

  #blocks(node: Node): BlockContent[] {
    const blocks: BlockContent[] = []
    for (const child of childrenOf(node)) {
      const block = this.#block(child)
      if (block) blocks.push(block)
    }
    return blocks
  }

  #block(node: Node): BlockContent | null {
    const { name, from } = node
    const position = this.#lines.position(from, this.#endOf(node))
    switch (name) {
      case 'Blockquote':
        return { type: 'blockquote', children: this.#blocks(node), position }
      case 'BulletList':
      case 'OrderedList':
        return this.#list(node)
      case 'Paragraph':
        return this.#paragraph(clip(this.#pieces(node, from, node.to), true))
      case 'FencedCode':
      case 'CodeBlock':
        return this.#code(node, position)
      case 'HTMLBlock':
      case 'CommentBlock':
      case 'ProcessingInstructionBlock':
        return { type: 'html', value: this.#text.slice(from, node.to), position }
      case 'HorizontalRule':
        return { type: 'thematicBreak', position }
      case 'Table':
        return this.#table(node, position)
      default:
        return /Heading/.test(name) ? this.#heading(node, position) : null
    }
  }

  #list(node: Node): BlockContent {
    const ordered = node.name === 'OrderedList'
    const children: ListItem[] = []
    for (let item = node.firstChild; item; item = item.nextSibling)
      if (item.name === 'ListItem') children.push(this.#item(item))
    const first = children[0]?.position?.start.offset ?? node.from
    const start = ordered ? Number.parseInt(this.#text.slice(first, first + 10), 10) : null
    return { type: 'list', ordered, start, children, position: this.#lines.position(first, this.#endOf(node)) }
  }

  #item(node: Node): ListItem {
    const mark = node.firstChild
    const children: BlockContent[] = []
    let checked: boolean | null = null
    for (let child = mark?.nextSibling; child; child = child.nextSibling) {
      let block: BlockContent | null
      if (children.length === 0 && child.name === 'Paragraph') {
        const pieces = this.#pieces(child, child.from, child.to)
        checked = this.#takeBox(pieces)
        block = this.#paragraph(clip(pieces))
      } else block = this.#block(child)
      if (block) children.push(block)
    }
    const position = this.#lines.position(mark?.from ?? node.from, this.#endOf(node))
    return { type: 'listItem', checked, children, position }
  }

  /** The box at the start of an item's first paragraph; the paragraph then starts behind it. */
  #takeBox(pieces: Piece[]): boolean | null {
    const piece = pieces[0] as Piece
    const box = /^\[([ \txX])\](?:[ \t]+|$)/.exec(
      this.#text.slice(piece.start, Math.min(piece.end, piece.start + CHARACTERS_MAX)),
    )
    if (!box) return null
    piece.start += box[0].length
    return /x/i.test(box[1] ?? '')
  }

  /** The lines of a block's words, without what stands in front of them; the last one ends with its last word. */
  #pieces(node: Node, from: number, to: number): Piece[] {
    const pieces: Piece[] = []
    const marks = node.firstChild ? childrenOf(node).filter(({ name }) => name === 'QuoteMark') : []
    let mark = 0
    for (let at = from; at <= to;) {
      const newline = this.#text.indexOf('\n', at)
      const end = newline === -1 || newline > to ? to : newline
      let start = at
      for (; mark < marks.length && (marks[mark]?.from ?? 0) < end; mark++) start = marks[mark]?.to ?? start
      pieces.push({ start: skipBlanks(this.#text, start, end), end })
      at = end + 1
    }
    const last = pieces.at(-1)
    if (last) last.end = trimmedEnd(this.#text, last.start, last.end)
    return pieces
  }

  #paragraph(pieces: Piece[]): BlockContent {
    const [start, end] = [pieces[0]?.start ?? 0, pieces.at(-1)?.end ?? 0]
    return { type: 'paragraph', children: this.#words.read(pieces), position: this.#lines.position(start, end) }
  }

  #heading(node: Node, position: Position): BlockContent {
    const depth = Number(node.name.at(-1)) as 1
    const [opening, closing] = node.getChildren('HeaderMark')
    const isAtx = node.name.startsWith('ATX')
    // A line of `=` or `-` is the heading's last line.
    const behind = isAtx ? (closing?.from ?? node.to) : this.#text.lastIndexOf('\n', opening?.from)
    const from = isAtx ? (opening?.to ?? node.from) : node.from
    const to = trimmedEnd(this.#text, from, behind)
    const pieces = clip(this.#pieces(node, skipBlanks(this.#text, from, to), to))
    return { type: 'heading', depth, children: this.#words.read(pieces), position }
  }

  #code(node: Node, position: Position): BlockContent {
    const children = childrenOf(node)
    const info = children.find(({ name }) => name === 'CodeInfo')
    const [lang = '', ...meta] = info ? this.#text.slice(info.from, info.to).split(/\s+/) : []
    const indent = node.prevSibling?.name === 'Indent' ? node.prevSibling.to - node.prevSibling.from : 0
    let value = ''
    for (const { name, from, to } of children) if (name === 'CodeText') value += this.#text.slice(from, to)
    if (indent > 0) value = value.replace(new RegExp(`^ {1,${indent}}`, 'gm'), '')
    return { type: 'code', lang: lang || null, meta: meta.join(' ') || null, value, position }
  }

  #table(node: Node, position: Position): BlockContent {
    const rows = childrenOf(node).filter(({ name }) => name === 'TableHeader' || name === 'TableRow')
    return { type: 'table', children: rows.map((row) => this.#row(row)), position }
  }

  /** Cells go from the pipe in front of them to the next; the last one holds its closing pipe. */
  #row(row: Node): TableRow {
    const cells: TableCell[] = []
    const parts = childrenOf(row)
    const end = trimmedEnd(this.#text, row.from, row.to)
    let start = row.from
    let content: Node | null = null
    for (const [index, part] of parts.entries()) {
      const isPipe = part.name === 'TableDelimiter'
      if (!isPipe) content = part
      const isLast = index === parts.length - 1
      if ((!isPipe && !isLast) || (isPipe && part.from === row.from)) continue
      cells.push(this.#cell(start, isLast ? end : part.from, content))
      start = part.from
      content = null
    }
    return { type: 'tableRow', children: cells.slice(0, COLUMNS_MAX), position: this.#lines.position(row.from, end) }
  }

  #cell(start: number, end: number, content: Node | null): TableCell {
    const pieces = content ? clip([{ start: content.from, end: content.to }]) : []
    return { type: 'tableCell', children: this.#words.read(pieces), position: this.#lines.position(start, end) }
  }

  /** A block ends where the last thing in it does, white space left out. */
  #endOf(node: Node): number {
    return trimmedEnd(this.#text, node.from, node.to)
  }
}

const NO_NAMES: ReadonlySet<string> = new Set()
const HOLDS_BLOCKS = new Set(['Blockquote', 'BulletList', 'OrderedList', 'ListItem'])

function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child)
  return children
}

/** Leaves out what is too long: of an item's words as a whole, or of each line. */
function clip(pieces: Piece[], byLine = false): Piece[] {
  let left = CHARACTERS_MAX
  for (const [index, piece] of pieces.entries()) {
    if (piece.end - piece.start > left) {
      piece.end = piece.start + left
      return pieces.slice(0, index + 1)
    }
    if (!byLine) left -= piece.end - piece.start
  }
  return pieces
}
