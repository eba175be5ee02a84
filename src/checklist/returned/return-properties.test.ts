// What no answer may do to a document, over documents that nobody wrote and over those of other teams: 11,500 cases.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ByteRange, Checklist } from '../../plan/plan.ts'
import { VERDICTS, withoutAnnotations, type Annotation } from './annotations.ts'
import { readChecklist } from '../read.ts'
import { returnChecklist, type Answer } from './return.ts'
import { asReturned } from './returned.ts'

const SHARED = join(import.meta.dirname, '..', '..', '..', '..', 'shared')
const FOLDERS = [join(SHARED, 'checklists'), join(SHARED, 'corpus')].filter((folder) => existsSync(folder))
if (FOLDERS.length < 2) console.warn('SKIPPED: returning the documents of other teams; a folder of them is absent')

interface Document {
  bytes: Uint8Array
  checklist: Checklist
  /** What stands between the places to fill in. */
  pieces: Buffer[]
  /** All but what an answer may change. */
  shape: string
}

function documentOf(bytes: Uint8Array): Document {
  const checklist = readChecklist('release.md', bytes)
  return { bytes, checklist, pieces: fixedPieces(bytes, checklist), shape: shapeOf(checklist) }
}

const words = fc.constantFrom(
  'Backup taken',
  '**Disk:** free space',
  'Größe geprüft',
  'デプロイ 完了',
  'Проверка ошибок < 1%',
  'ready 🚀',
  'naïve â€“ twice encoded âœ…',
  '`npm test` passes',
  'p95 < 500 ms',
  'see [notes](a.md) and',
  'if applicable',
  'a_b *c* \\* d',
)
const blank = fc.constantFrom(
  '____',
  '`_____ ms`',
  '______ (target: < 100)',
  '`____`',
  '____%',
  '[Name]',
  '******\\_\\_\\_******',
  '____ and ____',
  '____ / `__ GB`',
  '________ Date: ________',
)
const choice = fc.constantFrom(
  '`Yes / No`',
  '☐ Yes ☐ No ☐ Similar',
  '[ ] GO / [ ] NO-GO',
  '`STABLE / NEEDS ATTENTION / ROLLBACK`',
  '`GO / NO-GO`',
  '☐ Pass ☑ Fail',
)
const mark = fc.constantFrom('[ ]', '[x]', '[X]', '[~]', '☐', '☑')
const bullet = fc.constantFrom('- ', '* ', '1. ', '  - ', '    - ', '> - ', '+ ')
const cell = fc.constantFrom('', ' ', '   ', ' ____ ', ' `____` ', ' ☐ ', ' [ ] ', ' ok ', ' < 5 % ', ' a \\| b ')
const line = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => `${texts.join(' ').trimEnd()}\n`)
const boxed = fc.tuple(bullet, mark).map(([start, box]) => start + box)
const block = fc.oneof(
  line(boxed, words),
  line(boxed, words),
  line(boxed, words, fc.constant('\\')),
  line(boxed, words, fc.constant(':'), blank),
  line(boxed, words, choice),
  line(boxed, words, blank, choice),
  line(bullet, words, fc.constant(':'), blank),
  line(words, fc.constant(':'), blank),
  line(fc.constant('**Decision:**'), choice),
  line(fc.constantFrom('#', '##', '###'), words),
  line(fc.constant('### [ ]'), words),
  line(blank),
  line(bullet, blank),
  line(bullet, bullet, blank),
  line(fc.constant('> '), blank),
  line(
    fc.constantFrom(
      '',
      '---',
      '===',
      '<!-- note',
      '-->',
      '<details>',
      '</details>',
      '> quote',
      '    code ____',
      '|---|---|',
    ),
  ),
  fc.tuple(fc.array(fc.tuple(words, cell, cell), { minLength: 1, maxLength: 3 })).map(([rows]) => {
    const lines = rows.map(([name, a, b]) => `| ${name} |${a}|${b}|\n`)
    return `\n| Metric | Actual | Status |\n|---|---|---|\n${lines.join('')}\n`
  }),
  fc
    .tuple(
      fc.constantFrom('```', '~~~~', '```text', '  ```'),
      fc.array(fc.oneof(line(words, blank), line(mark, words), line(blank), line(choice)), { maxLength: 4 }),
    )
    .map(([fence, lines]) => `${fence}\n${lines.join('')}${fence.replace('text', '')}\n`),
  fc.constant('```\n'),
)
const generated = fc
  .record({
    blocks: fc.array(block, { maxLength: 12 }),
    bom: fc.boolean(),
    ends: fc.constantFrom('\n', '\n', '\r\n', '  \n'),
    last: fc.boolean(),
  })
  .map(({ blocks, bom, ends, last }) => {
    const text = `${bom ? '\uFEFF' : ''}- [ ] first\n${blocks.join('')}`.replaceAll('\n', ends)
    return new Uint8Array(Buffer.from(last ? text : text.trimEnd()))
  })

const value = fc.oneof(
  fc.string({ maxLength: 30, unit: 'binary' }),
  fc.constantFrom('0.0425 s', '1.5 GB', '99.9 %', 'Ada Lovelace', '2026-01-05', 'all quiet', 'a and b', 'x / y'),
  fc.constantFrom(
    '- x',
    '# y',
    '1. z',
    '[ ] q',
    '- [ ] q',
    '===',
    '---',
    '```',
    '| a |',
    '~~~',
    '____',
    '☐',
    '<!--',
    '&lt;',
    '\\',
  ),
  fc.constantFrom(
    'a | b',
    '`code`',
    '</details>',
    'one\ntwo\r\nthree',
    '\u202Ecba\u202C',
    '\u200F',
    '[a](b)',
    '  ',
    '\0',
    '**',
    '-->',
  ),
  fc.constantFrom('x'.repeat(3000), '| '.repeat(800), '🚀'.repeat(600), '\\'.repeat(700), '[x] '.repeat(300)),
  fc.constant(' ([passed](report.html "gonogo"): fine)'),
)
const answers = fc.record({
  values: fc.array(fc.option(value), { minLength: 1, maxLength: 8 }),
  flags: fc.array(fc.boolean(), { minLength: 1, maxLength: 13 }),
  /** All blanks of an item are answered, or none. */
  whole: fc.boolean(),
})
type Drawn = typeof answers extends fc.Arbitrary<infer T> ? T : never

/** The drawn values and flags dealt out over all items, over and over. */
function deal({ items }: Checklist, { values, flags, whole }: Drawn): Map<string, Answer> {
  let count = 0
  const flag = (): boolean => flags[count++ % flags.length] ?? false
  const dealt = items.map((item): [string, Answer] => {
    const none = whole && flag()
    const blanks = item.blanks.flatMap(({ name }) => {
      const drawn = values[count++ % values.length] ?? null
      // A value of nothing but signs may come to nothing, which leaves a blank as it is.
      const text = whole && !/[\p{L}\p{N}]/u.test(drawn ?? '') ? 'so' : drawn
      return text === null || none ? [] : [[name, text]]
    })
    const choices = item.choices.flatMap(({ name, options }) =>
      flag() ? [[name, options[flag() ? 0 : options.length - 1]]] : [],
    )
    return [
      item.id,
      { ...(flag() ? { tick: flag() } : {}), blanks: Object.fromEntries(blanks), choices: Object.fromEntries(choices) },
    ]
  })
  return new Map(dealt)
}

function notesFor({ items }: Checklist): Map<string, Annotation> {
  return new Map(
    items.map(({ id }, index) => [
      id,
      {
        verdict: VERDICTS[index % VERDICTS.length] ?? 'passed',
        href: `report.html#item-${id}`,
        fact: ['', 'free 82 GB', '(a) [b] `c` | _d_ ____ ☐ <!-- ', 'größer'][index % 4] ?? '',
      },
    ]),
  )
}

/** Everything that must hold of one document and one set of answers. */
function expectSound({ bytes, checklist, pieces, shape }: Document, drawn: Drawn): Uint8Array {
  const given = deal(checklist, drawn)
  const returned = returnChecklist(bytes, checklist, given)
  expect(followsInOrder(Buffer.from(returned), pieces)).toBe(true)
  const reread = asReturned(bytes, checklist, returned)
  if (!reread) throw new Error('not recognised as the original filled in')
  expect(shapeOf(reread.checklist)).toBe(shape)
  for (const { id, state, box } of checklist.items) {
    const tick = given.get(id)?.tick
    const expected = tick === undefined ? state : tick ? 'ticked' : 'open'
    if (box && reread.states.get(id) !== expected) throw new Error(`${id} should be ${expected}`)
  }
  // Half answered, "____ and ____" with "a and b" for the first reads as well as "a" and "b and ____".
  if (drawn.whole) expect(Buffer.compare(returnChecklist(returned, reread.checklist, given), returned)).toBe(0)
  return returned
}

/** A checklist without what an answer may change: ranges and states. */
function shapeOf({ items, phases, triggers }: Checklist): string {
  const varies = new Set(['range', 'marks', 'box', 'state'])
  return JSON.stringify({ items, phases, triggers }, (key, member) => (varies.has(key) ? member !== null : member))
}

/** Phases and the boxes outside of tables, as whoever reads the copy afresh finds them. What is filled in may say what a phase is for. */
function structure({ phases, items }: Checklist) {
  const boxes = items.filter(({ box, table }) => box && !table).map((item) => item.line)
  return { phases: phases.map((phase) => [phase.title, phase.line, phase.id]), boxes }
}

/** The pieces of the document between the places to fill in. */
function fixedPieces(bytes: Uint8Array, { items }: Checklist): Buffer[] {
  const ranges: ByteRange[] = items.flatMap(({ box, blanks, choices }) => [
    ...(box ? [box] : []),
    ...blanks.map(({ range }) => range),
    ...choices.flatMap(({ style, range, marks }) => (style === 'text' ? [range] : marks)),
  ])
  let at = 0
  const pieces: Buffer[] = []
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (start > at || pieces.length === 0) pieces.push(Buffer.from(bytes.subarray(at, Math.max(at, start))))
    at = Math.max(at, end)
  }
  return [...pieces, Buffer.from(bytes.subarray(at))]
}

function followsInOrder(returned: Buffer, pieces: readonly Buffer[]): boolean {
  let at = 0
  for (const [index, piece] of pieces.slice(0, -1).entries()) {
    const found = returned.indexOf(piece, at)
    if (found === -1 || (index === 0 && found !== 0)) return false
    at = found + piece.length
  }
  const last = pieces.at(-1) ?? Buffer.alloc(0)
  return returned.length - last.length >= at && returned.subarray(returned.length - last.length).equals(last)
}

describe('returning any generated document', () => {
  it('changes only what is to be filled in, is recognised, and changes nothing the second time', () => {
    fc.assert(
      fc.property(generated, answers, fc.array(answers, { minLength: 2, maxLength: 2 }), (bytes, first, more) => {
        const document = documentOf(bytes)
        expect(Buffer.compare(returnChecklist(bytes, document.checklist, new Map()), bytes)).toBe(0)
        const returned = expectSound(document, first)
        expect(structure(readChecklist('release.md', returned))).toEqual(structure(document.checklist))
        for (const drawn of more) expectSound(document, drawn)
      }),
      { numRuns: 1000 },
    )
  })

  it('with notes is the same document but for the notes', () => {
    fc.assert(
      fc.property(generated, answers, (bytes, drawn) => {
        const document = documentOf(bytes)
        const given = deal(document.checklist, drawn)
        const plain = returnChecklist(bytes, document.checklist, given)
        const noted = returnChecklist(bytes, document.checklist, given, notesFor(document.checklist))
        expect(Buffer.compare(withoutAnnotations(noted), plain)).toBe(0)
        const reread = asReturned(bytes, document.checklist, noted)
        expect(reread && shapeOf(reread.checklist)).toBe(document.shape)
        for (const { box } of reread?.checklist.items ?? [])
          if (box) expect(Buffer.from(noted.subarray(box.start, box.end)).toString()).toMatch(/^[ xX~☐☑]$/)
      }),
      { numRuns: 1000 },
    )
  })
})

describe.skipIf(FOLDERS.length === 0)('returning any document of other teams', () => {
  const documents = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md'))
    .map((path) => documentOf(new Uint8Array(readFileSync(path))))

  it('with nothing answered gives back identical bytes', () => {
    for (const { bytes, checklist } of documents) {
      const nothing = new Map(checklist.items.map(({ id }): [string, Answer] => [id, {}]))
      expect(Buffer.compare(returnChecklist(bytes, checklist, nothing), bytes)).toBe(0)
    }
  })

  it('changes only what is to be filled in, is recognised, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.nat(documents.length - 1), answers, (which, drawn) => {
        const document = documents[which] as Document
        expectSound(document, drawn)
      }),
      { numRuns: 2250 },
    )
  })
})
