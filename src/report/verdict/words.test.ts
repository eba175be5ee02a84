import { expect, test } from 'vitest'
import { formatOdds, intervalWords, judgementTone, untrippedWords } from './words.ts'

test.each([
  [0, '1:1'],
  [2.301, '200:1'],
  [-0.3, '0.5:1'],
  [5.5, '320,000:1'],
  [300, 'over 1,000,000:1'],
  [-9, 'under 0.0001:1'],
])('evidence of 10^%d is %s', (log10, words) => {
  expect(formatOdds(log10)).toBe(words)
})

test('an end that is open is never written as a figure', () => {
  expect(intervalWords({ low: 1.284, high: 14.86 })).toBe('×1.28 to ×15')
  expect(intervalWords({ low: 1.284, high: null })).toBe('at least ×1.28')
  expect(intervalWords({ low: null, high: 4 })).toBe('at most ×4')
  expect(intervalWords({ low: null, high: null })).toBe('open on both sides')
})

test('only what was shown not to be worse reads as good', () => {
  const good = (['worse', 'undecided', 'not-judged', 'not-worse'] as const).filter(
    (one) => judgementTone(one) === 'good',
  )
  expect(good).toEqual(['not-worse'])
})

test('a guard that judges by statistics and did not trip says what that is worth', () => {
  expect(untrippedWords(9, undefined)).toBe('did not trip')
  expect(untrippedWords(9, 'undecided')).toBe('did not trip, undecided')
  expect(untrippedWords(9, 'not-judged')).toBe('never judged')
  expect(untrippedWords(0, 'undecided')).toBe('never judged')
})
