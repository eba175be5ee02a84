import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import { expect, test } from 'vitest'
import { rolledBackRun, succeededRun, withHostileText } from './fixtures/example-run.ts'
import { HOSTILE } from './fixtures/skeleton.ts'
import { renderMarkdown } from './markdown.ts'
import { buildReport } from './model.ts'

interface Node {
  type: string
  value?: string
  url?: string
  children?: Node[]
}

/** Node types in document order; words and addresses that are only a link to themselves are left out. */
function structureOf(markdown: string): string[] {
  const types: string[] = []
  const walk = (node: Node): void => {
    const words = node.children?.map(({ value }) => value).join('')
    const isBareAddress = node.type === 'link' && node.url?.endsWith(words ?? '?')
    if (node.type !== 'text' && !isBareAddress) types.push(node.type)
    node.children?.forEach(walk)
  }
  walk(unified().use(remarkParse).use(remarkGfm).parse(markdown))
  return types
}

test.each(HOSTILE)('text of the document stays text: %j', (text) => {
  for (const makeRun of [succeededRun, rolledBackRun]) {
    const harmless = renderMarkdown(buildReport(withHostileText(makeRun(), 'harmless')))
    const hostile = renderMarkdown(buildReport(withHostileText(makeRun(), text)))
    expect(structureOf(hostile)).toEqual(structureOf(harmless))
  }
})

test('nothing in it is HTML, link or picture', () => {
  const types = structureOf(renderMarkdown(buildReport(rolledBackRun())))
  for (const type of ['html', 'link', 'image', 'code']) expect(types).not.toContain(type)
})

test('it tells what the page tells', () => {
  const markdown = renderMarkdown(buildReport(rolledBackRun()))
  for (const title of [
    'Incident',
    'Risks',
    'Delivery',
    'Before and after',
    'Checklist',
    'Guards',
    'Timeline',
    'Record',
  ])
    expect(markdown).toContain(`\n## ${title}\n`)
  expect(markdown).toContain(
    '| tripped | Error rate exceeds 50 % | error rate of v2 was 100 % (bad: > 50 %), 1 sample, 61 requests |',
  )
  expect(markdown).toContain('| majority | 50 % | 2026-11-21 10:15:33 UTC |')
  expect(markdown).toContain('waived by Ada Okafor: rotated on Monday, ticket OPS-381')
})
