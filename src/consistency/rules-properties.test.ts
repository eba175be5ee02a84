// Each kind's statement against a plain reading of its rule, row by row in JavaScript, on random tables.
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { judge, ruleOf } from '../../test/contracts/rule-contract.ts'
import type { Row, Value } from '../databases/database.ts'
import { databaseOf, fileOf } from './database.fixture.ts'
import { inProcess } from './compare/in-process.fixture.ts'
import { compareValues } from './order.ts'
import type { Key } from './rule.ts'

const RUNS = 60

/** How rows are told apart; `key` gives a row's from its columns. */
const SHAPES = [
  { table: 'id INTEGER PRIMARY KEY', end: '', key: (row: Row): Key => [row.id ?? null] },
  { table: 'id INTEGER', end: '', key: (row: Row): Key => [row.rowid ?? null] },
  { table: 'id TEXT NOT NULL PRIMARY KEY', end: '', key: (row: Row): Key => [row.id ?? null] },
  { table: 'id TEXT NOT NULL PRIMARY KEY', end: 'WITHOUT ROWID', key: (row: Row): Key => [row.id ?? null] },
] as const
const PAIR = { end: ', PRIMARY KEY (b, id)) WITHOUT ROWID', key: (row: Row): Key => [row.b ?? null, row.id ?? null] }

const anyValue = fc.oneof(
  fc.constantFrom<Value[]>(null, 0, 1, 2, 3, 1.5, -1, '1', 'a', 'A', '', 'b', 9007199254740993n),
  fc.constant(new Uint8Array([0, 97])),
)
const share = fc.constantFrom<Value[]>(null, 0, 0.25, 0.5, 1, 1.25)
const rowsOf = (most: number) =>
  fc.array(
    fc.record({
      id: fc.nat(30),
      a: anyValue,
      b: fc.nat(3),
      ref: fc.option(fc.integer({ min: -2, max: 30 })),
      w: share,
      s: fc.option(fc.constantFrom('x', 'yy', 'x1', '')),
    }),
    {
      maxLength: most,
    },
  )

interface Given {
  t: Row[]
  c: Row[]
}

/** A rule with the keys that break it, as its documentation reads. */
interface Property {
  kind: string
  options: (given: Given) => unknown
  keys: (given: Given, key: (row: Row) => Key) => Key[]
}

const same = (a: Value | undefined, b: Value | undefined): boolean =>
  a !== null && b !== null && compareValues(a ?? null, b ?? null) === 0
const compareKeys = (a: Key, b: Key): number =>
  a.reduce<number>((so, value, at) => so || compareValues(value, b[at] ?? null), 0)

/** All but the first by key of those with the same, given values. */
function surplus(rows: readonly Row[], columns: readonly string[], key: (row: Row) => Key): Key[] {
  return rows
    .filter((row) =>
      rows.some(
        (other) => columns.every((name) => same(row[name], other[name])) && compareKeys(key(other), key(row)) < 0,
      ),
    )
    .map(key)
}

const AGGREGATES: Record<string, (values: number[]) => number | null> = {
  count: (values) => values.length,
  sum: (values) => (values.length === 0 ? null : values.reduce((a, b) => a + b, 0)),
  avg: (values) => (values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length),
  min: (values) => (values.length === 0 ? null : Math.min(...values)),
  max: (values) => (values.length === 0 ? null : Math.max(...values)),
  'noisy-or': (values) =>
    values.length === 0
      ? null
      : values.some((value) => value >= 1)
        ? 1
        : 1 - values.reduce((rest, value) => rest * (1 - value), 1),
}

function aggregateProperty(aggregate: string, childless: 'ignore' | 'compare', tolerance: number): Property {
  return {
    kind: 'aggregate-equals',
    options: () => ({ column: 't.w', aggregate, of: 'c.w', by: 'c.ref', references: 't.n', childless, tolerance }),
    keys: ({ t, c }, key) =>
      t
        .filter((row) => {
          const children = c.filter(({ ref }) => same(ref, row.n))
          if (children.length === 0 && childless === 'ignore') return false
          const counted = aggregate === 'count' || aggregate === 'sum'
          const values = children.flatMap(({ w }) => (w === null ? [] : [Number(w)]))
          const due = children.length === 0 && counted ? 0 : (AGGREGATES[aggregate]?.(values) ?? null)
          if (row.w === null || due === null) return row.w !== due
          return Math.abs(Number(row.w) - due) > tolerance + 1e-9
        })
        .map(key),
  }
}

const PROPERTIES: Property[] = [
  {
    kind: 'not-null',
    options: () => ({ column: 't.a' }),
    keys: ({ t }, key) => t.filter(({ a }) => a === null).map(key),
  },
  { kind: 'unique', options: () => ({ column: 't.a' }), keys: ({ t }, key) => surplus(t, ['a'], key) },
  { kind: 'unique', options: () => ({ column: ['t.b', 't.s'] }), keys: ({ t }, key) => surplus(t, ['b', 's'], key) },
  {
    kind: 'duplicate-groups',
    options: () => ({ column: 'c.a' }),
    keys: ({ c }) => {
      const twice = c.filter(({ a }, at) => c.some((other, place) => place !== at && same(a, other.a)))
      return twice
        .filter(({ a }, at) => !twice.slice(0, at).some((other) => same(a, other.a)))
        .map(({ a }) => [a ?? null])
    },
  },
  ...(['ignore', 'violate'] as const).map((nulls): Property => ({
    kind: 'reference',
    options: () => ({ column: 't.ref', references: 'c.n', nulls }),
    keys: ({ t, c }, key) =>
      t.filter(({ ref }) => (ref === null ? nulls === 'violate' : !c.some(({ n }) => same(n, ref)))).map(key),
  })),
  {
    kind: 'reference',
    options: () => ({ column: ['t.b', 't.s'], references: ['c.b', 'c.s'] }),
    keys: ({ t, c }, key) =>
      t.filter(({ b, s }) => s !== null && !c.some((one) => same(one.b, b) && same(one.s, s))).map(key),
  },
  {
    kind: 'requires-child',
    options: () => ({ column: 't.a', child: 'c.a' }),
    keys: ({ t, c }, key) => t.filter(({ a }) => a !== null && !c.some((one) => same(one.a, a))).map(key),
  },
  {
    kind: 'range',
    options: () => ({ column: 't.a', from: 0, below: 2 }),
    // Texts and bytes are greater than any number.
    keys: ({ t }, key) =>
      t.filter(({ a = null }) => a !== null && (compareValues(a, 0) < 0 || compareValues(a, 2) >= 0)).map(key),
  },
  {
    kind: 'enum',
    options: () => ({ column: 't.a', values: [1, 'a', ''], nulls: 'violate' }),
    keys: ({ t }, key) => t.filter(({ a }) => ![1, 'a', ''].some((one) => same(one, a))).map(key),
  },
  {
    kind: 'regex',
    options: () => ({ column: 't.s', pattern: '^x' }),
    keys: ({ t }, key) => t.filter(({ s }) => s !== null && !String(s).startsWith('x')).map(key),
  },
  {
    kind: 'regex',
    options: () => ({ column: 't.a', pattern: '[1a]$' }),
    keys: ({ t }, key) =>
      t.filter(({ a = null }) => a !== null && (a instanceof Uint8Array || !/[1a]$/.test(String(a)))).map(key),
  },
  aggregateProperty('sum', 'ignore', 0),
  aggregateProperty('sum', 'compare', 0.5),
  aggregateProperty('count', 'compare', 0),
  aggregateProperty('avg', 'ignore', 0),
  aggregateProperty('min', 'compare', 0),
  aggregateProperty('max', 'ignore', 0.25),
  aggregateProperty('noisy-or', 'compare', 0.05),
  {
    kind: 'acyclic',
    options: () => ({ from: 'c.n', to: 'c.ref' }),
    keys: ({ c }) => {
      const next = (node: Value | undefined): Value[] =>
        c.filter(({ n, ref }) => same(n, node) && ref !== null).map(({ ref = null }) => ref)
      const nodes = [...new Set(c.map(({ n = null }) => n))]
      return nodes.filter((node) => reached(next, next(node)).has(node)).map((node) => [node])
    },
  },
  {
    kind: 'freshness',
    options: () => ({ column: 't.ref', within: '20 s', format: 'seconds' }),
    keys: ({ t }) => {
      const times = t.flatMap(({ ref = null }) => (ref === null ? [] : [Number(ref) * 1000]))
      const newest = times.length === 0 ? null : Math.max(...times)
      return newest === null || newest < 30_000 - 20_000 ? [[newest]] : []
    },
  },
  {
    kind: 'row-count-drift',
    options: () => ({ table: 'c', up: 20, down: 50 }),
    keys: ({ c }) => (c.length > 6 || c.length < 2.5 ? [[c.length, 5]] : []),
  },
  {
    kind: 'sql',
    options: () => ({ query: 'SELECT n, ref FROM c WHERE n > ref', key: ['n', 'ref'] }),
    keys: ({ c }) =>
      c
        .filter(({ n = null, ref = null }) => ref !== null && compareValues(n, ref) > 0)
        .map(({ n = null, ref = null }) => [n, ref]),
  },
]

function reached(next: (node: Value) => Value[], from: Value[]): Set<Value> {
  const seen = new Set(from)
  for (const node of seen) for (const one of next(node)) seen.add(one)
  return seen
}

it(`finds what a row-by-row reading finds: ${PROPERTIES.length} rules on ${RUNS} random databases`, async () => {
  let judged = 0
  const shape = fc.constantFrom(...SHAPES, PAIR)
  await fc.assert(
    fc.asyncProperty(shape, rowsOf(14), rowsOf(14), fc.boolean(), async (form, t, c, isIndexed) => {
      const file = fileOf('')
      const given = fill(file, form, t, c, isIndexed)
      const rules = PROPERTIES.map(({ kind, options }) => ruleOf(kind, options(given)))
      const results = await judge(inProcess(file), rules, { keysMax: 1000, now: 30_000, rowsBefore: () => 5 })
      for (const [index, { keys, count, problem }] of results.entries()) {
        const property = PROPERTIES[index]
        const due = property?.keys(given, form.key).toSorted(compareKeys)
        expect({ keys, count, problem }, `${property?.kind} ${JSON.stringify(rules[index]?.options)}`).toEqual({
          keys: due,
          count: due?.length,
          problem: null,
        })
        judged++
      }
    }),
    { numRuns: RUNS },
  )
  expect(judged).toBeGreaterThan(500)
})

/** Makes and fills both tables; gives their rows as they are stored. */
function fill(
  file: string,
  form: (typeof SHAPES)[number] | typeof PAIR,
  t: readonly Row[],
  c: readonly Row[],
  isIndexed: boolean,
): Given {
  using database = new DatabaseSync(file)
  const others = 'a, b INTEGER, ref INTEGER, w REAL, s TEXT, n INTEGER'
  const opening = 'table' in form ? form.table : 'id INTEGER'
  const closing = 'table' in form ? `) ${form.end}` : form.end
  database.exec(
    `PRAGMA synchronous = OFF; BEGIN; CREATE TABLE t (${opening}, ${others}${closing}; CREATE TABLE c (id INTEGER PRIMARY KEY, ${others})`,
  )
  if (isIndexed)
    database.exec(`CREATE INDEX t_a ON t (a); CREATE INDEX t_ref ON t (ref); CREATE INDEX t_n ON t (n); CREATE INDEX c_ref ON c (ref);
      CREATE INDEX c_n ON c (n); CREATE INDEX c_a ON c (a); CREATE INDEX c_bs ON c (b, s)`)
  for (const [name, rows] of [
    ['t', t],
    ['c', c],
  ] as const) {
    const insert = database.prepare(
      `INSERT OR IGNORE INTO ${name} (id, a, b, ref, w, s, n) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const [at, { id = null, a = null, b = null, ref = null, w = null, s = null }] of rows.entries())
      insert.run(id, a, b, ref, w, s, name === 't' ? at : Number(id) % 20)
  }
  database.exec('COMMIT')
  const read = (name: string, columns: string): Row[] => {
    const statement = database.prepare(`SELECT ${columns} FROM ${name}`)
    statement.setReadBigInts(true)
    return statement
      .all()
      .map((row) => Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value as Value)])))
  }
  const hasRowid = !closing.includes('WITHOUT')
  return { t: read('t', hasRowid ? 'rowid, *' : '*'), c: read('c', '*') }
}

function plain(value: Value): Value {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

it('gives SQLite nothing to convert between a text and a number that are the same', async () => {
  const database =
    databaseOf(`CREATE TABLE t (id INTEGER PRIMARY KEY, ref TEXT); INSERT INTO t VALUES (1, '1'), (2, '7'), (3, '01');
    CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2)`)
  const results = await judge(database, [
    ruleOf('reference', { column: 't.ref', references: 'p.id' }),
    ruleOf('requires-child', { column: 'p.id', child: 't.ref' }),
  ])
  // As SQLite's own foreign keys see it: compared as the parent's type.
  expect(results.map(({ keys }) => keys)).toEqual([[[2]], [[2]]])
})
