import { describe, expect, it } from 'vitest'
import { timeOfLine } from './line-time.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const at = (line: string): string | null => {
  const entry = line.startsWith('{') ? JSON.parse(line) : null
  const ms = timeOfLine(line, entry, NOW)
  return ms === null ? null : new Date(ms).toISOString()
}
const local = (text: string): string => new Date(text).toISOString()

describe('the time of a line', () => {
  it.each([
    ['2026-02-28T10:00:01.123456Z INFO', '2026-02-28T10:00:01.123Z'],
    ['[2026-02-28 10:00:01,5 +0200] x', '2026-02-28T08:00:01.500Z'],
    ['2026-02-28 10:00:01 x', local('2026-02-28T10:00:01')],
    ['2026/02/28 10:00:01 [error] 7#7: x', local('2026-02-28T10:00:01')],
    ['10.0.0.1 - - [28/Feb/2026:10:00:01 +0100] "GET /"', '2026-02-28T09:00:01.000Z'],
    ['Feb  9 10:00:01 host app[1]: x', local('2026-02-09T10:00:01')],
    ['Dec 31 10:00:01 host app[1]: x', local('2025-12-31T10:00:01')],
    ['{"time":1772272801000}', '2026-02-28T10:00:01.000Z'],
    ['{"ts":1772272801.5}', '2026-02-28T10:00:01.500Z'],
    ['{"@timestamp":"2026-02-28T10:00:01Z"}', '2026-02-28T10:00:01.000Z'],
    ['{"message":"2026-02-28T10:00:01Z"}', null],
    ['started in 12:00:01', null],
    ['2026-99-99T10:00:01Z', null],
  ])('%s', (line, expected) => {
    expect(at(line)).toBe(expected)
  })
})
