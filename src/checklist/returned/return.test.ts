import { describe, expect, it } from 'vitest'
import { PlanError } from '../../lib/errors.ts'
import type { Checklist } from '../../plan/plan.ts'
import { readChecklist } from '../read.ts'
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

  it('says a value in the unit that the document states, once', () => {
    const written = (text: string, value: string): string => {
      const original = Buffer.from(text)
      const plan = readChecklist('release.md', original)
      const [item] = plan.items
      const given = new Map([[item?.id ?? '', { blanks: { [item?.blanks[0]?.name ?? '']: value } }]])
      return Buffer.from(returnChecklist(original, plan, given))
        .toString()
        .trim()
    }
    expect(written('- [ ] p95: `_____ ms`\n', '0.0425 s')).toBe('- [ ] p95: `42.5 ms`')
    expect(written('- [ ] p95: `_____ ms`\n', '42.5 ms')).toBe('- [ ] p95: `42.5 ms`')
    expect(written('- [ ] Size: _____ GB\n', '1500 MB')).toBe('- [ ] Size: 1.5 GB')
    expect(written('- [ ] Errors: ____%\n', '0.4 %')).toBe('- [ ] Errors: 0.4%')
    expect(written('- [ ] p95: ____\n', '42.5 ms')).toBe('- [ ] p95: 42.5 ms')
    expect(written('- [ ] p95: `_____ ms`\n', 'not measured')).toBe('- [ ] p95: `not measured ms`')
  })

  it('lets no value begin a block, however deep its line stands', () => {
    const written = (text: string, value: string): string => {
      const original = Buffer.from(`- [ ] first\n\n${text}\n`)
      const plan = readChecklist('release.md', original)
      const item = plan.items.find(({ blanks }) => blanks.length > 0)
      const given = new Map([[item?.id ?? '', { blanks: { [item?.blanks[0]?.name ?? '']: value } }]])
      return Buffer.from(returnChecklist(original, plan, given))
        .toString()
        .split('\n')
        .slice(2)
        .join('\n')
        .trim()
    }
    expect(written('____ by noon', '# done')).toBe('\\# done by noon')
    expect(written('> ____ by noon', '---')).toBe('> \\--- by noon')
    expect(written('* ____ by noon', '1. a')).toBe('* 1\\. a by noon')
    expect(written('a | ____ b', 'x | y')).toBe('a | x \\| y b')
  })

  it('ticks a box that was encoded twice with a whole one', () => {
    // U+2611 and U+2610 as a program wrote them that took their bytes for cp1252.
    const original = Buffer.from(
      '| Check | Status |\n|---|---|\n| disk | \u00e2\u02dc\u2018 |\n| net | \u00e2\u02dc\u0090 |\n',
    )
    const plan = readChecklist('release.md', original)
    expect(plan.items.map(({ state }) => state)).toEqual(['ticked', 'open'])
    const given = new Map(plan.items.map(({ id, state }) => [id, { tick: state === 'open' }]))
    expect(Buffer.from(returnChecklist(original, plan, given)).toString()).toMatch(/disk \| ☐ \|\n\| net \| ☑ \|/)
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

/** Phases, and how many boxes stand in each: what no answer may change. */
function structure({ phases, items }: Checklist) {
  return phases.map(({ title, line, id }) => [
    title,
    line,
    items.filter(({ phase, box }) => phase === id && box !== null).length,
  ])
}
