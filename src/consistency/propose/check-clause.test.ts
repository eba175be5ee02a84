import { describe, expect, it } from 'vitest'
import { clausesOf } from './check-clause.ts'

const range = (column: string, bounds: object) => ({ type: 'range', column, bounds })
const values = (column: string, ...list: unknown[]) => ({ type: 'enum', column, values: list })

describe('what a CHECK constraint says', () => {
  it.each([
    ['confidence BETWEEN 0 AND 1', [range('confidence', { from: 0, to: 1 })]],
    ['a >= -5 AND a < 10.5', [range('a', { from: -5, below: 10.5 })]],
    ['0 < price', [range('price', { above: 0 })]],
    ['(low >= 0) and (high <= 9)', [range('low', { from: 0 }), range('high', { to: 9 })]],
    ["status IN ('it''s', 'b')", [values('status', "it's", 'b')]],
    ['"odd name" IN (1, 2)', [values('odd name', 1, 2)]],
    // As Postgres prints them.
    [
      '((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))',
      [range('confidence', { from: 0, to: 1 })],
    ],
    ["(status = ANY (ARRAY['open'::text, 'paid'::text]))", [values('status', 'open', 'paid')]],
    [
      "((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
      [values('kind', 'a', 'b')],
    ],
    ["(total > ('-1'::integer)::numeric)", []],
  ])('%s', (text, expected) => expect(clausesOf(text)).toEqual(expected))

  it.each([
    'a >= 0 OR b >= 0',
    'NOT (a > 3)',
    'length(name) > 3',
    'a < b',
    'a + 1 > 3',
    'a - 1 > 3',
    "name LIKE 'x%'",
    "created_at > '2020-01-01'",
    'a IS NOT NULL',
    'a IN (SELECT 1)',
    'a > 1 + 2',
    'price * 2 < 10',
    "'unfinished",
    '',
  ])('abstains from %s', (text) => expect(clausesOf(text)).toEqual([]))
})
