import { describe, expect, it } from 'vitest'
import { duration, fill, isPlainSelector, namesVersion, placeholderProblem, quoted, selectorOf } from './promql.ts'

describe('values in a query', () => {
  it('are quoted, so that they stay values', () => {
    expect(quoted('a"b\\c\nd')).toBe(String.raw`"a\"b\\c\nd"`)
    expect(selectorOf([['job', 'shop"} or vector(1) #']])).toBe(String.raw`{job="shop\"} or vector(1) #"}`)
  })

  it('mean themselves as regular expressions, but for `*`', () => {
    expect(selectorOf([['version', ['1.2.3', 'blue-*']]])).toBe(String.raw`{version=~"1\\.2\\.3|blue-.*"}`)
  })

  it('are filled in by the rules of the literal they stand in', () => {
    const version = `1.0+"x'`
    expect(fill('m{v="{{version}}"}', { version, windowMs: 1 })).toBe(String.raw`m{v="1.0+\"x'"}`)
    expect(fill("m{v='{{version}}'}", { version, windowMs: 1 })).toBe(String.raw`m{v='1.0+"x\''}`)
    expect(fill('m{v=~"{{version}}-.*"}', { version: '1.0', windowMs: 1 })).toBe(String.raw`m{v=~"1\\.0-.*"}`)
    expect(fill('m{v !~ "{{ version }}"}', { version: 'a|b', windowMs: 1 })).toBe(String.raw`m{v !~ "a\\|b"}`)
  })

  it('leave quotation marks of other literals alone', () => {
    const query = String.raw`m{a="\"",b='\'',v="{{version}}"}`
    expect(fill(query, { version: 'v2', windowMs: 1 })).toBe(query.replace('{{version}}', 'v2'))
    expect(placeholderProblem('m{a=`\\`,v="{{version}}"}')).toBeNull()
  })

  it('may be a window, anywhere', () => {
    expect(fill('sum(rate(m[{{window}}]))', { windowMs: 5000 })).toBe('sum(rate(m[5000ms]))')
    expect(duration(0.2)).toBe('1ms')
  })
})

describe('placeholders', () => {
  it.each(['m{v="{{version}}"}', 'rate(m{v=~"x-{{version}}"}[{{window}}])', 'm'])('are right in %s', (query) => {
    expect(placeholderProblem(query)).toBeNull()
  })

  it.each(['m{v={{version}}}', 'm{v=`{{version}}`}', '{{version}}', 'm{v="{{target}}"}'])(
    'are wrong in %s',
    (query) => {
      expect(placeholderProblem(query)).not.toBeNull()
    },
  )

  it('tell whether a query is asked once a version', () => {
    expect([namesVersion('m{v="{{ version }}"}'), namesVersion('m[{{window}}]')]).toEqual([true, false])
  })
})

it('knows the selector of a series from an expression', () => {
  for (const query of ['up', 'up{job="a(b)"}', '{__name__="x"}', ' a:b{c=~"{d}"} '])
    expect(isPlainSelector(query)).toBe(true)
  for (const query of ['sum(up)', 'up + 1', 'up[5m]', 'up offset 5m', 'up{a="b"} > 1', '', '1'])
    expect(isPlainSelector(query)).toBe(false)
})
