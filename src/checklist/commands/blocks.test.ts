// Every fenced block of real documents accounted for: each was read and judged by itself, and what it is stands here.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Code, Nodes } from 'mdast'
import { describe, expect, it } from 'vitest'
import { parseMarkdown } from '../markdown/markdown.ts'
import { readChecklist } from '../read.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..', 'shared')
/** Steps: done in their order. Shown: of the way back, or to look something up. Content: of files, no commands. */
type Sort = 'steps' | 'shown' | 'form' | 'content'
type Counts = Partial<
  Record<Sort | 'commands' | 'destructive' | 'endless' | 'interactive' | 'background' | 'placeholders', number>
>

const REVIEWED: [string, Counts][] = [
  ['checklists/bidirectional-sync.md', { steps: 21, commands: 21, destructive: 3, endless: 2, placeholders: 1 }],
  ['checklists/blue-green-helm.md', { steps: 8, shown: 2, commands: 38, destructive: 1, interactive: 4 }],
  [
    'checklists/data-consistency-fixes.md',
    { steps: 6, shown: 8, form: 1, commands: 27, destructive: 1, endless: 1, background: 2 },
  ],
  ['checklists/event-pipeline-kubernetes.md', { steps: 4, shown: 2, commands: 20, placeholders: 1 }],
  ['checklists/integrated-stack.md', { steps: 5, shown: 1, commands: 22, endless: 1, placeholders: 3 }],
  ['corpus/03.md', { steps: 6, content: 5, form: 1, commands: 8, placeholders: 2 }],
  ['corpus/11.md', { shown: 4, commands: 12, interactive: 2, placeholders: 2 }],
  ['corpus/13.md', { steps: 13, shown: 1, commands: 34, destructive: 1, interactive: 2, placeholders: 2 }],
  ['corpus/15.md', { steps: 7, shown: 2, commands: 15, destructive: 1, placeholders: 2 }],
  ['corpus/19.md', { steps: 3, commands: 3, placeholders: 3 }],
  ['corpus/23.md', { steps: 1, commands: 1, placeholders: 1 }],
]
const ABSENT = REVIEWED.filter(([name]) => !existsSync(join(ROOT, name)))
if (ABSENT.length > 0)
  console.warn(`SKIPPED: blocks of ${ABSENT.length} real documents; ${ROOT} is absent or incomplete`)

describe('the blocks of real documents', () => {
  const there = REVIEWED.filter((entry) => !ABSENT.includes(entry))
  it.skipIf(there.length === 0).each(there)('%s', (name, reviewed) => expect(count(name)).toEqual(reviewed))

  it.skipIf(ABSENT.length > 0)('are 57 of shell and one form in the reference documents', () => {
    const all = REVIEWED.slice(0, 5).map(([, counts]) => counts)
    const sum = (sort: Sort) => all.reduce((total, counts) => total + (counts[sort] ?? 0), 0)
    expect([sum('steps') + sum('shown'), sum('form'), sum('content')]).toEqual([57, 1, 0])
  })
})

function count(name: string): Counts {
  const bytes = readFileSync(join(ROOT, name))
  const { items } = readChecklist(name, bytes)
  const counts: Counts = {}
  const add = (what: keyof Counts, by = 1) => {
    if (by > 0) counts[what] = (counts[what] ?? 0) + by
  }
  for (const code of codesIn(parseMarkdown('blocks.md', bytes.toString()))) {
    const within = (line: number) => line >= (code.position?.start.line ?? 0) && line <= (code.position?.end.line ?? 0)
    const held = items.filter((item) => within(item.line) || item.commands.some(({ line }) => within(line)))
    const commands = held.flatMap((item) => item.commands).filter(({ line }) => within(line))
    const shown = held.every(({ kind }) => kind === 'reference')
    add(commands.length > 0 ? (shown ? 'shown' : 'steps') : held.length > 0 ? 'form' : 'content')
    add('commands', commands.length)
    for (const flag of ['destructive', 'endless', 'interactive', 'background'] as const)
      add(flag, commands.filter((command) => command[flag]).length)
    add('placeholders', commands.filter(({ placeholders }) => placeholders.length > 0).length)
    expect(commands.filter(({ problem }) => problem?.startsWith('is no shell'))).toEqual([])
  }
  return counts
}

function codesIn(node: Nodes): Code[] {
  if (node.type === 'code') return [node]
  return 'children' in node ? node.children.flatMap(codesIn) : []
}
