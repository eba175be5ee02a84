import { expect, test } from 'vitest'
import { plural } from '../lib/plural.ts'
import { dayAfter, formatReading, formatValue, iso, listWords, plainText, shorten } from './format.ts'

test.each([
  [12.44, 'ms', '12.4 ms'],
  [4200, 'ms', '4.2 s'],
  [0.1234, 'percent', '0.123 %'],
  [82_100_000_000, 'bytes', '82.1 GB'],
  [1234.5, 'count', '1,235'],
  [130, 'per-second', '130/s'],
  [Number.POSITIVE_INFINITY, 'ms', 'beyond the scale'],
])('%d %s is written %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text)
})

test('health and integrity are good or bad rather than 1 or 0', () => {
  expect(formatReading('health', 1, 'count')).toBe('good')
  expect(formatReading('integrity', 0, 'count')).toBe('bad')
  expect(formatReading('error-rate', 1, 'percent')).toBe('1 %')
})

test('lists and counts read as words', () => {
  expect(listWords([])).toBe('')
  expect(listWords(['a', 'b', 'c'])).toBe('a, b and c')
  expect(listWords(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more')
  expect([plural(1, 'item'), plural(2, 'entry', 'entries')]).toEqual(['1 item', '2 entries'])
  expect(shorten('checklist', 5)).toBe('chec…')
})

test('text that deceives the eye is made visible', () => {
  expect(plainText('a\u202eb\u0000c\ud800d\r\ne')).toBe('a\ufffdb\ufffdc\ufffdd\ne')
})

test('the day is named where it changes, and an impossible time is no exception', () => {
  const at = Date.UTC(2026, 10, 21, 23, 59)
  expect(dayAfter(at, undefined)).toBe('2026-11-21')
  expect(dayAfter(at, at - 1000)).toBeNull()
  expect(dayAfter(at + 60_000, at)).toBe('2026-11-22')
  expect(iso(1e300)).toBe('1970-01-01T00:00:00.000Z')
})
