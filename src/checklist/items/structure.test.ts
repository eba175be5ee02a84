import { describe, expect, it } from 'vitest'
import type { Item } from '../../plan/plan.ts'
import { readChecklist } from '../read.ts'

const read = (text: string) => readChecklist('release.md', Buffer.from(text))
const itemsOf = (body: string, heading = 'Checks'): Item[] => read(`# R\n\n## ${heading}\n\n${body}\n`).items
const marks = (text: string): string[] => {
  const bytes = Buffer.from(text)
  return read(text).items.map(({ box }) => (box ? bytes.subarray(box.start, box.end).toString() : 'none'))
}

describe('boxes', () => {
  it.each([
    ['- [ ] a', ' ', 'open'],
    ['* [x] a', 'x', 'ticked'],
    ['+ [X] a', 'X', 'ticked'],
    ['1. [ ] a', ' ', 'open'],
    ['2) [ ] a', ' ', 'open'],
    ['> - [ ] a', ' ', 'open'],
    ['- [] a', '', 'open'],
    ['-[ ] a', ' ', 'open'],
    ['-[x] a', 'x', 'ticked'],
    ['- [ ]a', ' ', 'open'],
    ['- \\[ \\] a', ' ', 'open'],
    ['- **[ ] a**', ' ', 'open'],
    ['[ ] a', ' ', 'open'],
    ['- [~] a', '~', 'partial'],
    ['- [-] a', '-', 'partial'],
    ['- [/] a', '/', 'partial'],
    ['- [!] a', '!', 'open'],
    ['- ☐ a', '☐', 'open'],
    ['- ⬜ a', '⬜', 'open'],
    ['- □ a', '□', 'open'],
    ['- ◻ a', '◻', 'open'],
    ['- ❏ a', '❏', 'open'],
    ['- ☑ a', '☑', 'ticked'],
    ['- ☒ a', '☒', 'ticked'],
    ['☐ a', '☐', 'open'],
    ['• ☐ a', '☐', 'open'],
    ['### [ ] a', ' ', 'open'],
    ['### 3. [x] a', 'x', 'ticked'],
    ['### ☐ a', '☐', 'open'],
  ])('%j is one', (line, mark, state) => {
    const text = `# R\n\n## Checks\n\n${line}\n`
    expect(read(text).items.map((item) => [item.text.replace(/^3\. /, ''), item.state])).toEqual([['a', state]])
    expect(marks(text)).toEqual([mark])
  })

  it.each([
    '- [a link](page.md)',
    '- [x](page.md) is a page',
    '- [x]: page.md',
    '- a [ ] in the middle',
    'A sentence about `[ ]` marks.',
    '- [?] unknown',
    '<!-- - [ ] a comment -->',
  ])('%j is none', (line) => expect(itemsOf(`${line}\n\n- [ ] real`).filter(({ box }) => box)).toHaveLength(1))

  it('several lines long are one item with all their words', () => {
    expect(itemsOf('- [ ] the first line\n  and the second\nand a lazy third').map(({ text }) => text)).toEqual([
      'the first line and the second and a lazy third',
    ])
    expect(itemsOf('[ ] one\n  goes on\n[ ] two').map(({ text }) => text)).toEqual(['one goes on', 'two'])
  })

  it('are ticked by a "✅" where the list has open glyphs', () => {
    expect(itemsOf('- ☐ one\n- ✅ two').map(({ text, state, box }) => [text, state, box !== null])).toEqual([
      ['one', 'open', true],
      ['two', 'ticked', true],
    ])
  })

  it('in a shell block are items, with their words for a command where they are one', () => {
    const block = '```bash\n# first\n- [ ] npm ci\n- [ ] npm test\n- [x] Page loads in the browser\n```'
    expect(itemsOf(block).map(({ text, state, kind, commands }) => [text, state, kind, commands.length])).toEqual([
      ['npm ci', 'open', 'action', 1],
      ['npm test', 'open', 'check', 1],
      ['Page loads in the browser', 'ticked', 'check', 0],
    ])
    expect(itemsOf('```bash\nif [ x ]; then\n  echo a\nfi\n```\n\n- [ ] real').filter(({ box }) => box)).toHaveLength(1)
  })

  it('in paragraphs hold their label, blanks and code', () => {
    expect(itemsOf('[ ] **Backup**: `make backup` took ____ min')[0]).toMatchObject({
      label: 'Backup',
      code: ['make backup'],
      blanks: [{ unit: 'min' }],
    })
  })

  it('beside each other on one line are a choice', () => {
    const [item] = itemsOf('Decision: [ ] GO / [ ] NO-GO')
    expect(item?.choices[0]?.options).toEqual(['GO', 'NO-GO'])
  })
})

describe('a parent', () => {
  it('is the conjunction of its boxes and of the plain entries that state something', () => {
    const items = itemsOf(
      '- [ ] Cluster ready\n  - [ ] nodes up\n  - Replicas are healthy\n  - No errors in the logs\n  - see the wiki\n  - Log in to the console\n  - error rate < 1%',
    )
    expect(items.map(({ text, parent }) => [text, parent === null])).toEqual([
      ['Cluster ready', true],
      ['nodes up', false],
      ['Replicas are healthy', false],
      ['No errors in the logs', false],
      ['error rate < 1%', false],
    ])
  })
})

describe('a document without boxes', () => {
  const plain = (body: string, heading = 'Pre-deployment') =>
    read(`# Shop\n\n## ${heading}\n\n${body}\n`).items.map(({ text, state, box }) => [text, state, box])

  it('has its ticked entries for items: claims of what is done', () => {
    expect(plain('- ✅ Tests green\n- ✅ Backup taken')).toEqual([
      ['Tests green', 'ticked', null],
      ['Backup taken', 'ticked', null],
    ])
    expect(plain('✅ Tests green\n✅ Backup taken')).toEqual([
      ['Tests green', 'ticked', null],
      ['Backup taken', 'ticked', null],
    ])
  })

  it('has its plain entries and steps for items, but no examples and no prose', () => {
    expect(plain('- `npm ci` completed\n- Backups are encrypted').map(([text]) => text)).toEqual([
      'npm ci completed',
      'Backups are encrypted',
    ])
    expect(plain('- ✅ use short names\n- ❌ use long ones\n\n1. Push the tag').map(([text]) => text)).toEqual([
      'Push the tag',
    ])
    expect(plain('All is ✅ well.\n\n1. Push the tag').map(([text]) => text)).toEqual(['Push the tag'])
  })

  it('has steps told in prose for items', () => {
    const { items } = read(
      '# Deployment\n\n## Step 1: Move the traffic\n\nOpen the console and move it.\n\n## Step 2: Look\n\n**Step 2.1** Look at it.\n\n**Step 3:** Wait an hour.\n',
    )
    expect(items.map(({ text }) => text)).toEqual(['Move the traffic', 'Look at it.', 'Wait an hour.'])
  })

  it('leaves ticks alone where boxes are', () => {
    expect(itemsOf('✅ All fine.\n\n- [ ] a').map(({ text }) => text)).toEqual(['a'])
  })
})

describe('labels', () => {
  it.each([
    ['- [ ] **Disk space**: 10 GB', 'Disk space'],
    ['- [ ] **Disk space:** 10 GB', 'Disk space'],
    ['- [ ] **Disk space** - 10 GB', 'Disk space'],
    ['- [ ] **Disk space** (host): 10 GB', 'Disk space'],
    ['- [ ] Disk space — 10 GB free', 'Disk space'],
    ['- [ ] **Everything is bold**', 'Everything is bold'],
    ['- [ ] the **disk** has space', null],
    ['- [ ] It works for everybody who tries it — so far', null],
  ])('%j has the label %j', (line, label) => expect(itemsOf(line)[0]?.label).toBe(label))
})

describe('sections that observe the release', () => {
  it('hold their figures as watches; those of preparations and tests are looked at once', () => {
    const kind = (heading: string) => itemsOf('- [ ] Error rate < 1%', heading)[0]?.kind
    expect(kind('Monitoring (first hour)')).toBe('watch')
    expect(kind('24-hour stability check')).toBe('watch')
    expect(kind('Post-deployment tests')).toBe('check')
    expect(kind('Pre-deployment monitoring')).toBe('check')
  })

  it('take fill-in headers and logs for notes, and their blanks for records', () => {
    const { items, phases } = read('# R\n\n## Deployment log\n\n**Engineer:** ______\n\n## Checks\n\n- [ ] a\n')
    expect(phases.map(({ kind }) => kind)).toEqual(['notes', 'notes', 'readiness'])
    expect(items.map(({ kind }) => kind)).toEqual(['record', 'check'])
  })
})
