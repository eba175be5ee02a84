import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { judge, ruleOf } from '../../test/contracts/rule-contract.ts'
import type { Database } from '../databases/database.ts'
import type { PageScan, ScanFound } from '../databases/page-scan.ts'
import { sqlite } from '../databases/sqlite.ts'
import { PlanError } from '../lib/errors.ts'
import { databaseOf, fileOf } from './database.fixture.ts'
import { successPercent, verdictOf, type Validation } from './result.ts'
import type { Rule } from './rule.ts'
import { validate, type ValidationProgress } from './validate.ts'

const TABLES = `CREATE TABLE parents (id INTEGER PRIMARY KEY, total REAL, name TEXT);
  CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER, w REAL);
  CREATE VIEW seen AS SELECT id, name FROM parents;
  INSERT INTO parents VALUES (1, 3, 'a'), (2, 4, 'b'), (3, 0, 'c');
  INSERT INTO children VALUES (1, 1, 1), (2, 1, 2), (3, 2, 5), (4, 9, 1)`

const orphans = () => ruleOf('reference', { column: 'children.parent_id', references: 'parents.id' })
const childless = () => ruleOf('requires-child', { column: 'parents.id', child: 'children.parent_id' })
const sums = () =>
  ruleOf('aggregate-equals', { column: 'parents.total', aggregate: 'sum', of: 'children.w', by: 'children.parent_id' })
const real = (file: string): Database => sqlite.create(sqlite.options.parse({ path: file }), { directory: '/' })
const named = (rules: Rule[]): Rule[] => rules.map((rule, index) => ({ ...rule, name: `rule ${index}` }))

describe('a validation', () => {
  it('judges a real file in two sessions on one moment, and says what it looked at', async () => {
    const database = real(fileOf(TABLES))
    const rules = named([orphans(), childless(), sums(), ruleOf('range', { column: 'children.w', from: 0, to: 9 })])
    const progress: ValidationProgress[] = []
    const signal = AbortSignal.timeout(60_000)
    const validation = await validate(database, rules, { signal, way: 'sql', progress: (now) => progress.push(now) })
    expect(validation).toMatchObject({
      database: 'main',
      identity: database.identity,
      mode: 'full',
      rows: { parents: 3, children: 4 },
    })
    expect(validation.schemaHash).toMatch(/^[0-9a-f]{64}$/)
    expect(validation.results.map(({ count, keys, judged }) => ({ count, keys, judged }))).toEqual([
      { count: 1, keys: [[4]], judged: 4 },
      { count: 1, keys: [[3]], judged: 3 },
      { count: 1, keys: [[2]], judged: 3 },
      { count: 0, keys: [], judged: 4 },
    ])
    expect(successPercent(validation.results)).toBeCloseTo((100 * 11) / 14)
    expect(verdictOf(validation.results)).toBe('failed')
    expect(progress.map(({ rulesDone }) => rulesDone)).toEqual([0, 1, 2, 3, 4])
    expect(progress.at(-1)).toMatchObject({ rulesTotal: 4, rowsDone: 25, leftMs: 0 })
  })

  it('comes to the same by a scan of the pages', async () => {
    const database = real(fileOf(TABLES))
    const rules = named([orphans(), childless(), sums(), ruleOf('range', { column: 'children.w', from: 0, to: 9 })])
    const signal = AbortSignal.timeout(60_000)
    const [pages, sql] = await Promise.all([
      validate(database, rules, { signal }),
      validate(database, rules, { signal, way: 'sql' }),
    ])
    const answers = ({ results }: Validation) =>
      results.map(({ status, count, judged, keys, keyColumns }) => ({ status, count, judged, keys, keyColumns }))
    expect(pages.results.map(({ way }) => way)).toEqual(['pages', 'pages', 'pages', 'pages'])
    expect(sql.results.map(({ way }) => way)).toEqual(['sql', 'sql', 'sql', 'sql'])
    expect(answers(pages)).toEqual(answers(sql))
  })

  it('puts the rows of a child table together once for all rules about them', async () => {
    const results = await judge(databaseOf(TABLES), [orphans(), childless(), sums()])
    for (const { plan } of results) {
      expect(plan?.join('\n')).not.toMatch(/GROUP BY/)
      expect(plan?.join('\n')).not.toMatch(/CORRELATED/)
    }
  })

  it('keeps an error to the rule that has it', async () => {
    const results = await judge(databaseOf(TABLES), [
      ruleOf('sql', { query: 'SELECT missing FROM parents', key: ['missing'] }),
      childless(),
    ])
    expect(results.map(({ status, certainty, count }) => ({ status, certainty, count }))).toEqual([
      { status: 'unverified', certainty: 'error', count: null },
      { status: 'failed', certainty: 'exact', count: 1 },
    ])
    expect(results[0]?.problem).toContain('no such column: missing')
    expect(successPercent(results)).toBeNull()
  })

  it('changes nothing, whatever a rule of kind sql would do', async () => {
    const file = fileOf(TABLES)
    const [result] = await judge(real(file), [
      ruleOf('sql', { query: 'SELECT id FROM parents WHERE id = 3', key: ['id'] }),
    ])
    expect(result?.keys).toEqual([[3]])
    expect(() => ruleOf('sql', { query: 'DELETE FROM parents', key: ['id'] })).toThrow(/does not begin with SELECT/)
    using database = new DatabaseSync(file)
    expect(database.prepare('SELECT count(*) AS n FROM parents').get()).toEqual({ n: 3 })
  })

  it('has nothing to compare the number of rows with on a first run, which is no pass', async () => {
    const [result] = await judge(databaseOf(TABLES), [ruleOf('row-count-drift', { table: 'parents', up: 10 })])
    expect(result).toMatchObject({
      status: 'unverified',
      count: null,
      problem: expect.stringContaining('no earlier run'),
    })
  })

  it('gives up a rule at its time limit; what waits for its session is unverified too', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0'
    const results = await judge(
      real(fileOf(TABLES)),
      [ruleOf('sql', { query: endless, key: ['i'], title: 'endless' }), childless()],
      { workers: 1, ruleTimeoutMs: 300 },
    )
    expect(results.map(({ status }) => status).toSorted()).toContain('unverified')
    expect(results[0]).toMatchObject({ status: 'unverified', problem: 'took longer than 300 ms' })
  })

  it('ends when it is cancelled', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0'
    const stop = new AbortController()
    const progress = ({ rulesDone }: ValidationProgress) => rulesDone === 0 && stop.abort()
    const rules = [ruleOf('sql', { query: endless, key: ['i'] })]
    await expect(validate(real(fileOf(TABLES)), rules, { signal: stop.signal, progress })).rejects.toThrow()
  })
})

describe('rules that the schema cannot answer', () => {
  const refused = async (kind: string, options: unknown): Promise<PlanError> => {
    const error = await judge(databaseOf(TABLES), [ruleOf(kind, options)]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PlanError)
    return error as PlanError
  }

  it('names the table and the nearest', async () => {
    const { message, place } = await refused('not-null', { column: 'parent.id' })
    expect(message).toBe('rule "rule 0": there is no table "parent"')
    expect(place).toEqual({
      path: 'rules/rule 0/column',
      expected: 'one of children, parents, seen',
      hint: 'did you mean "parents"?',
    })
  })

  it('names the column and the nearest', async () => {
    const { message, place } = await refused('requires-child', { column: 'parents.id', child: 'children.parentid' })
    expect(message).toContain('table children has no column "parentid"')
    expect(place).toMatchObject({ path: 'rules/rule 0/child', hint: 'did you mean "parent_id"?' })
  })

  it('refuses a view whose rows have no keys', async () => {
    expect((await refused('not-null', { column: 'seen.name' })).message).toContain('seen is a view')
  })

  it('looks up values in a view, and finds values twice in one', async () => {
    const results = await judge(databaseOf(TABLES), [
      ruleOf('reference', { column: 'children.parent_id', references: 'seen.id' }),
      ruleOf('duplicate-groups', { column: 'seen.name' }),
    ])
    expect(results.map(({ keys, judged }) => ({ keys, judged }))).toEqual([
      { keys: [[4]], judged: 4 },
      { keys: [], judged: 3 },
    ])
  })

  it.each([
    ['range', { column: 'parents.name', from: 1 }, 'parents.name is TEXT, 1 is a number', 'from'],
    ['range', { column: 'parents.total', to: '1' }, '"1" is text', 'to'],
    ['enum', { column: 'parents.total', values: ['x'] }, '"x" is text', 'values'],
    ['freshness', { column: 'parents.total', within: '1 min' }, 'does not tell how times are written', 'format'],
    [
      'aggregate-equals',
      { column: 'parents.name', aggregate: 'sum', of: 'children.w', by: 'children.parent_id' },
      'not a number',
      'column',
    ],
    [
      'aggregate-equals',
      { column: 'parents.total', aggregate: 'sum', of: 'children.w', by: 'parents.id' },
      'not in children',
      'by',
    ],
    ['acyclic', { from: 'parents.id', to: 'children.parent_id' }, 'not in parents', 'to'],
    ['sql', { query: 'SELECT id, w FROM children', key: ['id', 'w'], table: 'children' }, 'told apart by id', 'key'],
  ])('refuses %s of a wrong type or place: %j', async (kind, options, message, option) => {
    const error = await refused(kind, options)
    expect(error.message).toContain(message)
    expect(error.place.path).toBe(`rules/rule 0/${option}`)
  })
})

describe('a page scan', () => {
  const scanned = (database: Database, scan: PageScan): Database => ({
    ...database,
    snapshot: (readers, signal, use) => database.snapshot(readers, signal, (snapshot) => use({ ...snapshot, scan })),
  })

  it('answers what it can; SQL answers the rest, and says why', async () => {
    const scan: PageScan = (rules) =>
      Promise.resolve(
        rules.map(({ type }): ScanFound =>
          type === 'reference'
            ? { type: 'exact', count: 7, judged: 8, keys: [41, 42] }
            : { type: 'not-eligible', reason: 'too wide' },
        ),
      )
    const results = await judge(scanned(databaseOf(TABLES), scan), [
      orphans(),
      childless(),
      ruleOf('unique', { column: 'parents.name' }),
    ])
    expect(results.map(({ way, count, keys }) => ({ way, count, keys }))).toEqual([
      { way: 'pages', count: 7, keys: [[41], [42]] },
      { way: 'sql', count: 1, keys: [[3]] },
      { way: 'sql', count: 0, keys: [] },
    ])
    expect(results[1]?.plan?.[0]).toBe('no page scan: too wide')
  })

  it('that fails leaves everything to SQL; asked for SQL it is not asked', async () => {
    const scan: PageScan = () => Promise.reject(new Error('page 7 is torn'))
    const database = scanned(databaseOf(TABLES), scan)
    const [result] = await judge(database, [orphans()])
    expect(result).toMatchObject({ way: 'sql', count: 1 })
    expect(result?.plan?.[0]).toContain('page 7 is torn')
    const [plain] = await judge(database, [orphans()], { way: 'sql' })
    expect(plain?.plan?.[0]).not.toContain('page scan')
  })
})

describe('a sample', () => {
  const many = (
    id: string,
  ) => `PRAGMA synchronous = OFF; CREATE TABLE t (id ${id}, ref INTEGER, a TEXT) ${id.includes('TEXT') ? 'WITHOUT ROWID' : ''};
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO t SELECT i * 7, i % 2, 'x' || i FROM n`

  it.each(['INTEGER PRIMARY KEY', 'INTEGER', 'TEXT PRIMARY KEY'])(
    'of a table with id %s finds what is bad, in some of its rows',
    async (id) => {
      const database = databaseOf(many(id))
      const results = await judge(
        database,
        [ruleOf('range', { column: 't.ref', to: 0 }), ruleOf('not-null', { column: 't.a' })],
        { mode: 'sampled' },
      )
      const [bad, good] = results
      expect(bad).toMatchObject({ status: 'failed', certainty: 'sampled' })
      expect(good).toMatchObject({ status: 'unverified', certainty: 'sampled', count: 0 })
      expect(bad?.judged).toBeGreaterThan(1000)
      expect(bad?.judged).toBeLessThanOrEqual(20_000)
      expect(bad?.count).toBeLessThan(Number(bad?.judged))
      expect(successPercent(results)).toBeNull()
    },
  )

  it('tells nothing about what needs all rows', async () => {
    const results = await judge(
      databaseOf(TABLES),
      [ruleOf('acyclic', { from: 'children.id', to: 'children.parent_id' })],
      { mode: 'sampled' },
    )
    expect(results[0]).toMatchObject({ status: 'unverified', problem: 'needs all rows: a sample cannot tell' })
  })
})
