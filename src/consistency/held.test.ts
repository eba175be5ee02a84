// Rules by groupings in memory against the same rules by SQL alone.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { judge, ruleOf } from '../../test/contracts/rule-contract.ts'
import type { Database, Value } from '../databases/database.ts'
import type { DatabaseSchema } from '../databases/schema.ts'
import { databaseOf } from './database.fixture.ts'
import type { RuleResult } from './result.ts'

const aggregate = (name: string, more: object = {}): [string, object] => [
  'aggregate-equals',
  { column: 'p.w', aggregate: name, of: 'c.w', by: 'c.ref', references: 'p.id', ...more },
]

const RULES = [
  ['reference', { column: 'c.ref', references: 'p.id' }],
  ['reference', { column: 'c.ref', references: 'p.id', nulls: 'violate' }],
  ['reference', { column: 'n.ref', references: 'p.id' }],
  ['requires-child', { column: 'p.id', child: 'c.ref' }],
  aggregate('count', { childless: 'compare' }),
  aggregate('sum', { childless: 'compare', nulls: 'ignore' }),
  aggregate('min'),
  aggregate('max', { childless: 'compare', tolerance: 0.5 }),
  aggregate('noisy-or', { tolerance: 0.1 }),
  aggregate('avg'),
].map(([kind, options]) => ruleOf(kind as string, options))

const weight = fc.constantFrom<Value[]>(null, 0, 0.25, 0.5, 1, 2, -1)
const number = fc.oneof(fc.integer({ min: -1, max: 12 }), fc.constant(null))
/** What a column of integers may hold as well. */
const odd = fc.constantFrom<Value[]>(1.5, 'x', 9007199254740993n, -9007199254740993n, 1e300, '3')
const oddWeight = fc.constantFrom<Value[]>('x', 9007199254740993n, 1e300)

const literal = (value: Value): string => (typeof value === 'string' ? `'${value}'` : String(value))
const inserted = (table: string, rows: readonly (readonly Value[])[]): string =>
  rows.map((row) => `INSERT OR IGNORE INTO ${table} VALUES (${row.map(literal).join(', ')});`).join('')

/** The same file, of which nobody says that rows have numbers of their own. */
function withoutNumbers(database: Database): Database {
  const strip = (schema: DatabaseSchema): DatabaseSchema => ({
    ...schema,
    tables: new Map(Array.from(schema.tables, ([name, table]) => [name, { ...table, rowidColumn: null }])),
  })
  return { ...database, schema: async (signal) => strip(await database.schema(signal)) }
}

const found = (results: readonly RuleResult[]) => results.map(({ count, keys, problem }) => ({ count, keys, problem }))
const heldIn = (results: readonly RuleResult[]) =>
  results.map(({ plan }) => Number(plan?.some((line) => line.startsWith('HELD IN MEMORY'))))

it('finds what SQL alone finds, whatever the columns hold', async () => {
  let held = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: -1, max: 10 }), weight), { maxLength: 9 }),
      fc.array(
        fc.tuple(
          fc.oneof({ weight: 9, arbitrary: number }, odd),
          fc.oneof({ weight: 30, arbitrary: weight }, oddWeight),
        ),
        {
          maxLength: 14,
        },
      ),
      async (parents, children) => {
        const database = databaseOf(`CREATE TABLE p (id INTEGER PRIMARY KEY, w REAL); ${inserted('p', parents)}
          CREATE TABLE c (key TEXT PRIMARY KEY, ref INTEGER, w NUMERIC); ${inserted(
            'c',
            children.map((row, at) => [`k${at}`, ...row]),
          )}
          CREATE TABLE n (ref NUMERIC); INSERT INTO n SELECT ref FROM c; CREATE INDEX c_ref ON c (ref)`)
        const [inMemory, plain] = [await judge(database, RULES), await judge(withoutNumbers(database), RULES)]
        expect(found(inMemory)).toEqual(found(plain))
        expect(heldIn(plain)).not.toContain(1)
        held += heldIn(inMemory).reduce((sum, one) => sum + one, 0)
      },
    ),
    { numRuns: 60 },
  )
  expect(held).toBeGreaterThan(60)
})

it('judges a large table in portions, keys ascending', async () => {
  const database = databaseOf(`CREATE TABLE p (id INTEGER PRIMARY KEY, w REAL);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
    INSERT INTO p SELECT i * 8 - 200000, i % 2 FROM n;
    CREATE TABLE c (id INTEGER PRIMARY KEY, ref INTEGER, w INTEGER, code TEXT);
    INSERT INTO c SELECT id * 3 / 2, CASE WHEN id % 4096 = 0 THEN id + 1 ELSE id END, w, CASE WHEN id % 4096 = 0 THEN 'b' ELSE 'a' END FROM p`)
  const rules = [
    ruleOf('reference', { column: 'c.ref', references: 'p.id' }),
    ruleOf('requires-child', { column: 'p.id', child: 'c.ref' }),
    ruleOf('aggregate-equals', {
      column: 'p.w',
      aggregate: 'sum',
      of: 'c.w',
      by: 'c.ref',
      childless: 'compare',
      tolerance: 0.5,
    }),
    ruleOf('regex', { column: 'c.code', pattern: '^a$' }),
  ]
  const results = await judge(database, rules, { keysMax: 1000 })
  expect(heldIn(results)).toEqual([1, 1, 1, 0])
  const parents = Array.from({ length: 50_000 }, (_, at) => (at + 1) * 8 - 200_000)
  const childless = parents.filter((id) => id % 4096 === 0)
  const orphans = childless.map((id) => [(id * 3) / 2])
  const wrong = childless.filter((id) => ((id + 200_000) / 8) % 2 === 1).map((id) => [id])
  expect(results.map(({ keys }) => keys)).toEqual([orphans, childless.map((id) => [id]), wrong, orphans])
  expect(results.map(({ count }) => count)).toEqual(results.map(({ keys }) => keys.length))
})

it('looks nothing up where the numbers referred to have no gaps', async () => {
  const database = databaseOf(`CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (2), (3), (4);
    CREATE TABLE c (id INTEGER PRIMARY KEY, ref INTEGER); INSERT INTO c VALUES (1, 2), (2, 5), (3, 2.5), (4, NULL), (5, 'x'), (6, 1)`)
  const [result] = await judge(database, [ruleOf('reference', { column: 'c.ref', references: 'p.id' })])
  expect(result?.keys).toEqual([[2], [3], [5], [6]])
  expect(result?.plan?.join()).not.toMatch(/SCAN p|HELD/)
})
