import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../lib/errors.ts'
import type { ByteRange, Checklist } from '../plan/plan.ts'
import { readChecklist } from './read.ts'
import { returnChecklist, type Answer } from './return.ts'

const DOCUMENT = `\uFEFF# Größe ✅ â€“ release

**Date:** \`____\`  \r
**By:** ____

## Checks

- [ ] **Backup** taken: \`_____ GB\`
  - uploaded: \`Yes / No\`
* [X] already
- [~] half
1. [ ] Better? ☐ Yes ☐ No

### [ ] Smoke

| Metric | Target | Actual | Status |
|---|---|---|---|
| Downtime | < 2 min | \`____\` | ☐ |
| Errors | < 1% | | ☐ |

**Decision:** [ ] GO / [ ] NO-GO

## Roll back if

- [ ] Error rate > 5%

\`\`\`
Engineer: ________
- [ ] Backup: ______
________
\`\`\`
`
const bytes = new Uint8Array(Buffer.from(DOCUMENT))
const checklist = readChecklist('release.md', bytes)

function fill(answers: Record<string, Answer>, original = bytes, plan = checklist): string {
  const byId = Object.entries(answers).map(([words, answer]): [string, Answer] => {
    const item = plan.items.find(({ text }) => text.startsWith(words))
    if (!item) throw new Error(`no item ${words}`)
    return [item.id, answer]
  })
  return Buffer.from(returnChecklist(original, plan, new Map(byId))).toString()
}

function changedLines(after: string): string[] {
  const before = DOCUMENT.split('\n')
  return after.split('\n').filter((line, index) => line !== before[index])
}

describe('returning a checklist', () => {
  it('ticks boxes, fills blanks, makes choices, and touches nothing else', () => {
    const returned = fill({
      Date: { blanks: { date: '2025-03-01' } },
      By: { blanks: { value: 'Ada Lovelace' } },
      Backup: { tick: true, blanks: { value: '1.5' } },
      uploaded: { choices: { choice: 'Yes' } },
      half: { tick: true },
      'Better?': { choices: { choice: 'No' } },
      Smoke: { tick: true },
      Downtime: { tick: true, blanks: { actual: '41 s' } },
      Errors: { tick: false, blanks: { actual: '2%' } },
      Decision: { choices: { choice: 'go' } },
    })
    expect(changedLines(returned)).toEqual([
      '**Date:** `2025-03-01`  \r',
      '**By:** Ada Lovelace',
      '- [x] **Backup** taken: `1.5 GB`',
      '  - uploaded: `Yes`',
      '- [x] half',
      '1. [ ] Better? ☐ Yes ☑ No',
      '### [x] Smoke',
      '| Downtime | < 2 min | `41 s` | ☑ |',
      '| Errors | < 1% | 2% | ☐ |',
      '**Decision:** [x] GO / [ ] NO-GO',
    ])
  })

  it('gives back identical bytes where nothing was answered', () => {
    expect(Buffer.compare(returnChecklist(bytes, checklist, new Map()), bytes)).toBe(0)
    const empty = new Map(checklist.items.map(({ id }): [string, Answer] => [id, {}]))
    expect(Buffer.compare(returnChecklist(bytes, checklist, empty), bytes)).toBe(0)
  })

  it('opens a box whose claim did not hold, and keeps the mark of one that did', () => {
    expect(changedLines(fill({ already: { tick: false } }))).toEqual(['* [ ] already'])
    expect(changedLines(fill({ already: { tick: true } }))).toEqual([])
    expect(changedLines(fill({ half: { tick: false } }))).toEqual(['- [ ] half'])
  })

  it('fills the lines of a form in a fence', () => {
    expect(changedLines(fill({ Backup: { tick: true }, Engineer: { blanks: { signature: 'Ada *' } } }))).toContain(
      'Engineer: Ada *',
    )
  })

  it('writes values that cannot break the document', () => {
    const hostile = '`|` [x] </b>\n- [ ] more\u0000\u202e ____'
    const returned = fill({
      Date: { blanks: { date: hostile } },
      By: { blanks: { value: hostile } },
      Downtime: { blanks: { actual: hostile } },
      Errors: { blanks: { actual: hostile } },
    })
    expect(returned.split('\n')).toHaveLength(DOCUMENT.split('\n').length)
    expect(structure(readChecklist('release.md', Buffer.from(returned)))).toEqual(structure(checklist))
    expect(changedLines(returned)[3]).toBe("| Errors | < 1% | '\\|' (x) &lt;/b> - ( ) more \\_ | ☐ |")
  })

  it('does the same twice, and reading what it gave back gives the same boxes', () => {
    const answers = { Backup: { tick: true }, Smoke: { tick: true }, Downtime: { tick: true } }
    const once = fill(answers)
    const again = new Uint8Array(Buffer.from(once))
    const reread = readChecklist('release.md', again)
    expect(fill(answers, again, reread)).toBe(once)
    expect(reread.items.map(({ id }) => id)).toEqual(checklist.items.map(({ id }) => id))
  })

  it('refuses another document than was read', () => {
    const other = bytes.slice()
    other[other.length - 1] = 0x20
    expect(() => returnChecklist(other, checklist, new Map())).toThrow(PlanError)
  })

  it('refuses answers to what is not there', () => {
    expect(() => returnChecklist(bytes, checklist, new Map([['nobody', {}]]))).toThrow(/no item named "nobody"/)
    expect(() => fill({ Backup: { blanks: { valeu: '1' } } })).toThrow(/no blank of .*valeu/)
    expect(() => fill({ uploaded: { choices: { choice: 'Perhaps' } } })).toThrow(/none of the options/)
  })
})

describe('whatever is answered', () => {
  const parts = fc.constantFrom(
    '# H\n',
    '\n',
    '- [ ] a\n',
    '- [x] b `Yes / No`\n',
    '  - [ ] c: ____\n',
    '1. [X] d `___ ms` (target: < 5)\n',
    '- [~] é ✅\n',
    'e: `____`\n',
    'f: ____ and ____\r\n',
    '____ by n\n',
    '### [ ] g\n',
    '- [ ] h ☐ Yes ☐ No\n',
    '**i:** [ ] GO / [ ] NO-GO\n',
    '```\n',
    'j: ______\n',
    '- [ ] k: _____\n',
    '\n| M | Actual | Status |\n|---|---|---|\n',
    '| l | ____ | ☐ |\n',
    '| m | | |\n',
    'â€“ 🔒\n',
  )
  const value = fc.oneof(
    fc.string({ maxLength: 30, unit: 'binary' }),
    fc.constantFrom('- x', '# y', '1. z', '[ ] q', '===', '---', '```', '| a |', '~~~', '____', '☐', '<!--', '&lt;'),
  )
  const document = fc
    .array(parts, { maxLength: 15 })
    .map((lines) => new Uint8Array(Buffer.from(`- [ ] first\n${lines.join('')}`)))

  it('only the bytes of boxes, blanks and choices change, and the structure stays', () => {
    fc.assert(
      fc.property(document, cycle(fc.option(value)), cycle(fc.boolean()), (original, values, flags) => {
        const plan = readChecklist('release.md', original)
        const answers = new Map(plan.items.map((item) => [item.id, answerFor(item, values, flags)]))
        const returned = returnChecklist(original, plan, answers)
        const fixed = keep(original, ranges(plan))
        expect(followsInOrder(Buffer.from(returned), fixed)).toBe(true)
        expect(structure(readChecklist('release.md', returned))).toEqual(structure(plan))
      }),
      { numRuns: 2000 },
    )
  })
})

/** Phases, and how many boxes stand in each: what no answer may change. */
function structure({ phases, items }: Checklist) {
  return phases.map(({ title, line, id }) => [
    title,
    line,
    items.filter(({ phase, box }) => phase === id && box !== null).length,
  ])
}

function ranges({ items }: Checklist): ByteRange[] {
  return items
    .flatMap(({ box, blanks, choices }) => [
      ...(box ? [box] : []),
      ...blanks.map(({ range }) => range),
      ...choices.flatMap(({ style, range, marks }) => (style === 'text' ? [range] : marks)),
    ])
    .toSorted((a, b) => a.start - b.start)
}

/** The pieces of the document between the ranges. */
function keep(original: Uint8Array, allowed: readonly ByteRange[]): Buffer[] {
  let at = 0
  const pieces = allowed.map(({ start, end }) => {
    expect(start).toBeGreaterThanOrEqual(at)
    const piece = Buffer.from(original.subarray(at, start))
    at = end
    return piece
  })
  return [...pieces, Buffer.from(original.subarray(at))]
}

function followsInOrder(returned: Buffer, pieces: readonly Buffer[]): boolean {
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    const found = returned.indexOf(piece, at)
    if (found === -1 || (index === 0 && found !== 0)) return false
    at = found + piece.length
  }
  return (
    pieces.at(-1)?.length === 0 ||
    returned.subarray(returned.length - (pieces.at(-1)?.length ?? 0)).equals(pieces.at(-1) ?? Buffer.alloc(0))
  )
}

/** A handful of values, over and over: cheaper than an endless stream. */
function cycle<T>(values: fc.Arbitrary<T>): fc.Arbitrary<Iterator<T>> {
  return fc.array(values, { minLength: 1, maxLength: 8 }).map((some) => {
    let at = 0
    return { next: () => ({ done: false, value: some[at++ % some.length] as T }) }
  })
}

function answerFor(
  item: Checklist['items'][number],
  values: Iterator<string | null>,
  flags: Iterator<boolean>,
): Answer {
  const next = () => values.next().value as string | null
  const blanks = item.blanks.flatMap(({ name }) => {
    const text = next()
    return text === null ? [] : [[name, text]]
  })
  const choices = item.choices.map(({ name, options }) => [name, options[flags.next().value ? 0 : options.length - 1]])
  return {
    ...(flags.next().value ? { tick: flags.next().value as boolean } : {}),
    blanks: Object.fromEntries(blanks),
    choices: flags.next().value ? Object.fromEntries(choices) : {},
  }
}
