// The same random rows in SQLite and in a real Postgres: every kind of rule counts and lists the same.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, ruleOf } from '../../test/contracts/rule-contract.ts'
import { installPostgres, startPostgres, type PostgresServer } from '../../test/servers/postgres.ts'
import type { Database } from '../databases/database.ts'
import { postgres } from '../databases/postgres.ts'
import { sqlite } from '../databases/sqlite.ts'
import { rules as kinds } from '../catalog/rules.ts'
import type { Rule } from './rule.ts'

const bin = installPostgres()
if (!bin) console.warn("SKIPPED: both-engines.services.test.ts needs Debian's postgresql, which could not be installed")

const RUNS = 20

/** Each kind once or more, over the two tables below. */
const RULES: readonly Rule[] = [
  ruleOf('not-null', { column: 'children.parent_id' }),
  ruleOf('unique', { column: 'children.label' }),
  ruleOf('unique', { column: ['children.parent_id', 'children.label'] }),
  ruleOf('duplicate-groups', { column: 'children.label' }),
  ruleOf('duplicate-groups', { column: ['children.parent_id', 'children.weight'] }),
  ruleOf('reference', { column: 'children.parent_id', references: 'parents.id' }),
  ruleOf('reference', { column: 'children.parent_id', references: 'parents.id', nulls: 'violate' }),
  ruleOf('reference', { column: 'parents.above', references: 'parents.id' }),
  ruleOf('reference', {
    column: ['children.parent_id', 'children.label'],
    references: ['parents.id', 'parents.label'],
  }),
  ruleOf('requires-child', { column: 'parents.id', child: 'children.parent_id' }),
  ruleOf('range', { column: 'children.weight', from: 0, to: 1, nulls: 'violate' }),
  ruleOf('range', { column: 'children.id', above: 3, below: 9_007_199_254_740_000 }),
  ruleOf('enum', { column: 'children.label', values: ['a', 'A', ''] }),
  ruleOf('regex', { column: 'children.label', pattern: '^[a-c]*$' }),
  ruleOf('freshness', { column: 'parents.at', within: '15 min', format: 'milliseconds' }),
  ruleOf('row-count-drift', { table: 'children', up: 10, down: 10 }),
  ...(['count', 'sum', 'avg', 'min', 'max', 'noisy-or'] as const).flatMap((aggregate) =>
    (['ignore', 'compare'] as const).map((childless) =>
      ruleOf('aggregate-equals', {
        column: 'parents.total',
        aggregate,
        of: 'children.weight',
        by: 'children.parent_id',
        tolerance: 0.001,
        childless,
      }),
    ),
  ),
  ruleOf('acyclic', { from: 'parents.id', to: 'parents.above' }),
  ruleOf('sql', { query: 'SELECT id FROM children WHERE weight > 1', key: ['id'], table: 'children' }),
]

const COLUMNS = {
  parents: ['id', 'above', 'label', 'total', 'at'],
  children: ['id', 'parent_id', 'label', 'weight'],
}
const SQLITE = `CREATE TABLE parents (id INTEGER PRIMARY KEY, above INTEGER, label TEXT, total REAL, at INTEGER);
  CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER, label TEXT, weight REAL)`
const POSTGRES = `CREATE TABLE parents (id bigint PRIMARY KEY, above bigint, label text, total double precision, at bigint);
  CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint, label text, weight double precision)`

const id = fc.oneof(fc.integer({ min: -2, max: 12 }), fc.constant(9_007_199_254_740_993n))
const label = fc.option(fc.constantFrom('a', 'A', '', 'b', 'ab', "o'c", 'ä', '𝒳', ' a'))
const weight = fc.option(fc.constantFrom(0, 0.25, 0.5, 1, 1.5, -0.5, 1e-9))
const NOW = Date.parse('2026-11-21T12:00:00Z')
const at = fc.option(fc.constantFrom(NOW, NOW - 60_000, NOW - 3_600_000))
const parents = fc.uniqueArray(fc.tuple(id, fc.option(id), label, weight, at), {
  maxLength: 12,
  selector: (row) => String(row[0]),
})
const children = fc.uniqueArray(fc.tuple(id, fc.option(id), label, weight), {
  maxLength: 20,
  selector: (row) => String(row[0]),
})

type Rows = readonly (readonly (string | number | bigint | null)[])[]

const literal = (value: string | number | bigint | null): string =>
  value === null ? 'NULL' : typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
const inserts = (table: keyof typeof COLUMNS, rows: Rows): string =>
  rows
    .map((row) => `INSERT INTO ${table} (${COLUMNS[table].join(', ')}) VALUES (${row.map(literal).join(', ')});`)
    .join('\n')

describe.skipIf(!bin)('rules on both engines', () => {
  let server: PostgresServer
  let directory = ''
  let made = 0
  beforeAll(async () => {
    server = await startPostgres(String(bin))
    await server.ask(POSTGRES)
    directory = mkdtempSync(join(tmpdir(), 'gonogo-both-'))
  })
  afterAll(async () => {
    await server?.stop()
    if (directory) rmSync(directory, { recursive: true, force: true })
  })

  const inSqlite = (text: string): Database => {
    const path = join(directory, `${++made}.db`)
    using file = new DatabaseSync(path)
    file.exec(`${SQLITE}; ${text}`)
    return sqlite.create(sqlite.options.parse({ path }), { directory })
  }
  const inPostgres = async (text: string): Promise<Database> => {
    await server.ask(`TRUNCATE parents, children; ${text}`)
    return postgres.create(postgres.options.parse({ url: server.urlOf() }), { directory })
  }

  it('are all here but the one that compares databases', () => {
    const asked = new Set(RULES.map(({ kind }) => kind.id))
    expect(kinds.map((kind) => kind.id).filter((one) => !asked.has(one))).toEqual(['cross-database'])
  })

  it(`count and list the same on ${RUNS} random data sets`, async () => {
    let found = 0
    await fc.assert(
      fc.asyncProperty(parents, children, async (ofParents, ofChildren) => {
        const text = `${inserts('parents', ofParents)}\n${inserts('children', ofChildren)}`
        const results = []
        for (const database of [inSqlite(text), await inPostgres(text)]) {
          const judged = await judge(database, RULES, { way: 'sql', keysMax: 100, rowsBefore: () => 8 })
          results.push(
            judged.map(({ count, keys, keyColumns, judged: rows, status, problem }, index) => ({
              rule: `${index} ${RULES[index]?.kind.id}`,
              status,
              count,
              rows,
              keyColumns,
              keys,
              problem,
            })),
          )
          found += judged.reduce((sum, { count }) => sum + Number(count), 0)
        }
        expect(results[1]).toEqual(results[0])
        expect(results[0]?.filter(({ problem }) => problem !== null)).toEqual([])
      }),
      { numRuns: RUNS },
    )
    expect(found).toBeGreaterThan(RUNS)
  })
})
