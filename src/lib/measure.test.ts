import { describe, expect, test } from 'vitest'
import { convert, plainNumber, withoutUnit } from './measure.ts'

describe('a value in the unit of its place', () => {
  test.each([
    ['0.0425 s', 'ms', '42.5'],
    ['42.5 ms', 'ms', '42.5'],
    ['42.5ms', 'ms', '42.5'],
    ['1500 MB', 'GB', '1.5'],
    ['1.50 GB', 'GB', '1.50'],
    ['1 GiB', 'MiB', '1024'],
    ['90 seconds', 'min', '1.5'],
    ['2 hours', 'minutes', '120'],
    ['1,500 ms', 's', '1.5'],
    ['0.4 %', '%', '0.4'],
    ['0.4%', 'percent', '0.4'],
    ['< 3 s', 'ms', '< 3000'],
    ['120 requests/min', 'req/s', '2'],
    ['5 MB/s', 'kB/s', '5000'],
    ['12 rules', 'rules', '12'],
    ['1 rule', 'rules', '1'],
  ])('%s into a place for %s is %s', (given, unit, written) => {
    expect(withoutUnit(given, unit)).toBe(written)
  })

  test.each([
    ['fast', 'ms'],
    ['42.5', 'ms'],
    ['5 GB', 'ms'],
    ['1,5 s', 'ms'],
    ['3 m', 'min'],
    ['80 Mb', 'MB'],
    ['1-2 s', 'ms'],
    ['2 of 3', 'rules'],
    ['', 'ms'],
  ])('%j into a place for %s stays as it was given', (given, unit) => {
    expect(withoutUnit(given, unit)).toBe(given)
  })
})

test('only like is converted to like', () => {
  expect(convert(1500, 'ms', 's')).toBe(1.5)
  expect(convert(3e9, 'bytes', 'GB')).toBe(3)
  expect(convert(12, 'count', 'rules')).toBe(12)
  expect(convert(12, 'count', 'ms')).toBeNull()
  expect(convert(12, 'state', 'rules')).toBeNull()
  expect(convert(12, 'percent', 'ms')).toBeNull()
  expect(convert(12, 'per-second', 'rps')).toBe(12)
})

test('figures keep what stands before the point and are written out', () => {
  expect([12.3456, 12345.67, 0.000012345, 4, -1234.56, 0].map(plainNumber)).toEqual([
    '12.35',
    '12346',
    '0.00001234',
    '4',
    '-1235',
    '0',
  ])
})
