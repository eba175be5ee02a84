// Our reader of Markdown against remark's, on documents, on constructed cases and on random text.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { Nodes, Root } from 'mdast'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import { describe, expect, it } from 'vitest'
import { parseMarkdown } from './markdown.ts'

const SHARED = join(import.meta.dirname, '..', '..', '..', '..', 'shared')
const DOCUMENTS = ['checklists', 'corpus']
  .map((name) => join(SHARED, name))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).flatMap((name) => (name.endsWith('.md') ? [join(folder, name)] : [])))
if (DOCUMENTS.length === 0) console.warn(`SKIPPED: real documents against remark; ${SHARED} is absent`)

const remark = unified().use(remarkParse).use(remarkGfm)

/** One line a node: type, first line and what it says; what the reader of checklists has no use for is left out. */
function outline(root: Root): string[] {
  const lines: string[] = []
  const visit = (node: Nodes, depth: number, inline: boolean): void => {
    if (node.type === 'root') return node.children.forEach((child) => visit(child, depth, inline))
    const at = node.position?.start.line
    const say = (words: string) => lines.push(`${' '.repeat(depth)}${words}`)
    switch (node.type) {
      case 'text':
      case 'break':
        return
      case 'definition':
        return
      case 'link':
      case 'linkReference':
        // Bare addresses are links to remark only.
        return node.children.forEach((child) => visit(child, depth, inline))
      case 'inlineCode':
        say(`code ${node.value}`)
        return
      case 'image':
      case 'imageReference':
        return
      case 'html':
        if (!inline) say(`html ${at}`)
        return
      case 'code':
        say(`fence ${at} ${node.lang} ${JSON.stringify(node.value)}`)
        return
      case 'heading':
        say(`heading ${at} ${node.depth} ${words(node)}`)
        break
      case 'listItem':
        say(`item ${at} ${node.checked}`)
        break
      case 'list':
        say(`list ${at} ${node.ordered}`)
        break
      case 'paragraph':
        if (words(node) === '' && node.children.length === 0) return
        say(`paragraph ${at} ${words(node)}`)
        break
      case 'tableCell':
        say(`cell ${node.position?.start.offset} ${node.position?.end.offset} ${words(node)}`)
        break
      default:
        say(`${node.type} ${at ?? ''}`)
    }
    if ('children' in node)
      for (const child of node.children)
        visit(child, depth + 1, ['paragraph', 'heading', 'tableCell', 'strong'].includes(node.type) || inline)
  }
  visit(root, 0, false)
  return lines
}

const words = (node: Nodes) => said(node).replace(/\s+/g, ' ').trim()

function said(node: Nodes): string {
  if (node.type === 'html' || node.type === 'image' || node.type === 'imageReference') return ''
  if (node.type === 'break') return ' '
  if ('value' in node) return node.value
  return 'children' in node ? node.children.map(said).join('') : ''
}

const ours = (text: string) => outline(parseMarkdown('x.md', text))
const theirs = (text: string) => outline(remark.parse(text))

describe('reads as remark does', () => {
  it.each(DOCUMENTS)('%s', (path) => {
    const whole = readFileSync(path, 'utf8')
      .replace(/^\uFEFF/, '')
      .replace(/\r\n?/g, '\n')
    // remark takes front matter for text.
    const text = whole.replace(/^---\n[\w-]+:[^]*?\n---\n/, (front) => front.replace(/[^\n]/g, ''))
    const [a, b] = [ours(text), theirs(text)]
    const differs = a.findIndex((line, index) => line !== b[index])
    expect({ differs, count: a.length }).toEqual({ differs: -1, count: b.length })
  })
  it('any mixture of its pieces', () => {
    const line = fc
      .tuple(
        fc.constantFrom('', '', '', '  ', '   ', '> ', '>', '- ', '* ', '1. ', '2) '),
        fc.constantFrom('', '- ', '1. ', '> ', '## ', '- [ ] ', '* [x] '),
        fc.constantFrom(
          'words',
          '**bold** and `code`',
          '*a **b* c**',
          '_x_ y__z',
          '```',
          '~~~ sh',
          '---',
          '===',
          '***',
          '| a | b |',
          '|--|:-:|',
          'a | b',
          '--|--',
          '[link](to "t") ![i](j)',
          '[open `x] y`',
          '~~gone~~ ~x~',
          '# no',
          '\\* \\[ ]',
          '&lt; 5 &amp;',
          'a  ',
          'a\\',
          '<b>x</b>',
          '<div>',
          '<!-- c -->',
          '``a ` b``',
          '***x** y*',
          '',
          '',
        ),
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = lines.join('\n')
        // Ours on purpose: boxes inside HTML, boxes without words. micromark's fault: empty items inside others, `>` at the end.
        fc.pre(!/<div>/.test(text) || !/\[[ x]\]|#|```|~~~/.test(text))
        fc.pre(!/(?:\[[ x]\]|[-*>]|\d[.)])[ ]*$/m.test(text))
        expect(ours(text)).toEqual(theirs(text))
      }),
      { numRuns: 3000, seed: 7 },
    )
  })
})
