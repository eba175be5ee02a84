// Where we read Markdown otherwise than remark does, and on purpose: front matter, boxes inside HTML, limits.
import type { Nodes } from 'mdast'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../../lib/errors.ts'
import { parseMarkdown, plainText } from './markdown.ts'
import { readChecklist } from '../read.ts'

const items = (text: string) => readChecklist('release.md', Buffer.from(text)).items
const texts = (text: string) => items(text).map((item) => item.text)
const phases = (text: string) => readChecklist('release.md', Buffer.from(text)).phases.map(({ title }) => title)
const refusal = (read: () => unknown) => {
  try {
    read()
  } catch (error) {
    if (error instanceof PlanError) return error
    throw error
  }
  throw new Error('was read')
}

describe('front matter', () => {
  it.each([
    ['YAML', '---\ntitle: Release\nowner: "x"\n---\n\n# R\n\n- [ ] a\n'],
    ['YAML that ends in dots', '---\ntitle: Release\n...\n# R\n\n- [ ] a\n'],
    ['TOML', '+++\ntitle = "Release"\n[params]\ndraft = true\n+++\n\n# R\n\n- [ ] a\n'],
  ])('in %s is no part of the checklist', (_, text) => {
    expect(phases(text)).toEqual(['R'])
    expect(texts(text)).toEqual(['a'])
  })

  it('is none where boxes stand in it, where it does not end, or where it holds no key', () => {
    expect(texts('---\n\nkey: x\n\n- [ ] a\n\n---\n\n- [ ] b\n')).toEqual(['a', 'b'])
    expect(texts('---\nkey: x\n\n- [ ] a\n')).toEqual(['a'])
    expect(texts('---\n- [ ] a\n---\n- [ ] b\n')).toEqual(['a', 'b'])
  })

  it('keeps the lines behind it counted from the top', () => {
    expect(items('---\ntitle: x\n---\n- [ ] a\n')[0]?.line).toBe(4)
  })
})

describe('HTML', () => {
  it('holds boxes, headings and fences right behind its tags', () => {
    const text =
      '# R\n\n<details><summary>More</summary>\n- [ ] a\n- [x] b\n</details>\n\n<div>\n## Deploy\n1. [ ] c\n</div>\n'
    expect(texts(text)).toEqual(['a', 'b', 'c'])
    expect(phases(text)).toEqual(['R', 'Deploy'])
    expect(texts('# R\n\n- [ ] x\n\n## Deployment\n\n<details>\n```bash\nmake release\n```\n</details>\n')).toContain(
      'Deployment',
    )
  })

  it.each([
    ['a comment', '<!--\n- [ ] hidden\n\n- [ ] hidden too\n-->'],
    ['a comment in one line', '<!-- - [ ] hidden -->'],
    ['preformatted text', '<pre>\n- [ ] hidden\n\n- [ ] hidden too\n</pre>'],
    ['a script', '<script>\n- [ ] hidden\n</script>'],
  ])('keeps what stands in %s', (_, html) => expect(texts(`# R\n\n${html}\n\n- [ ] seen\n`)).toEqual(['seen']))
})

describe('boxes', () => {
  it('count without words, and with a link right behind them', () => {
    expect(items('# R\n\n- [ ]\n- [x]\n- [ ] [guide](g.md)\n').map(({ text, state }) => [text, state])).toEqual([
      ['', 'open'],
      ['', 'ticked'],
      ['guide', 'open'],
    ])
    const text = '# R\n\n- [x] [guide](g.md)\n'
    const box = items(text)[0]?.box
    expect(text.slice(box?.start, box?.end)).toBe('x')
  })

  it('in what looks like a definition but is to be filled in are kept', () => {
    expect(plainText(parseMarkdown('x.md', '[Date]: ____\n\n[guide]: docs/guide.md\n'))).toBe('[Date]: ____')
  })
})

describe('limits', () => {
  it('refuse what is nested deeper than 50 levels, naming the line', () => {
    const deep = (levels: number) => `# R\n\n${'- '.repeat(levels)}[ ] a\n`
    expect(texts(deep(50))).toEqual(['a'])
    expect(refusal(() => items(deep(51))).toLine()).toMatch(
      /^release\.md:3: is nested too deep; expected at most 50 levels/,
    )
  })

  it('read 100,000 items and refuse more than 200,000', () => {
    const of = (count: number) => `# R\n\n${'- [ ] a\n'.repeat(count)}`
    expect(items(of(100_000))).toHaveLength(100_000)
    expect(refusal(() => items(of(200_001))).toLine()).toMatch(
      /^release\.md:200003: holds 200001 items; expected at most/,
    )
  })

  it('read only the start of a line nobody could read either', () => {
    const [item, next] = items(`# R\n\n- [ ] ${'word '.repeat(100_000)}\n- [ ] next\n`)
    expect(item?.text.length).toBeLessThanOrEqual(2000)
    expect(next?.text).toBe('next')
  })

  it('leave emphasis and links that are too deep as they are written', () => {
    const deepest = (node: Nodes): number => ('children' in node ? 1 + Math.max(0, ...node.children.map(deepest)) : 1)
    for (const text of [`${'*a '.repeat(400)}${'a* '.repeat(400)}`, `${'![a'.repeat(300)}${'](b)'.repeat(300)}`])
      expect(deepest(parseMarkdown('x.md', text))).toBeLessThan(60)
  })
})
