// Whatever the page scan answers, plain SQL over the same file answers too: random schemas, values, deletions, logs, page sizes.
import * as fc from 'fast-check'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { ScanRule } from '../../page-scan.ts'
import { plainAnswer, registerNoisyOr, scanHere, schemaOf, scratch, spelled } from './page-scan.fixture.ts'

const TYPES = ['INTEGER', 'INTEGER', 'REAL', 'TEXT', 'BLOB', 'NUMERIC', '', 'INTEGER NOT NULL', 'INTEGER DEFAULT 3']
const PAGE_SIZES = [512, 1024, 4096, 65_536]

const small = fc.integer({ min: -3, max: 12 })
const value: fc.Arbitrary<SQLInputValue> = fc.oneof(
  { weight: 6, arbitrary: small },
  { weight: 2, arbitrary: small.map((number) => BigInt(number)) },
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0.25, 0.5, 1.5, -0.75, 1e300, 2 ** 53, -(2 ** 63), 4_294_967_296.5, Infinity),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(127n, 32_768n, -8_388_609n, 2n ** 31n, 2n ** 47n, 2n ** 53n + 1n, -(2n ** 63n)),
  },
  { weight: 2, arbitrary: fc.constantFrom('', 'a', 'A', 'b', '7', '1.0', 'é', 'x'.repeat(70)) },
  { weight: 1, arbitrary: fc.constantFrom('y'.repeat(600), `z${'y'.repeat(5000)}`) },
  { weight: 1, arbitrary: fc.constantFrom(new Uint8Array(0), new Uint8Array([97]), new Uint8Array(700)) },
)
const modest = fc.oneof(
  small,
  small.map((number) => BigInt(number)),
  fc.constant(null),
  fc.constantFrom(0.25, 0.5, 1.5, 0.125),
)

/** Row numbers: close together, far apart, or beyond what a scan takes. */
const ids = fc.constantFrom(
  ...[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]].flatMap((dense) => Array.from({ length: 8 }, () => dense)),
  [-300, -2, -1, 0, 1, 2, 3, 200, 100_000],
  [1, 2, 2n ** 40n],
  [2n ** 53n + 5n, -(2n ** 62n), 1, 2],
)

/** Seldom anything at all: most columns hold what they are for. */
function orStranger(usual: fc.Arbitrary<SQLInputValue>): fc.Arbitrary<SQLInputValue> {
  return fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: value })
}

const database = fc.record({
  pageSize: fc.constantFrom(...PAGE_SIZES),
  autoVacuum: fc.constantFrom(0, 0, 1, 2),
  isWal: fc.boolean(),
  encoding: fc.constantFrom(...Array.from({ length: 9 }, () => 'UTF-8'), 'UTF-16le'),
  keys: fc.oneof(
    { weight: 7, arbitrary: fc.constant('id INTEGER PRIMARY KEY') },
    { weight: 1, arbitrary: fc.constantFrom('id TEXT PRIMARY KEY', 'id INTEGER') },
  ),
  parentKey: fc.oneof(
    { weight: 9, arbitrary: fc.constant('INTEGER PRIMARY KEY') },
    { weight: 1, arbitrary: fc.constant('INT PRIMARY KEY') },
  ),
  ids,
  isWithoutRowid: fc.integer({ min: 0, max: 14 }).map((number) => number === 0),
  types: fc.array(fc.constantFrom(...TYPES), { minLength: 4, maxLength: 4 }),
  wide: fc.constantFrom(0, 0, 1, 3, 140),
  added: fc.constantFrom(null, null, 'INTEGER', 'TEXT', 'REAL DEFAULT 0.5'),
  parents: fc.array(fc.tuple(fc.nat({ max: 9 }), orStranger(modest)), { maxLength: 14 }),
  children: fc.array(fc.tuple(orStranger(modest), orStranger(modest), value, fc.nat({ max: 9 })), { maxLength: 30 }),
  later: fc.array(fc.tuple(modest, modest, value), { maxLength: 6 }),
  repeat: fc.constantFrom(1, 1, 1, 1, 12),
  deleted: fc.constantFrom(null, null, 2, 3),
})
type Made = typeof database extends fc.Arbitrary<infer T> ? T : never

const test_ = fc.oneof(
  fc.record({ type: fc.constant('range' as const), min: fc.option(small), max: fc.option(small) }),
  fc.constant({ type: 'not-null' as const }),
  fc.record({
    type: fc.constant('enum' as const),
    values: fc.oneof(
      fc.array(small, { maxLength: 4 }),
      fc.array(fc.constantFrom('a', 'b', 'x'.repeat(70)), { maxLength: 3 }),
    ),
  }),
  fc.record({ type: fc.constant('regex' as const), pattern: fc.constantFrom('^[a-z]*$', '1', 'y{3}') }),
)
const nulls = fc.constantFrom('ignore' as const, 'violate' as const)
const columns = fc.constantFrom('ref', 'val', 'label')
const childTable = fc.constant('child')
const rule: fc.Arbitrary<ScanRule> = fc.oneof(
  fc.record({ type: fc.constant('value' as const), table: childTable, column: columns, test: test_, nulls }),
  fc.record({
    type: fc.constant('value' as const),
    table: fc.constant('parent'),
    column: fc.constantFrom('v', 'id'),
    test: test_,
    nulls,
  }),
  fc.record({
    type: fc.constant('reference' as const),
    table: childTable,
    column: columns,
    parent: fc.constantFrom('parent', 'child'),
    nulls,
  }),
  fc.record({
    type: fc.constant('requires-child' as const),
    table: fc.constant('parent'),
    child: childTable,
    childColumn: columns,
  }),
  fc.record({ type: fc.constant('duplicates' as const), table: childTable, column: columns }),
  fc.record({
    type: fc.constant('aggregate' as const),
    table: fc.constant('parent'),
    column: fc.constant('v'),
    child: childTable,
    childColumn: fc.constantFrom('ref', 'ref', 'val'),
    childValue: fc.constantFrom('val', 'val', 'ref'),
    aggregate: fc.constantFrom(
      'count' as const,
      'sum' as const,
      'avg' as const,
      'min' as const,
      'max' as const,
      'noisy-or' as const,
    ),
    tolerance: fc.constantFrom(0, 0.05, 1),
    childless: fc.constantFrom('ignore' as const, 'compare' as const),
  }),
)

function fill(into: DatabaseSync, made: Made): void {
  const wide = Array.from({ length: made.wide }, (_, index) => `w${index}, `).join('')
  into.exec(`PRAGMA synchronous=OFF; PRAGMA page_size=${made.pageSize}; PRAGMA auto_vacuum=${made.autoVacuum}; PRAGMA encoding='${made.encoding}';
    PRAGMA journal_mode=${made.isWal ? 'WAL' : 'DELETE'}; BEGIN;
    CREATE TABLE parent (id ${made.parentKey}, v ${made.types[0]})${made.isWithoutRowid ? ' WITHOUT ROWID' : ''};
    CREATE TABLE child (${wide}ref ${made.types[1]}, ${made.keys}, val ${made.types[2]}, label ${made.types[3]});`)
  const parent = into.prepare('INSERT OR IGNORE INTO parent VALUES (?, ?)')
  const idOf = (index: number): SQLInputValue => made.ids[index % made.ids.length] ?? null
  for (const [key, v] of made.parents) parent.run(idOf(key), v)
  const child = into.prepare('INSERT OR IGNORE INTO child (ref, val, label, id) VALUES (?, ?, ?, ?)')
  for (let turn = 0; turn < made.repeat; turn++)
    for (const [ref, val, label, key] of made.children) child.run(ref, val, label, turn === 0 ? idOf(key) : null)
  into.exec('COMMIT')
  into.exec('BEGIN')
  if (made.deleted) into.exec(`DELETE FROM child WHERE rowid % ${made.deleted} = 0`)
  if (made.added) into.exec(`ALTER TABLE child ADD COLUMN added ${made.added}`)
  const later = into.prepare(
    `INSERT OR IGNORE INTO child (ref, ${made.added ? 'added' : 'val'}, label) VALUES (?, ?, ?)`,
  )
  for (const row of made.later) later.run(...row)
  into.exec('COMMIT')
}

describe('page scan and SQL', () => {
  test('agree on whatever the scan answers', async () => {
    const seen = { exact: 0, violations: 0, 'not-eligible': 0 }
    await fc.assert(
      fc.asyncProperty(database, fc.array(rule, { minLength: 1, maxLength: 6 }), async (made, given) => {
        using place = scratch()
        using opened = new DatabaseSync(place.file)
        registerNoisyOr(opened)
        fill(opened, made)
        const rules = made.added ? given.map((one) => onAdded(one)) : given
        const found = await scanHere(place.file, await schemaOf(opened), rules)
        for (const [index, answer] of found.entries()) {
          seen[answer.type]++
          if (answer.type === 'not-eligible') continue
          const expected = plainAnswer(opened, rules[index]!)
          expect({ ...rules[index], keys: spelled(answer.keys), count: answer.count }).toEqual({
            ...rules[index],
            keys: spelled(expected.slice(0, 7)),
            count: expected.length,
          })
          seen.violations += answer.count
        }
      }),
      { numRuns: 500 },
    )
    expect(seen.exact).toBeGreaterThan(600)
    expect(seen.violations).toBeGreaterThan(500)
    expect(seen['not-eligible']).toBeGreaterThan(50)
  })
})

/** So that the added column is looked at too. */
function onAdded(given: ScanRule): ScanRule {
  return given.type === 'value' && given.column === 'label' ? { ...given, column: 'added' } : given
}
