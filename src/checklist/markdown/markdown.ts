// Markdown to a syntax tree with positions, and its plain words.
import type { Nodes, Root } from 'mdast'
import { PlanError } from '../../lib/errors.ts'
import { DEPTH_MAX, TooDeep } from './markdown-grammar.ts'
import { readTree } from './syntax-tree.ts'

/**
 * Syntax tree of the text, whose line endings are `\n`; front matter is left out, positions are those of the text. Words,
 * breaks, links and raw HTML within a line have none.
 *
 * @throws PlanError when it is nested too deep.
 */
export function parseMarkdown(path: string, text: string): Root {
  try {
    return readTree(text, frontMatterEnd(text))
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    throw new PlanError('is nested too deep', {
      file: path,
      line: text.slice(0, error.at).split('\n').length,
      expected: `at most ${DEPTH_MAX / 2} levels`,
    })
  }
}

const FRONT_MATTER = [
  { opens: /^---[ \t]*\n/, closes: /\n(?:---|\.\.\.)[ \t]*(?:\n|$)/g, key: /^[\w"'-]+[ \t]*:/m },
  { opens: /^\+\+\+[ \t]*\n/, closes: /\n\+\+\+[ \t]*(?:\n|$)/g, key: /^(?:[\w".'-]+[ \t]*=|\[)/m },
]

/** Where the front matter at the top ends, which would read as a heading. */
function frontMatterEnd(text: string): number {
  for (const { opens, closes, key } of FRONT_MATTER) {
    const first = opens.exec(text)?.[0].length
    if (first === undefined) continue
    closes.lastIndex = first - 1
    const end = closes.test(text) ? closes.lastIndex : -1
    const inside = text.slice(first, end)
    // A rule at the top of the document is none: front matter begins with a key and holds no boxes.
    if (end === -1 || !key.test(inside.split('\n', 1)[0] ?? '') || /^[ \t]*[-*+] \[[ xX]\]/m.test(inside)) return 0
    return end
  }
  return 0
}

/** The words of a node without markup, white space collapsed. Code keeps its text, images their description. */
export function plainText(node: Nodes): string {
  const words = collect(node)
  return UNTIDY.test(words) ? words.replace(/\s+/g, ' ').trim() : words
}

/** White space that is not a single space between words. */
const UNTIDY = /^\s|\s$|\s\s|[^\S ]/

function collect(node: Nodes): string {
  if (node.type === 'break') return ' '
  if (node.type === 'html') return ''
  if (node.type === 'image') return node.alt ?? ''
  if ('value' in node) return node.value
  let words = ''
  if ('children' in node) for (const child of node.children) words += collect(child)
  return words
}

/** What a node shows as code, in order. */
export function codeSpans(node: Nodes): string[] {
  if (node.type === 'inlineCode') return [node.value]
  return 'children' in node ? node.children.flatMap(codeSpans) : []
}

/** The words of a line of source: emphasis, code marks and escapes taken off. */
export function stripMarkup(line: string): string {
  return line
    .replace(/^[\s>]*(?:[-*+]\s+|\d{1,9}[.)]\s+)?/, '')
    .replace(/\*\*(?=\S)(.+?)\*\*/g, '$1')
    .replace(/`+/g, '')
    .replace(/\\([\\`*_{}[\]()#+.!|<>~-])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Start and end of a node in the text. Nodes of a parsed document always have them. */
export function spanOf(node: Nodes): { start: number; end: number; line: number } {
  const start = node.position?.start
  return { start: start?.offset ?? 0, end: node.position?.end.offset ?? 0, line: start?.line ?? 1 }
}
