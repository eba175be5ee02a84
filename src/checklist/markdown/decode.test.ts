import { describe, expect, it } from 'vitest'
import { PlanError } from '../../lib/errors.ts'
import { decode } from './decode.ts'

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'))

/** What a program writes that takes UTF-8 for Windows-1252 and saves it as UTF-8. */
function encodeTwice(text: string): string {
  return new TextDecoder('windows-1252').decode(Buffer.from(text, 'utf8'))
}

/** The same with Windows-1254, dropping the bytes that have no character there. */
function encodeTwiceTurkish(text: string): string {
  const wrong = new TextDecoder('windows-1254').decode(Buffer.from(text, 'utf8'))
  // oxlint-disable-next-line no-control-regex
  return wrong.replace(/[\u0080-\u009f]/g, '')
}

function refusal(bytes: Uint8Array, documentBytesMax = 5_000_000): PlanError {
  try {
    decode('release.md', bytes, { documentBytesMax })
  } catch (error) {
    if (error instanceof PlanError) return error
    throw error
  }
  throw new Error('was read')
}

describe('decoding', () => {
  it('maps characters to the bytes they came from, behind a BOM and across CRLF', () => {
    const text = 'é ✅\r\n- [ ] 🔒 done'
    const bytes = bytesOf(`\uFEFF${text}`)
    const source = decode('release.md', bytes)
    expect(source.text).toBe(text.replace('\r\n', '\n'))
    for (const piece of ['é', '✅', '\n', '[ ]', '🔒', 'done']) {
      const at = source.text.indexOf(piece)
      const { start, end } = source.range(at, at + piece.length)
      expect(Buffer.from(bytes.slice(start, end)).toString()).toBe(piece === '\n' ? '\r\n' : piece)
    }
  })

  it('repairs text that was encoded twice, run by run, and leaves the rest', () => {
    const wrong = `# ${encodeTwice('✅')} Ready ${encodeTwice('–')} go\n\nnaïve Übung 🚀\n`
    const source = decode('release.md', bytesOf(wrong))
    expect(source.text).toBe('# ✅ Ready – go\n\nnaïve Übung 🚀\n')
    expect(source.encoding).toEqual({ repaired: 2, lost: 0 })
    const { start, end } = source.range(2, 3)
    expect(Buffer.from(bytesOf(wrong).slice(start, end)).toString()).toBe(encodeTwice('✅'))
  })

  it('counts runs whose bytes were dropped as lost', () => {
    const source = decode('release.md', bytesOf(`# ${encodeTwiceTurkish('🔒')} a\n# ${encodeTwiceTurkish('🎨')} b\n`))
    expect(source.text).toBe('# 🔒 a\n# \uFFFD b\n')
    expect(source.encoding).toEqual({ repaired: 1, lost: 1 })
  })

  it.each(['«très énervé…»', 'IŞIK ğüş', 'Ã la carte', '日本語 ✅ – ok', 'São Paulo – Ação'])(
    'takes %s for what it is',
    (text) => {
      const source = decode('release.md', bytesOf(text))
      expect(source.text).toBe(text)
      expect(source.encoding).toEqual({ repaired: 0, lost: 0 })
    },
  )

  it('reads on over a stray invalid byte and counts it', () => {
    const bytes = Buffer.concat([Buffer.from('# Release\n\n- [ ] caf'), Buffer.from([0xe9]), Buffer.from(' open\n')])
    const source = decode('release.md', bytes)
    expect(source.text).toBe('# Release\n\n- [ ] caf\uFFFD open\n')
    expect(source.encoding.lost).toBe(1)
  })

  it('refuses an empty document', () => {
    expect(refusal(new Uint8Array()).toLine()).toMatch(/^release\.md: is empty; /)
    expect(refusal(bytesOf('\uFEFF \r\n\t\n')).toLine()).toMatch(/is empty/)
  })

  it('refuses a document over the limit and says the limit', () => {
    expect(refusal(new Uint8Array(11).fill(0x61), 10).toLine()).toMatch(/has 11 bytes; expected at most 10 bytes; /)
    expect(decode('release.md', new Uint8Array(10).fill(0x61), { documentBytesMax: 10 }).text).toHaveLength(10)
  })

  it('refuses binary files and names the line', () => {
    const error = refusal(Buffer.concat([Buffer.from('a\nb'), Buffer.from([0]), Buffer.from('c')]))
    expect(error.place).toMatchObject({ file: 'release.md', line: 2 })
    expect(error.message).toMatch(/not text/)
  })

  it('refuses UTF-16 and single-byte encodings with the way out', () => {
    expect(refusal(Buffer.from('\uFEFF# Release\n', 'utf16le')).toLine()).toMatch(/UTF-16.*iconv/)
    expect(refusal(Buffer.from(Array.from({ length: 200 }, (_, n) => 0xc0 + (n % 32)))).toLine()).toMatch(
      /not UTF-8.*iconv/,
    )
  })
})
