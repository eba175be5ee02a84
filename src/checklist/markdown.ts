// Markdown to a syntax tree with positions, and its plain words.
import type { Nodes, Root } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table'
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'
import { gfmTable } from 'micromark-extension-gfm-table'
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item'
import { PlanError } from '../lib/errors.ts'

// What remark-parse and remark-gfm are made of, less what a checklist has no use for: footnotes, and bare addresses as links.
const EXTENSIONS = [gfmTable(), gfmTaskListItem(), gfmStrikethrough()]
const TREE_EXTENSIONS = [gfmTableFromMarkdown(), gfmTaskListItemFromMarkdown(), gfmStrikethroughFromMarkdown()]
/** Block quotes and list markers in front of one line, or brackets open at once: far above any document people write. */
const DEPTH_MAX = 50

/**
 * Syntax tree of the text; front matter is left out, positions stay those of the text.
 *
 * @throws PlanError when it is nested so deep that reading it would take unreasonably long.
 */
export function parseMarkdown(path: string, text: string): Root {
  refuseDepth(path, text)
  return fromMarkdown(maskFrontMatter(text), { extensions: EXTENSIONS, mdastExtensions: TREE_EXTENSIONS })
}

function refuseDepth(path: string, text: string): void {
  const deep = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){50}|^[^\n]*?(?:\[[^\n[\]]*){50}/m.exec(text)
  if (!deep) return
  throw new PlanError('is nested too deep', {
    file: path,
    line: text.slice(0, deep.index).split('\n').length,
    expected: `at most ${DEPTH_MAX} levels`,
  })
}

/** Front matter would read as a heading: its characters become spaces. */
function maskFrontMatter(text: string): string {
  const front = /^---[ \t]*\r?\n(?:.*\r?\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/.exec(text)?.[0]
  // A rule at the top of the document is none: front matter begins with a key and holds no boxes.
  if (!front || !/^---\s+[\w-]+[ \t]*:/.test(front) || /^\s*[-*+] \[[ xX]\]/m.test(front)) return text
  return front.replace(/[^\r\n]/g, ' ') + text.slice(front.length)
}

/** The words of a node without markup, white space collapsed. Code keeps its text, images their description. */
export function plainText(node: Nodes): string {
  return collect(node).replace(/\s+/g, ' ').trim()
}

function collect(node: Nodes): string {
  if (node.type === 'break') return ' '
  if (node.type === 'html') return ''
  if (node.type === 'image') return node.alt ?? ''
  if ('value' in node) return node.value
  return 'children' in node ? node.children.map(collect).join('') : ''
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
  const position = node.position
  return {
    start: position?.start.offset ?? 0,
    end: position?.end.offset ?? 0,
    line: position?.start.line ?? 1,
  }
}
