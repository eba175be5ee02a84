import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../../lib/errors.ts'
import type { Rule } from '../rule.ts'
import { Fixing, ruleOf } from './fixing.fixture.ts'
import type { FixReport } from './report.ts'

const RUNS = 60

/** Tables of every shape: row numbers, text keys, keys of several columns, no row numbers, no key, foreign keys, constraints. */
const TABLES = `
  CREATE TABLE parents (id INTEGER PRIMARY KEY, code TEXT, score INTEGER CHECK (score IS NULL OR score < 1000), above INTEGER REFERENCES parents (id));
  CREATE TABLE children (id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER REFERENCES parents (id) ON DELETE CASCADE, weight REAL, doubled AS (weight * 2));
  CREATE TABLE notes ("the key" TEXT PRIMARY KEY, child INTEGER REFERENCES children (id) ON DELETE SET NULL, body BLOB) WITHOUT ROWID;
  CREATE TABLE "odd ""names""; --" (parent INTEGER, "select" TEXT COLLATE NOCASE, PRIMARY KEY (parent, "select"));
  CREATE TABLE keyless (parent INTEGER, label TEXT);
`
const ODD = 'odd "names"; --'

const small = fc.integer({ min: 1, max: 12 })
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null, freq: 4 })
const word = fc.constantFrom('a', 'A', 'b', "it's", '', 'é', '1')
const rowsOf = <T extends unknown[]>(...columns: { [I in keyof T]: fc.Arbitrary<T[I]> }) =>
  fc.array(fc.tuple(...columns), { maxLength: 25 })

const content = fc.record({
  parents: rowsOf(small, maybe(word), maybe(fc.integer({ min: -20, max: 20 })), maybe(small)),
  children: rowsOf(small, maybe(small), maybe(fc.constantFrom(0, 0.25, 0.5, 1, 2.5))),
  notes: rowsOf(word, maybe(small), maybe(fc.constantFrom("x'00ff'", "'text'", '7', '7.5'))),
  odd: rowsOf(maybe(small), word),
  keyless: rowsOf(maybe(small), maybe(word)),
})
type Content = typeof content extends fc.Arbitrary<infer T> ? T : never

const literal = (value: string | number | null): string =>
  value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`

function statementsFor({ parents, children, notes, odd, keyless }: Content): string {
  const insert = (table: string, columns: string, rows: readonly (readonly string[])[]): string =>
    rows.map((row) => `INSERT OR IGNORE INTO ${table} (${columns}) VALUES (${row.join(', ')});`).join('\n')
  const literals = (rows: readonly (readonly (string | number | null)[])[]) => rows.map((row) => row.map(literal))
  return [
    TABLES,
    insert('parents', 'id, code, score, above', literals(parents)),
    insert('children', 'id, parent, weight', literals(children)),
    insert(
      'notes',
      '"the key", child, body',
      notes.map(([key, child, body]) => [literal(key), literal(child), body ?? 'NULL']),
    ),
    insert('"odd ""names""; --"', 'parent, "select"', literals(odd)),
    insert('keyless', 'parent, label', literals(keyless)),
  ].join('\n')
}

/** Every pair of rule and fix that makes sense on these tables. */
const RULES: readonly Rule[] = [
  ruleOf('code given', 'not-null', { column: 'parents.code' }, { fix: { set: { value: 'none' } } }),
  ruleOf('code given or gone', 'not-null', { column: 'parents.code' }, { fix: { delete: {} } }),
  ruleOf(
    'score in range',
    'range',
    { column: 'parents.score', from: 0, to: 9 },
    { fix: { set: { clamp: { min: 0, max: 9 } } } },
  ),
  ruleOf('score too high to be set', 'range', { column: 'parents.score', from: 0 }, { fix: { set: { value: 2000 } } }),
  ruleOf('code once', 'unique', { column: 'parents.code' }, { fix: { 'merge-duplicates': { keep: 'newest' } } }),
  ruleOf(
    'code groups',
    'duplicate-groups',
    { column: 'parents.code' },
    { fix: { 'merge-duplicates': { keep: { column: 'score' } } } },
  ),
  ruleOf('above is there', 'reference', { column: 'parents.above', references: 'parents.id' }, { fix: { delete: {} } }),
  ruleOf(
    'parent is there',
    'reference',
    { column: 'children.parent', references: 'parents.id' },
    {
      fix: { 'insert-missing': { table: 'parents', values: { id: { copy: 'parent' }, code: 'added' } } },
    },
  ),
  ruleOf(
    'parent is there or null',
    'reference',
    { column: 'children.parent', references: 'parents.id' },
    { fix: { set: { value: null } } },
  ),
  ruleOf('child is there', 'reference', { column: 'notes.child', references: 'children.id' }, { fix: { delete: {} } }),
  ruleOf(
    'odd parent is there',
    'reference',
    { column: { table: ODD, column: 'parent' }, references: { table: 'parents', column: 'id' } },
    { fix: { delete: {} } },
  ),
  ruleOf(
    'keyless parent is there',
    'reference',
    { column: 'keyless.parent', references: 'parents.id' },
    { fix: { delete: {} } },
  ),
  ruleOf('keyless labelled', 'not-null', { column: 'keyless.label' }, { fix: { set: { value: 'x' } } }),
  ruleOf(
    'has a child',
    'requires-child',
    { column: 'parents.id', child: 'children.parent' },
    {
      fix: { 'insert-missing': { table: 'children', values: { parent: { copy: 'id' }, weight: 0.5 } } },
    },
  ),
  ruleOf(
    'score is the sum',
    'aggregate-equals',
    { column: 'parents.score', aggregate: 'sum', of: 'children.weight', by: 'children.parent' },
    {
      fix: { 'set-from-aggregate': {} },
    },
  ),
  ruleOf(
    'weights even',
    'sql',
    { query: 'SELECT id FROM children WHERE weight > 1', key: ['id'], table: 'children' },
    {
      fix: {
        sql: {
          statement: 'UPDATE children SET weight = weight - 1, parent = 1 WHERE weight > 1',
          tables: ['children'],
        },
      },
      max: 1,
    },
  ),
]
const someRules = fc.uniqueArray(fc.constantFrom(...RULES.map(({ name }) => name)), { minLength: 1, maxLength: 4 })
const named = (names: readonly string[]): Rule[] =>
  names.flatMap((name) => RULES.find((rule) => rule.name === name) ?? [])
const modes = fc.constantFrom('transaction', 'chunks')

/** What a fix says when it cannot be done: then nothing may have changed. */
async function tried(work: () => Promise<FixReport>): Promise<FixReport | PlanError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PlanError) return error
    throw error
  }
}

const options = { numRuns: RUNS, seed: 4 }

describe('any fix of any rules over any rows', () => {
  it('brings violations within their thresholds or changes nothing, and can be undone', async () => {
    let [fixed, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(content, someRules, modes, modes, async (rows, names, mode, undoMode) => {
        const rules = named(names)
        using database = new Fixing(statementsFor(rows), { journal: 'memory' })
        const before = await database.hash()
        const report = await tried(() => database.fix(rules, { mode }))
        if (report instanceof PlanError || report.run === null) {
          refused++
          expect(await database.hash()).toBe(before)
          return
        }
        fixed++
        expect(report.rules.filter(({ fix, left, max }) => fix !== null && (left ?? 1) > max)).toEqual([])
        const undone = await database.undo(report.run, { mode: undoMode, rules })
        expect(undone.conflicts).toEqual({ count: 0, rows: [] })
        expect(await database.hash()).toBe(before)
        expect(database.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
      }),
      options,
    )
    expect(Math.min(fixed, refused)).toBeGreaterThan(RUNS / 10)
  })

  it('leaves every row that was edited since, reports it, and puts all others back', async () => {
    let conflicts = 0
    await fc.assert(
      fc.asyncProperty(
        content,
        someRules,
        modes,
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        async (rows, names, mode, edits) => {
          using database = new Fixing(statementsFor(rows), { journal: 'memory' })
          const before = rowsIn(database)
          const report = await tried(() => database.fix(named(names), { mode }))
          if (report instanceof PlanError || report.run === null) return
          const fixed = rowsIn(database)
          const touched = [...new Set([...before.keys(), ...fixed.keys()])].filter(
            (id) => before.get(id) !== fixed.get(id),
          )
          for (const { pick, how } of edits) database.edit(editOf(touched[pick % touched.length] ?? '', how))
          const edited = rowsIn(database)
          const undone = await database.undo(report.run, { mode, rules: named(names) })
          const after = rowsIn(database)
          const reported = new Set(undone.conflicts.rows.map(({ table, key }) => idOf(table, Object.values(key))))
          expect(undone.conflicts.count).toBe(undone.conflicts.rows.length)
          conflicts += reported.size
          for (const id of new Set([before, fixed, edited].flatMap((rowsNow) => [...rowsNow.keys()]))) {
            const isTouched = before.get(id) !== fixed.get(id)
            if (edited.get(id) !== fixed.get(id)) {
              expect([id, after.get(id)]).toEqual([id, edited.get(id)])
              if (isTouched) expect(reported).toContain(id)
            } else if (!reported.has(id)) expect([id, after.get(id)]).toEqual([id, before.get(id)])
          }
        },
      ),
      options,
    )
    expect(conflicts).toBeGreaterThan(RUNS / 10)
  })
})

const edit = fc.record({ pick: fc.nat(), how: fc.constantFrom('edit', 'delete', 'take') })

/** Edits or deletes a row, or takes the key of one that is gone. */
function editOf(id: string, how: 'edit' | 'delete' | 'take'): string {
  const [table = '', ...key] = JSON.parse(id) as [string, ...(string | number)[]]
  const quoted = `"${table.replaceAll('"', '""')}"`
  const columns = (KEYS[table] ?? '').split(', ')
  const values = key.map((value) => literal(value))
  const which = columns.map((column, index) => `${column} IS ${values[index]}`).join(' AND ')
  if (how === 'delete') return `DELETE FROM ${quoted} WHERE ${which}`
  if (how === 'take') return `INSERT OR IGNORE INTO ${quoted} (${columns.join(', ')}) VALUES (${values.join(', ')})`
  return `UPDATE ${quoted} SET ${EDITS[table] ?? ''} WHERE ${which}`
}

const EDITS: Record<string, string> = {
  parents: "code = coalesce(code, '') || '!'",
  children: 'weight = coalesce(weight, 0) + 100',
  notes: "body = 'edited'",
  [ODD]: '"select" = "select" || \'!\'',
  keyless: "label = coalesce(label, '') || '!'",
}

/** Where each kind of row has what tells it apart. */
const KEYS: Record<string, string> = {
  parents: 'id',
  children: 'id',
  notes: '"the key"',
  [ODD]: 'parent, "select"',
  keyless: 'rowid',
}

const idOf = (table: string, key: readonly unknown[]): string => JSON.stringify([table, ...key])

/** Every row of every table, spelled out, by table and key. */
function rowsIn(database: Fixing): Map<string, string> {
  const found = Object.entries(KEYS).flatMap(([table, key]) => {
    const quoted = `"${table.replaceAll('"', '""')}"`
    const width = key.split(',').length
    return database
      .rows(
        `SELECT ${key
          .split(',')
          .map((column, index) => `${column} AS "key${index}"`)
          .join(', ')}, * FROM ${quoted}`,
      )
      .map((row) => [idOf(table, Object.values(row).slice(0, width)), JSON.stringify(row)] as const)
  })
  return new Map(found)
}
