import { describe, expect, it } from 'vitest'
import { annotationPlaces, annotationText, withoutAnnotations, type Annotation } from './annotations.ts'
import { readChecklist } from '../read.ts'
import { returnChecklist, type Answer } from './return.ts'
import { asReturned } from './returned.ts'

const DOCUMENT = `# Release

**By:** ____ on \`____\`

- [ ] **Backup** taken: \`_____ GB\`
  - uploaded: \`Yes / No\`
- [x] already
- [ ] Better? ☐ Yes ☐ No

| Metric | Actual | Status |
|---|---|---|
| Downtime | | ☐ |

**Decision:** [ ] GO / [ ] NO-GO

\`\`\`
Engineer: ________
\`\`\`
`
const bytes = new Uint8Array(Buffer.from(DOCUMENT))
const checklist = readChecklist('release.md', bytes)
const idOf = (words: string): string => checklist.items.find(({ text }) => text.startsWith(words))?.id ?? ''
/** One value for the first blank of an item, whatever the reader calls it. */
const fill = (words: string, text: string): Answer => {
  const name = checklist.items.find(({ id }) => id === idOf(words))?.blanks[0]?.name ?? ''
  return { blanks: { [name]: text } }
}
const returned = (candidate: string) => asReturned(bytes, checklist, Buffer.from(candidate))

describe('a filled-in copy', () => {
  const answers: [string, Answer][] = [
    [idOf('By'), fill('By', 'Ada | Lovelace *')],
    [idOf('Backup'), { tick: true, ...fill('Backup', '1.5') }],
    [idOf('uploaded'), { choices: { choice: 'Yes' } }],
    [idOf('already'), { tick: false }],
    [idOf('Better'), { choices: { choice: 'No' } }],
    [idOf('Downtime'), { tick: true, ...fill('Downtime', '< 41 s') }],
    [idOf('Decision'), { choices: { choice: 'GO' } }],
    [idOf('Engineer'), fill('Engineer', 'Ada *')],
  ]
  const copy = returnChecklist(bytes, checklist, new Map(answers))
  const read = asReturned(bytes, checklist, copy)

  it('says what was filled in, as it was meant', () => {
    const found = [...(read?.answers ?? [])].map(([id, { tick, blanks, choices }]) => [
      id,
      {
        ...(tick === undefined ? {} : { tick }),
        ...(Object.keys(blanks ?? {}).length > 0 ? { blanks } : {}),
        ...(Object.keys(choices ?? {}).length > 0 ? { choices } : {}),
      },
    ])
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(answers))
  })

  it('has the items of its original, with the states of the copy', () => {
    expect(read?.checklist.items.map(({ id }) => id)).toEqual(checklist.items.map(({ id }) => id))
    expect(read?.states.get(idOf('Backup'))).toBe('ticked')
    expect(read?.states.get(idOf('already'))).toBe('open')
  })

  it('has its ranges where the places stand in the copy', () => {
    const at = (start: number, end: number): string => Buffer.from(copy.subarray(start, end)).toString()
    const item = (words: string) => read?.checklist.items.find(({ id }) => id === idOf(words))
    const [by] = item('By')?.blanks ?? []
    expect(at(by?.range.start ?? 0, by?.range.end ?? 0)).toBe('Ada \\| Lovelace \\*')
    const [better] = item('Better')?.choices ?? []
    expect(at(better?.range.start ?? 0, better?.range.end ?? 0)).toBe('☐ Yes ☑ No')
    const box = item('Downtime')?.box
    expect(at(box?.start ?? 0, box?.end ?? 0)).toBe('☑')
  })

  it('is returned to itself', () => {
    if (!read) throw new Error('not recognised')
    expect(Buffer.compare(returnChecklist(copy, read.checklist, new Map(answers)), copy)).toBe(0)
  })

  it('may have been filled in by hand', () => {
    const byHand = DOCUMENT.replace('[ ] **Backup**', '[X] **Backup**')
      .replace('____ on', '*Ada*, [lead](a.md) on')
      .replace('| ☐ |', '| ✅ |')
    expect(returned(byHand)?.answers.get(idOf('By'))?.blanks).toEqual(fill('By', '*Ada*, [lead](a.md)').blanks)
    expect(returned(byHand)?.states.get(idOf('Downtime'))).toBe('ticked')
    expect(returned(DOCUMENT)?.answers.size).toBe(0)
  })

  it.each([
    ['a word changed', DOCUMENT.replace('taken', 'token')],
    ['a line was added', `${DOCUMENT}\n- [ ] more\n`],
    ['a line is missing', DOCUMENT.replace('- [x] already\n', '')],
    ['a value goes over two lines', DOCUMENT.replace('____ on', 'Ada\nLovelace on')],
    ['a choice is none of the options', DOCUMENT.replace('Yes / No', 'Perhaps')],
    ['a box holds something else', DOCUMENT.replace('[x] already', '[?] already')],
    ['line ends changed', DOCUMENT.replaceAll('\n', '\r\n')],
    ['it is cut short', DOCUMENT.slice(0, 40)],
    ['it is empty', ''],
  ])('is none where %s', (_, candidate) => {
    expect(returned(candidate)).toBeNull()
  })

  it('leaves the choice between readings to a rule: as it was where it can be, else the shortest value', () => {
    const original = Buffer.from('- [ ] Took ____ and ____ and ____\n')
    const plan = readChecklist('release.md', original)
    const values = (text: string) =>
      [...(asReturned(original, plan, Buffer.from(text))?.answers.values() ?? [])][0]?.blanks
    const [first = '', second = '', third = ''] = plan.items[0]?.blanks.map(({ name }) => name) ?? []
    expect(values('- [ ] Took a and b and c and d\n')).toEqual({ [first]: 'a', [second]: 'b', [third]: 'c and d' })
    expect(values('- [ ] Took ____ and b and ____\n')).toEqual({ [second]: 'b' })
  })

  it('is recognised, however often the words behind a blank occur', () => {
    const line = `- [ ] x ____ ${'ab '.repeat(60_000)}c\n`
    const original = Buffer.from(line)
    const plan = readChecklist('release.md', original)
    const hostile = Buffer.from(`- [ ] x ${'ab '.repeat(150_000)}d\n`)
    expect(asReturned(original, plan, hostile)).toBeNull()
  })
})

describe('boxes alone', () => {
  it('change neither ids nor phases for whoever reads the copy without its original', () => {
    const text =
      '# R\n\n## Before\n\n- [ ] **A**: b\n- [x] c\n  - [~] d ____\n\n### [ ] e\n\n```\n[ ] f\n- [ ] g\n```\n\n| Check | Status |\n|---|---|\n| h | ☐ |\n'
    const original = Buffer.from(text)
    const plan = readChecklist('release.md', original)
    for (const tick of [true, false]) {
      const copy = returnChecklist(original, plan, new Map(plan.items.map(({ id }) => [id, { tick }])))
      const shape = ({ items, phases }: typeof plan) => [
        phases,
        items.map(({ id, kind, thresholds }) => [id, kind, thresholds]),
      ]
      expect(shape(readChecklist('release.md', copy))).toEqual(shape(plan))
    }
    const longer = Buffer.from(text.replace('____', '__________'))
    expect(readChecklist('release.md', longer).items.map(({ id }) => id)).toEqual(plan.items.map(({ id }) => id))
  })
})

describe('notes behind items', () => {
  const note: Annotation = {
    verdict: 'passed',
    href: 'runs/1/report.html#item-größe/a b-x7',
    fact: 'free 82.1 GB (of 100)',
  }
  const notes = new Map(checklist.items.map(({ id }) => [id, note]))
  const noted = returnChecklist(bytes, checklist, new Map(), notes)

  it('stand at the ends of item lines, outside of tables, fences and code', () => {
    const added = Buffer.from(noted)
      .toString()
      .split('\n')
      .filter((line, index) => line !== DOCUMENT.split('\n')[index])
    expect(added).toHaveLength(6)
    expect(added[1]).toBe(
      '- [ ] **Backup** taken: `_____ GB` ([passed](runs/1/report.html#item-gr%C3%B6%C3%9Fe/a%20b-x7 "gonogo"): free 82.1 GB, of 100)',
    )
  })

  it('come off again, and taken twice are there once', () => {
    expect(Buffer.compare(withoutAnnotations(noted), bytes)).toBe(0)
    expect(withoutAnnotations(bytes)).toBe(bytes)
    const read = asReturned(bytes, checklist, noted)
    expect(read?.answers.size).toBe(0)
    const box = read?.checklist.items.find(({ id }) => id === idOf('already'))?.box
    expect(Buffer.from(noted.subarray(box?.start, box?.end)).toString()).toBe('x')
    expect(Buffer.compare(returnChecklist(withoutAnnotations(noted), checklist, new Map(), notes), noted)).toBe(0)
  })

  it('stand before trailing spaces and line ends, and not where a line does not end in plain words', () => {
    const lines = [
      '- [ ] ends in à  ',
      '- [ ] breaks\\',
      '- [ ] below < 5 %',
      '- [ ] `code',
      '  goes on`',
      '- [ ] see [a',
      '  b](c.md)',
      '- [ ] <!-- more',
      '  -->',
      '### [ ] heading',
    ]
    const original = Buffer.from(lines.join('\r\n'))
    const plan = readChecklist('release.md', original)
    const places = [...annotationPlaces(original, plan).values()]
    const [first, second, third] = lines.map((line) => Buffer.from(line.trimEnd()).length)
    expect(places).toEqual([first, (first ?? 0) + 4 + (second ?? 0) + 2 + (third ?? 0)])
  })

  it('hold nothing that could be taken for structure', () => {
    const hostile = annotationText({
      verdict: 'failed',
      href: 'a b)"<x>',
      fact: '[x](y)\n- [ ] z ____ | `c` <b> &amp; *d* ☐',
    })
    expect(hostile).toBe(' ([failed](a%20b%29%22%3Cx%3E "gonogo"): x y - z \\_ c &lt;b> &amp;amp; \\*d\\*)')
  })
})
