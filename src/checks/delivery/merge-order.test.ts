import { describe, expect, it } from 'vitest'
import { dependenciesOf, mergeOrder, type Change } from './merge-order.ts'

const of = (body: string) => dependenciesOf(body, 'acme/shop', '#')
const change = (ref: string, ...dependsOn: string[]): Change => ({
  ref,
  title: '',
  mergedAtMs: null,
  isDraft: false,
  approvals: 0,
  changesRequested: 0,
  dependsOn,
})

describe('what a description depends on', () => {
  it.each<[string, string[]]>([
    ['Depends on #12', ['acme/shop#12']],
    ['depends on: #12, #13 and acme/lib#3.', ['acme/shop#12', 'acme/shop#13', 'acme/lib#3']],
    ['- [ ] **Blocked by** #7', ['acme/shop#7']],
    ['Requires owner.x/re-po#3 first', ['owner.x/re-po#3']],
    ['Requires https://github.com/acme/lib/pull/9', ['acme/lib#9']],
    ['Blocked by:\n\n- #1\n- acme/lib#2 (schema)\n\nSee also #3', ['acme/shop#1', 'acme/lib#2']],
    ['Merge after #5', ['acme/shop#5']],
    ['Fixes #12, see #13', []],
    ['No longer depends on #12', []],
    ['This does not depend on #12', []],
    ['<!-- Depends on #12 -->', []],
    ['```\nDepends on #12\n```\nDepends on #13', ['acme/shop#13']],
    ['> Depends on #12', []],
    ['`Depends on #12`', []],
    ['Requires Node 24\n#12', []],
    ['Depends on &#39; or abc#12x', []],
  ])('%j', (body, expected) => {
    expect(of(body)).toEqual(expected)
  })

  it('is written otherwise on GitLab', () => {
    const found = dependenciesOf(
      'Depends on !4, a/b/c!5 and https://git.acme.test/a/b/-/merge_requests/6; not #7',
      'acme/shop',
      '!',
    )
    expect(found).toEqual(['acme/shop!4', 'a/b/c!5', 'a/b!6'])
  })

  it('is found in bounded time', () => {
    expect(of('depends on '.repeat(100_000))).toEqual([])
    expect(of(`Depends on ${Array.from({ length: 900 }, (_, number) => `#${number + 1}`).join(' ')}`)).toHaveLength(50)
  })
})

describe('the order of merging', () => {
  it('puts each after what it depends on', () => {
    expect(mergeOrder([change('c', 'b', 'a'), change('b', 'a'), change('a', 'elsewhere')])).toEqual({
      order: ['a', 'b', 'c'],
      cycle: null,
    })
  })

  it('names those that wait for one another, not those that wait for them', () => {
    expect(mergeOrder([change('d', 'a'), change('a', 'b'), change('b', 'c'), change('c', 'a'), change('x')])).toEqual({
      order: ['x'],
      cycle: ['a', 'b', 'c', 'a'],
    })
    expect(mergeOrder([change('a', 'a')]).cycle).toEqual(['a', 'a'])
  })
})
