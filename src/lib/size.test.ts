import { describe, expect, it } from 'vitest'
import { formatSize, parseSizeBytes } from './size.ts'

describe('sizes', () => {
  it.each([
    ['1 GB', 1e9],
    ['1.5GiB', 1_610_612_736],
    ['500 mb', 5e8],
    ['2048', 2048],
    ['10K', 10_000],
  ])('reads %s', (text, bytes) => expect(parseSizeBytes(text)).toBe(bytes))

  it.each(['', 'GB', '1 parsec', '-1 GB', '1 GB free'])('does not take %j for a size', (text) =>
    expect(parseSizeBytes(text)).toBeNull(),
  )

  it.each([
    [0, '0 B'],
    [812, '812 B'],
    [4200, '4.2 kB'],
    [82_100_000_000, '82.1 GB'],
    [999_960, '1 MB'],
  ])('writes %d', (bytes, text) => expect(formatSize(bytes)).toBe(text))
})
