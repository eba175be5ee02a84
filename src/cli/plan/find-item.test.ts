import { describe, expect, it } from 'vitest'
import { readChecklist } from '../../checklist/read.ts'
import { findItem } from './find-item.ts'

const checklist = readChecklist(
  'docs/release.md',
  Buffer.from(`# Release

## Before

- [ ] Queue is empty
- [ ] Queue is watched
- [ ] Queue

## Deployment

\`\`\`bash
# 1. Ship
make ship

# 2. Look
curl http://127.0.0.1:9/health
\`\`\`
`),
)
const text = (given: string): string => findItem(checklist, given).text

describe('an item is named', () => {
  it.each([
    ['its id', checklist.items[0]?.id ?? '', 'Queue is empty'],
    ['the beginning of its id', 'before/queue-is-e', 'Queue is empty'],
    ['a part of its id', 'watched', 'Queue is watched'],
    ['words of its text', 'is empty', 'Queue is empty'],
    ['its whole text, also where others have it as a part', 'queue', 'Queue'],
    ['its line', '6', 'Queue is watched'],
    ['document and line, as an editor prints it', './docs/release.md:6', 'Queue is watched'],
    ['the line of its command', '16', 'Look'],
  ])('by %s', (_, given, expected) => {
    expect(text(given)).toBe(expected)
  })

  it.each([
    ['several', 'is', /"is" may mean 2 items of docs\/release.md/],
    ['nothing', 'certificates', /has no item "certificates"/],
    ['an empty word', '', /has no item ""/],
    ['a line without an item', '3', /no item stands here, under "Before"/],
    ['a line behind the end', '999', /no item stands here/],
    ['a line of another document', 'other.md:6', /is a line of another document/],
  ])('not by %s', (_, given, said) => {
    expect(() => text(given)).toThrow(said)
  })
})
