import { expect, test } from 'vitest'
import { readTable } from './table.ts'

const v1 = { id: 'v1-1', version: 'v1', host: '127.0.0.1', port: 8001 }
const v2 = { id: 'v2-1', version: 'v2', host: '127.0.0.1', port: 8002 }
const good = { weights: { v1: 90, v2: 10 }, backends: [v1, v2], stable: 'v1' }

test('a sound table is read', () => {
  const more = { ...good, mirror: { version: 'v2', percent: 5 }, backends: [{ ...v1, part: 'shop' }, v2] }
  for (const table of [good, more]) expect(readTable(JSON.stringify(table))).toEqual({ table })
})

test.each([
  ['weights that do not add up to 100', { weights: { v1: 90, v2: 20 } }, /add up to 110/],
  ['no weight at all', { weights: { v1: 0, v2: 0 } }, /add up to 0/],
  ['a weight without a backend', { backends: [v1] }, /v2 has weight 10 and no backend/],
  ['a stable version without a backend', { stable: 'v0' }, /stable version v0/],
  ['a mirror without a backend', { mirror: { version: 'v3', percent: 5 } }, /v3 is mirrored to and has no backend/],
  ['a mirror of more than everything', { mirror: { version: 'v2', percent: 101 } }, /mirror\/percent/],
  ['two backends with one id', { backends: [v1, v2, { ...v2, port: 8003 }] }, /same id/],
  ['a port that is none', { backends: [v1, { ...v2, port: 0 }] }, /backends\/1\/port/],
  ['a key nobody knows', { wieghts: {} }, /wieghts/],
])('refused: %s', (_, change, expected) => {
  const read = readTable(JSON.stringify({ ...good, ...change }))
  expect('problem' in read && read.problem).toMatch(expected)
})

test('refused: no JSON', () => {
  expect(readTable('{"weights":')).toHaveProperty('problem')
})
