import { describe, expect, test } from 'vitest'
import { readChecklist } from '../../../src/checklist/read.ts'
import { ask, bindByRules, check, inSection, type Rules } from './binder.ts'

const DOCUMENT = `# Release of the shop

## Before

### Machine
- [ ] The disk has room
- [ ] The port answers

## After

### Machine
- [ ] The disk still has room

## Log

- Written by: ____
`

/** The words of each item that is bound, and what it is bound to. */
function bound(rules: Rules): [string, string][] {
  const checklist = readChecklist('CHECKLIST.md', Buffer.from(DOCUMENT))
  const bindings = bindByRules(checklist, rules)
  return checklist.items.flatMap(({ id, text }) => {
    const entry = bindings[id]
    return entry ? [[text, String(entry.check ?? entry.poll)]] : []
  })
}

const port = check('port', { port: 80 })
const disk = check('disk', { freeBytesMin: '1 GB' })

describe('rules that bind a document', () => {
  test('find items by section and words; the first one that matches wins, and the rest stays unbound', () => {
    expect(bound({ rules: inSection(/^machine$/i, [/port/i, port], [/disk/i, disk]) })).toEqual([
      ['The disk has room', 'disk'],
      ['The port answers', 'port'],
      ['The disk still has room', 'disk'],
    ])
    expect(bound({ rules: [{ section: /machine/i, item: /port/i, entry: port }] })).toEqual([
      ['The port answers', 'port'],
    ])
  })

  test('tell sections with one title apart by the titles above', () => {
    const before = { section: /machine/i, under: /before/i, item: /disk/i, entry: disk }
    const after = { section: /machine/i, item: /disk/i, entry: ask('dba') }
    expect(bound({ rules: [before, after] })).toEqual([
      ['The disk has room', 'disk'],
      ['The disk still has room', 'dba'],
    ])
  })

  test('come after what needs no words, and before what takes the rest', () => {
    const found = bound({
      structure: ({ text }) => (/port/.test(text) ? port : null),
      rules: [{ section: /machine/i, under: /before/i, entry: disk }],
      rest: () => ask('release-manager'),
    })
    expect(found.map(([, entry]) => entry)).toEqual(['disk', 'port', 'release-manager'])
  })

  test('that find nothing are an error: the document is another one, or the rule is dead', () => {
    const dead = { section: /machine/i, item: /memory/i, entry: disk }
    expect(() => bound({ rules: [dead] })).toThrow(/found nothing for .*memory/)
  })
})
