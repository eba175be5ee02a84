import { expect, it } from 'vitest'
import { postgresPattern } from './postgres-pattern.ts'

it.each([
  ['^abc$', '***:^abc$'],
  ['a.b', '***:a[^\\n\\r\\u2028\\u2029]b'],
  ['\\d{2,5}\\W', '***:[0-9]{2,5}[^A-Za-z0-9_]'],
  ['[\\w.-]+@[^@\\s]', null],
  ['(?:a|b)(?=c)(?<!d)', '***:(?:a|b)(?=c)(?<!d)'],
  ['[\\s\\S]', '***:.'],
  ['\\/\\.', '***:/\\.'],
  ['[[x]', '***:[\\[x]'],
])('%s can be said in Postgres', (pattern, translated) => {
  expect(postgresPattern(pattern)).toEqual({
    pattern: translated ?? expect.stringMatching(/^\*\*\*:\[A-Za-z0-9_\.-\]\+@\[\^@\\t/),
  })
})

it.each([
  ['\\bword', '\\bwo'],
  ['(a)\\1', '\\1'],
  ['(?<year>a)', '(?'],
  ['(?i:a)', '(?'],
  ['\\p{L}', '\\p{L'],
  ['[^\\s\\S]', '[^\\s\\S]'],
  ['[\\D]', '[\\D]'],
  ['[[:alpha:]]', '[[:alpha:]'],
  ['[]', '[]'],
  ['a{300}', '{300}'],
])('%s cannot', (pattern, unlike) => {
  expect(postgresPattern(pattern)).toEqual({ unlike })
})
