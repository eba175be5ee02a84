import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ItemIds, phaseId, slug } from './identity.ts'
import { readChecklist } from '../read.ts'

const read = (text: string) => readChecklist('release.md', Buffer.from(text))
const ids = (text: string) => read(text).items.map(({ id }) => id)
const idOf = (text: string, item: string) => read(text).items.find((entry) => entry.text.includes(item))?.id

describe('ids', () => {
  it('are made of phase, label and a short hash', () => {
    expect(idOf('# R\n\n## Before\n\n- [ ] **Disk Space**: at least 5 GB\n', 'at least')).toMatch(
      /^before\/disk-space-[a-z2-7]{4}$/,
    )
    expect(phaseId('Vor dem Start', ['R', 'Vor dem Start'], 0)).toMatch(/^vor-dem-start-[a-z2-7]{4}$/)
  })

  it('keep the words of any script and drop signs', () => {
    expect(slug('🚀 Größe & Länge!')).toBe('größe-länge')
    expect(slug('デプロイ 手順')).toBe('デプロイ-手順')
    expect(slug('🚀')).toBe('item')
    expect(slug('one two three four five six seven', 6)).toBe('one-two-three-four-five-six')
  })

  it('stay when something elsewhere is edited, moved or ticked', () => {
    const before = '# R\n\n## A\n\n- [ ] one\n- [ ] two\n\n## B\n\n- [ ] two\n'
    const after =
      '# R\n\nNew words.\n\n## A\n\n- [ ] zero\n- [x] two\n- [ ] one\n\n## C\n\n- [ ] x\n\n## B\n\n- [ ] two\n'
    expect(ids(after)).toEqual(expect.arrayContaining(ids(before)))
  })

  it('change when the item or a heading above it changes', () => {
    const id = idOf('# R\n\n## A\n\n- [ ] error rate < 1%\n', 'error')
    expect(idOf('# R\n\n## A\n\n- [ ] error rate < 5%\n', 'error')).not.toBe(id)
    expect(idOf('# R\n\n## B\n\n- [ ] error rate < 1%\n', 'error')).not.toBe(id)
  })

  it('are unique, whatever the texts', () => {
    const entry = fc.record({
      title: fc.constantFrom('A', 'B', 'a'),
      text: fc.constantFrom('x', 'X', '', '🚀', 'x y', 'x-y'),
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const source = new ItemIds()
        const given = entries.map(({ title, text }) => source.next({ title, path: [title] }, text, null))
        expect(new Set(given).size).toBe(given.length)
      }),
    )
    // Enough items of one name for four characters of hash to meet.
    const source = new ItemIds()
    const many = Array.from({ length: 5000 }, () => source.next({ title: 'A', path: ['A'] }, 'same', null))
    expect(new Set(many).size).toBe(5000)
  })
})
