// Two SQLite files stand for two databases; other engines: cross-database.services.test.ts.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OutsideError } from '../../lib/errors.ts'
import { sqlite } from '../../databases/sqlite.ts'
import { inProcess } from '../compare/in-process.fixture.ts'
import type { CompareContext, Found } from '../rule.ts'
import { crossDatabase } from './cross-database.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-compare-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function run(name: 'live' | 'copy', sql: string): void {
  using database = new DatabaseSync(join(directory, `${name}.db`))
  database.exec(sql)
}

function compare(options: Record<string, unknown> = {}, context: Partial<CompareContext> = {}): Promise<Found> {
  const sides = { left: { database: 'live', table: 'people' }, right: { database: 'copy', table: 'people' } }
  const parsed = crossDatabase.options.parse({ recheckAfterMs: 0, ...sides, ...options })
  const found = crossDatabase.compare?.(parsed, {
    database: (name) => inProcess(join(directory, `${name}.db`)),
    keysMax: 20,
    signal: AbortSignal.timeout(30_000),
    progress: () => {},
    ...context,
  })
  if (!found) throw new Error('the kind does not compare')
  return found
}

const PEOPLE = 'CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, score REAL)'
const ROWS = `WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 3000)
  INSERT INTO people SELECT i, 'name ' || i, i / 7.0 FROM s`

describe('cross-database', () => {
  it('finds nothing where both sides are the same, and says how many rows that is about', async () => {
    for (const name of ['live', 'copy'] as const) run(name, `${PEOPLE}; ${ROWS}`)
    expect(await compare()).toMatchObject({ count: 0, judged: 3000, keys: [] })
  })

  it('finds rows that one side lacks and rows that are not the same, by key', async () => {
    for (const name of ['live', 'copy'] as const) run(name, `${PEOPLE}; ${ROWS}`)
    run(
      'copy',
      `UPDATE people SET name = 'other', score = NULL WHERE id = 1234; DELETE FROM people WHERE id IN (7, 2999)`,
    )
    run('live', `DELETE FROM people WHERE id = 2000`)
    expect(await compare()).toMatchObject({
      count: 4,
      judged: 3000,
      keys: [
        [7, 'only in live.people'],
        [1234, 'name: "name 1234" / "other"; score: "176.285714286" / null'],
        [2000, 'only in copy.people'],
        [2999, 'only in live.people'],
      ],
    })
  })

  it('counts all and lists the first, when everything is different', async () => {
    for (const name of ['live', 'copy'] as const) run(name, `${PEOPLE}; ${ROWS}`)
    run('copy', `UPDATE people SET name = 'x' || name`)
    const { count, keys } = await compare({}, { keysMax: 3 })
    expect({ count, keys: keys.map(([key]) => key) }).toEqual({ count: 3000, keys: [1, 2, 3] })
  })

  it('takes an empty side for what it is', async () => {
    run('live', `${PEOPLE}; ${ROWS}`)
    run('copy', PEOPLE)
    expect(await compare()).toMatchObject({ count: 3000, judged: 3000 })
  })

  it('tells null from empty text, and an empty text from two that swap places', async () => {
    const table = 'CREATE TABLE people (id INTEGER PRIMARY KEY, a TEXT, b TEXT)'
    run(
      'live',
      `${table}; INSERT INTO people VALUES (1, NULL, 'x'), (2, '', 'ab'), (3, 'a|1:b', 'c'), (4, 'same', '-')`,
    )
    run('copy', `${table}; INSERT INTO people VALUES (1, '', 'x'), (2, 'ab', ''), (3, 'a', 'b|1:c'), (4, 'same', '-')`)
    expect((await compare()).keys.map(([key]) => key)).toEqual([1, 2, 3])
  })

  it('takes floats for equal that agree to `decimals` places, also where rounding puts them on two sides of a step', async () => {
    run(
      'live',
      `${PEOPLE}; INSERT INTO people VALUES (1, 'a', 0.1), (2, 'b', 0.1250), (3, 'c', 0.4), (4, 'd', 1e300), (5, 'e', 5)`,
    )
    run(
      'copy',
      `${PEOPLE}; INSERT INTO people VALUES (1, 'a', 0.10000000000000003), (2, 'b', 0.12499), (3, 'c', 0.46), (4, 'd', 1.00000000000001e300), (5, 'e', 5.0)`,
    )
    expect((await compare({ decimals: 2 })).keys).toEqual([[3, 'score: "0.4" / "0.46"']])
    expect((await compare({ decimals: 9 })).keys.map(([key]) => key)).toEqual([2, 3])
  })

  it('compares a yes with a 1, a time with seconds since the epoch, and an id with its text', async () => {
    run(
      'live',
      `CREATE TABLE people (id INTEGER PRIMARY KEY, active BOOLEAN, at DATETIME);
      INSERT INTO people VALUES (1, 'true', '2026-03-01 12:00:00'), (2, 0, '2026-03-01T13:00:00.500+01:00'), (3, 1, '2026-03-01')`,
    )
    run(
      'copy',
      `CREATE TABLE people (id TEXT PRIMARY KEY, active INTEGER, at INTEGER);
      INSERT INTO people VALUES ('1', 1, 1772366400), ('2', 0, 1772366400500), ('3', 0, 1772323200)`,
    )
    expect((await compare()).keys).toEqual([['3', 'active: "1" / "0"']])
  })

  it('has keys of several columns, of text, beyond 2^53, and where there is none', async () => {
    const table =
      'CREATE TABLE people (tenant TEXT, number INTEGER, name TEXT, PRIMARY KEY (tenant, number)) WITHOUT ROWID'
    run('live', `${table}; INSERT INTO people VALUES ('ä', 9007199254740993, 'x'), ('b', -5, 'y'), ('b', 6, 'z')`)
    run('copy', `${table}; INSERT INTO people VALUES ('ä', 9007199254740992, 'x'), ('b', -5, 'y'), ('b', 6, 'zz')`)
    expect((await compare()).keys).toEqual([
      ['b', 6, 'name: "z" / "zz"'],
      ['ä', 9007199254740992n, 'only in copy.people'],
      ['ä', 9007199254740993n, 'only in live.people'],
    ])
  })

  it('holds rows of one key against each other whatever their order, and says which are too many', async () => {
    const table = 'CREATE TABLE people (id INTEGER, name TEXT)'
    run('live', `${table}; INSERT INTO people VALUES (1, 'a'), (1, 'b'), (NULL, 'n')`)
    run('copy', `${table}; INSERT INTO people VALUES (1, 'b'), (1, 'a'), (1, 'a'), (NULL, 'n')`)
    const key = { key: 'id' }
    const sides = {
      left: { database: 'live', table: 'people', ...key },
      right: { database: 'copy', table: 'people', ...key },
    }
    expect(await compare(sides)).toMatchObject({ count: 1, keys: [[1, 'only in copy.people']] })
  })

  it('compares only rows that fulfil `where`, and columns that are named differently', async () => {
    run('live', `${PEOPLE}; ${ROWS}`)
    run('copy', `CREATE TABLE persons (nr INTEGER PRIMARY KEY, label TEXT); INSERT INTO persons SELECT 10, 'name 10'`)
    const left = { database: 'live', table: 'people', columns: 'name', where: 'id = 10 -- the one' }
    const right = { database: 'copy', table: 'persons', columns: ['label'] }
    expect(await compare({ left, right })).toMatchObject({ count: 0, judged: 1 })
  })

  it('quotes names', async () => {
    const table = `CREATE TABLE "a""b; DROP" ("k ?" INTEGER PRIMARY KEY, "v'x" TEXT); INSERT INTO "a""b; DROP" VALUES (1, 'v')`
    for (const name of ['live', 'copy'] as const) run(name, table)
    const at = { table: 'a"b; DROP' }
    expect(await compare({ left: { database: 'live', ...at }, right: { database: 'copy', ...at } })).toMatchObject({
      count: 0,
      judged: 1,
    })
  })

  it('does not count rows that were only on their way', async () => {
    for (const name of ['live', 'copy'] as const) run(name, `PRAGMA journal_mode = WAL; ${PEOPLE}; ${ROWS}`)
    run('live', `UPDATE people SET name = 'new' WHERE id IN (5, 6)`)
    let looks = 0
    const progress = (): void => {
      // After the first look the first of the two rows arrives.
      if (looks++ === 0) run('copy', `UPDATE people SET name = 'new' WHERE id = 5`)
    }
    const found = await compare({ recheckAfterMs: 1 }, { progress })
    expect(found).toMatchObject({ count: 1, keys: [[6, 'name: "new" / "name 6"']] })
    expect(found.notes?.join('\n')).toContain('2 differences looked at again after 1 ms: 1 were gone by then')
  })

  it.each([
    [{ left: { database: 'live', table: 'peopel' } }, 'left/table', 'did you mean people?'],
    [{ right: { database: 'copy', table: 'people', columns: ['nam'] } }, 'left/columns', 'did you mean name?'],
    [{ right: { database: 'copy', table: 'people', key: ['id', 'name'] } }, 'right/key', undefined],
  ])('refuses what is not there: %j', async (options, path, hint) => {
    for (const name of ['live', 'copy'] as const) run(name, PEOPLE)
    const error = await compare(options).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'PlanError', place: { path, ...(hint ? { hint } : {}) } })
  })

  it('is an error, not a pass, where a side cannot be read', async () => {
    run('live', PEOPLE)
    run('copy', PEOPLE)
    const left = { database: 'live', table: 'people', where: 'no_such = 1' }
    await expect(compare({ left })).rejects.toThrow('no such column: no_such')
    const database = (): never => {
      throw new OutsideError('sqlite', 'it is gone')
    }
    await expect(compare({}, { database })).rejects.toThrow('it is gone')
  })

  it('reads through the sessions of the kind `sqlite`', async () => {
    for (const name of ['live', 'copy'] as const) run(name, `${PEOPLE}; ${ROWS}`)
    run('copy', 'DELETE FROM people WHERE id = 3')
    const options = (name: string) => sqlite.options.parse({ path: `${name}.db` })
    const database = (name: string) => sqlite.create(options(name), { directory })
    expect(await compare({}, { database })).toMatchObject({ count: 1, keys: [[3, 'only in live.people']] })
  })
})
