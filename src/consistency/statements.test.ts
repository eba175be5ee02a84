// How SQLite carries the statements out, told by its own plan: sets are put together once, no table is looked through once a row.
import { expect, it } from 'vitest'
import { judge, ruleOf } from '../../test/contracts/rule-contract.ts'
import { databaseOf } from './database.fixture.ts'

const TABLES = `CREATE TABLE big (id INTEGER PRIMARY KEY, ref INTEGER, code TEXT, x REAL);
  CREATE TABLE small (id INTEGER PRIMARY KEY, code TEXT, x REAL)`
const INDEXES =
  'CREATE INDEX big_ref ON big (ref); CREATE INDEX big_code ON big (code); CREATE UNIQUE INDEX small_code ON small (code)'

/** Rules, and how often each may look through the tables it is about. */
const RULES: [kind: string, options: unknown, scans: number][] = [
  ['not-null', { column: 'big.code' }, 1],
  ['range', { column: 'big.x', from: 0 }, 1],
  ['enum', { column: 'big.code', values: ['a'] }, 1],
  ['regex', { column: 'big.code', pattern: 'a' }, 1],
  ['freshness', { column: 'big.x', within: '1 s', format: 'seconds' }, 1],
  ['duplicate-groups', { column: 'big.code' }, 1],
  ['unique', { column: 'big.code' }, 2],
  ['unique', { column: ['big.code', 'big.ref'] }, 2],
  ['reference', { column: 'big.ref', references: 'small.id' }, 2],
  ['reference', { column: 'big.code', references: 'small.code' }, 2],
  ['reference', { column: ['big.ref', 'big.code'], references: ['small.id', 'small.code'] }, 2],
  ['requires-child', { column: 'small.id', child: 'big.ref' }, 3],
  ['requires-child', { column: 'small.code', child: 'big.code' }, 3],
  ['aggregate-equals', { column: 'small.x', aggregate: 'sum', of: 'big.x', by: 'big.ref' }, 2],
  [
    'aggregate-equals',
    { column: 'small.x', aggregate: 'noisy-or', of: 'big.x', by: 'big.ref', childless: 'compare' },
    2,
  ],
]

it.each(['', INDEXES])('with %o no rule looks through a table once a row', async (indexes) => {
  const rules = RULES.map(([kind, options]) => ruleOf(kind, options))
  const database = databaseOf(`${TABLES}; ${indexes}`)
  for (const [at, rule] of rules.entries()) {
    const [result] = await judge(database, [rule])
    const plan = result?.plan ?? []
    const said = `${rule.kind.id}: ${plan.join('\n')}`
    expect(plan.length, said).toBeGreaterThan(0)
    expect(plan.join('\n'), said).not.toMatch(/CORRELATED/)
    expect(plan.filter((line) => /SCAN (?:c|t|big)\b(?! USING AUTOMATIC)/.test(line)).length, said).toBeLessThanOrEqual(
      Number(RULES[at]?.[2]),
    )
  }
})
