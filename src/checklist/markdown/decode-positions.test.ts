// Whatever the encoding: the range of an item's box is the mark between its brackets, in the original bytes.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChecklist } from '../read.ts'

type Encode = (text: string) => Buffer

const utf8: Encode = (text) => Buffer.from(text, 'utf8')
/** UTF-8 taken for a single-byte encoding and saved as UTF-8. */
const twice =
  (encoding: string): Encode =>
  (text) =>
    utf8(new TextDecoder(encoding).decode(utf8(text)))
/** As before, and a program dropped what has no character there. */
const twiceWithLoss: Encode = (text) =>
  utf8(
    new TextDecoder('windows-1254')
      .decode(utf8(text))
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0080-\u009f]/g, ''),
  )
const ENCODINGS: Encode[] = [utf8, twice('windows-1252'), twice('windows-1254'), twiceWithLoss]

/** Text around boxes that holds no box itself. */
const words = fc.oneof(
  fc.constantFrom(
    'ready',
    'Größe geprüft',
    'エラー率 5% 以下',
    'готово',
    '✅ fertig',
    '– „so“ –',
    '🚀🔒',
    'naïve…',
    'é»',
  ),
  fc.string({ unit: fc.constantFrom('a', 'ß', 'Ž', 'ÿ', '…', '→', '💾', '\u00a0', ' '), maxLength: 12 }),
)
const mark = fc.constantFrom(' ', 'x', 'X')
const place = fc.constantFrom('- ', '* ', '1. ', '  - ', '> - ', '### ')
const line = fc.record({ place, mark, words, encode: fc.nat(ENCODINGS.length - 1) })
const newline = fc.constantFrom('\n', '\r\n', '\r')

describe('positions', () => {
  it('of boxes are those of the original bytes, however the document was encoded', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), newline, fc.boolean(), (lines, ending, bom) => {
        // Lines of different encodings, as where a document was pasted together.
        const parts = lines.flatMap(({ place: before, mark: sign, words: text, encode }, index) => [
          utf8(`${ending}${before === '  - ' || before === '> - ' ? ending : ''}`),
          (ENCODINGS[encode] ?? utf8)(`${before.trimStart() === before ? before : before}[${sign}] ${index} ${text}`),
        ])
        const bytes = Buffer.concat([utf8(bom ? '\uFEFF' : ''), utf8(`# Release 🚀${ending}`), ...parts])
        const { items } = readChecklist('release.md', bytes)
        expect(items.map(({ box }) => box && bytes.subarray(box.start - 1, box.end + 1).toString())).toEqual(
          lines.map(({ mark: sign }) => `[${sign}]`),
        )
        for (const [index, { mark: sign, words: text, encode }] of lines.entries()) {
          expect(items[index]?.state).toBe(sign === ' ' ? 'open' : 'ticked')
          if (encode === 0 && !lines.some((other) => other.encode > 0))
            expect(items[index]?.text).toBe(`${index} ${text}`.replace(/\s+/g, ' ').trim())
        }
      }),
      { numRuns: 600, seed: 11 },
    )
  })

  it('of lines are counted alike whatever ends a line', () => {
    const text = '# R\n\n- [ ] a\n\n```bash\nmake b\n```\n\n- [ ] c `____`\n'
    const read = (ending: string) => readChecklist('release.md', utf8(text.replaceAll('\n', ending)))
    const [lf, crlf, cr] = ['\n', '\r\n', '\r'].map(read)
    const shape = (checklist: typeof lf) => checklist?.items.map(({ id, line: at, text: said }) => [id, at, said])
    expect(lf?.items.map(({ line: at }) => at)).toEqual([3, 6, 9])
    expect(shape(crlf)).toEqual(shape(lf))
    expect(shape(cr)).toEqual(shape(lf))
  })
})
