// The words of a block of Markdown as nodes: text, code, emphasis, links. Escapes and character references are resolved.
import type { MarkdownParser } from '@lezer/markdown'
import type { Link, PhrasingContent } from 'mdast'
import { inlineGrammar } from './inline-grammar.ts'
import { entityAt } from './markdown-entities.ts'
import { lastAtMost, type Position, type TextLines } from './text-lines.ts'

/**
 * What stands behind this in one line, or in an item's own words, is not read: no item people write is as long, and whoever
 * reads words on may look at each of them several times.
 */
export const CHARACTERS_MAX = 2000
/** Deeper emphasis stays what it is written as. */
const INLINE_DEPTH_MAX = 40

/** A node of lezer's tree. */
export type Node = ReturnType<MarkdownParser['parse']>['topNode']

/** A stretch of one line. */
export interface Piece {
  start: number
  end: number
}

/** A block's words without what stands in front of its lines, and where each line starts, in the words and in the text. */
interface Words {
  text: string
  wordsAt: number[]
  textAt: number[]
}

/** What may be more than words; line ends may be hard breaks. */
const MARKUP = /[\\`*_~[<&\n]/

/** Reads words of one text; `names` are those of its link definitions. */
export class Phrasing {
  readonly #text: string
  readonly #lines: TextLines
  readonly #grammar: MarkdownParser

  constructor(text: string, lines: TextLines, names: ReadonlySet<string>) {
    this.#text = text
    this.#lines = lines
    this.#grammar = inlineGrammar(names)
  }

  /** Words of lines that are no longer than that; so many at once that what one of their characters costs is bounded. */
  read(pieces: readonly Piece[]): PhrasingContent[] {
    const nodes: PhrasingContent[] = []
    let words: Words = { text: '', wordsAt: [], textAt: [] }
    for (const { start, end } of pieces) {
      const line = this.#text.slice(start, end)
      if (words.text.length + line.length > CHARACTERS_MAX) {
        nodes.push(...this.#readWords(words), { type: 'text', value: '\n' })
        words = { text: '', wordsAt: [], textAt: [] }
      }
      if (words.textAt.length > 0) words.text += '\n'
      words.wordsAt.push(words.text.length)
      words.textAt.push(start)
      words.text += line
    }
    nodes.push(...this.#readWords(words))
    return nodes
  }

  #readWords(words: Words): PhrasingContent[] {
    const { text } = words
    if (text === '') return []
    if (!MARKUP.test(text)) return [{ type: 'text', value: text }]
    const { topNode } = this.#grammar.parse(text)
    return this.#inline(words, topNode.firstChild ?? topNode, 0, text.length)
  }

  /** The nodes within another and the words around them, from one offset of the words to another. */
  #inline(words: Words, node: Node, from: number, to: number, depth = 0): PhrasingContent[] {
    const nodes: PhrasingContent[] = []
    let value = ''
    let at = from
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.from < at || child.to > to) continue
      const made = depth < INLINE_DEPTH_MAX ? this.#inlineNode(words, child, depth) : sliceOf(words, child)
      value += words.text.slice(at, child.from)
      if (typeof made === 'string') value += made
      else {
        if (value !== '') nodes.push({ type: 'text', value })
        nodes.push(made)
        value = ''
      }
      at = child.to
    }
    value += words.text.slice(at, to)
    if (value !== '') nodes.push({ type: 'text', value })
    return nodes
  }

  #inlineNode(words: Words, node: Node, depth: number): PhrasingContent | string {
    const raw = sliceOf(words, node)
    switch (node.name) {
      case 'Escape':
        return raw.slice(1)
      case 'Entity':
        return entityAt(raw, 0)?.value ?? raw
      case 'HardBreak':
        return { type: 'break' }
      case 'InlineCode':
        return { type: 'inlineCode', value: codeOf(raw), position: this.#inlinePosition(words, node) }
      case 'HTMLTag':
      case 'Comment':
      case 'ProcessingInstruction':
        return { type: 'html', value: raw }
      case 'Autolink':
        return { type: 'link', url: raw.slice(1, -1), children: [{ type: 'text', value: raw.slice(1, -1) }] }
      case 'Emphasis':
        return { type: 'emphasis', ...this.#marked(words, node, depth) }
      case 'StrongEmphasis':
        return { type: 'strong', ...this.#marked(words, node, depth) }
      case 'Strikethrough':
        return { type: 'delete', ...this.#marked(words, node, depth) }
      case 'Link':
      case 'Image':
        return this.#link(words, node, depth)
      default:
        return raw
    }
  }

  /** What stands between the first and the last mark. */
  #marked(words: Words, node: Node, depth: number): { children: PhrasingContent[]; position: Position } {
    const [from, to] = [node.firstChild?.to ?? node.from, node.lastChild?.from ?? node.to]
    return { children: this.#inline(words, node, from, to, depth + 1), position: this.#inlinePosition(words, node) }
  }

  #link(words: Words, node: Node, depth: number): PhrasingContent {
    const [open, close] = node.getChildren('LinkMark')
    const [from, to] = [open?.to ?? node.from, close?.from ?? node.to]
    const address = node.getChild('URL')
    const url = address ? sliceOf(words, address).replace(/^<|>$/g, '') : ''
    if (node.name === 'Image') return { type: 'image', url, alt: words.text.slice(from, to) }
    return { type: 'link', url, children: this.#inline(words, node, from, to, depth + 1) as Link['children'] }
  }

  #inlinePosition({ wordsAt, textAt }: Words, { from, to }: Node): Position {
    const place = (at: number) => {
      const line = lastAtMost(wordsAt, at)
      return (textAt[line] ?? 0) + at - (wordsAt[line] ?? 0)
    }
    return this.#lines.position(place(from), place(to))
  }
}

function sliceOf(words: Words, { from, to }: Node): string {
  return words.text.slice(from, to)
}

/** What stands between the backticks; a space on each side is for backticks inside. */
function codeOf(raw: string): string {
  const inside = raw.replace(/^`+|`+$/g, '').replaceAll('\n', ' ')
  return inside.startsWith(' ') && inside.endsWith(' ') && inside.trim() !== '' ? inside.slice(1, -1) : inside
}
