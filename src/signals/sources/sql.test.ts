import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { sql } from './sql.ts'
import { readRows } from './sql/rows.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-sql-'))
  const database = new DatabaseSync(join(directory, 'app.db'))
  database.exec(`CREATE TABLE jobs (version TEXT, state TEXT);
    INSERT INTO jobs VALUES ('v1', 'failed'), ('v2', 'failed'), ('v2', 'failed'), ('v2', 'done')`)
  database.close()
})
afterAll(() => rmSync(directory, { recursive: true }))

function look(given: Record<string, unknown>, signal = AbortSignal.timeout(20_000)): Promise<Sample[]> {
  const options = sql.options.parse({ sqlite: 'app.db', signal: 'failed-jobs', ...given })
  const source = sql.create(options, {
    directory,
    counters: () => Promise.resolve([]),
    instances: () => Promise.resolve({}),
    versions: () => ({ candidate: 'v2', stable: 'v1' }),
  })
  return source.sample(1000, signal)
}

describe('sql source on SQLite', () => {
  it('reads one number, of the service', async () => {
    expect(await look({ query: "SELECT count(*) / 2.0 FROM jobs WHERE state = 'failed'", scale: 1000 })).toEqual([
      { signal: 'failed-jobs', version: null, at: 1000, value: 1500, unit: 'count', observations: null },
    ])
  })

  it('reads a number of each version, and says of which there is none', async () => {
    const query = "SELECT version, sum(state = 'failed'), count(*) FROM jobs WHERE version <> 'v1' GROUP BY version"
    expect(await look({ query })).toEqual([
      { signal: 'failed-jobs', version: 'v2', at: 1000, value: 2, unit: 'count', observations: 3 },
      {
        signal: 'failed-jobs',
        version: 'v1',
        at: 1000,
        value: null,
        unit: 'count',
        observations: null,
        detail: 'the query answered with no row of v1',
      },
    ])
  })

  it.each([
    ["INSERT INTO jobs VALUES ('v3', 'x')", /not authorized|authorization denied|readonly/],
    ["VACUUM INTO 'copy.db'", /not authorized|authorization denied|readonly/],
    ["ATTACH 'other.db' AS other", /not authorized/],
    ['SELECT 1 FROM nowhere', /no such table/],
    ['SELECT 1; DROP TABLE jobs', /./],
  ])('does nothing but read: %s', async (query, detail) => {
    const before = statSync(join(directory, 'app.db'))
    const samples = await look({ query })
    // A second statement is never looked at.
    if (!query.startsWith('SELECT 1;')) {
      expect(samples.every(({ value }) => value === null)).toBe(true)
      expect(samples[0]?.detail).toMatch(detail)
    }
    const after = statSync(join(directory, 'app.db'))
    expect([after.mtimeMs, after.size]).toEqual([before.mtimeMs, before.size])
  })

  it('ends a query that is late, and one that is cancelled', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
    const late = await look({ query: endless, timeoutMs: 300 })
    expect(late[0]).toMatchObject({ value: null, detail: 'app.db: no answer within 300 ms' })
    const cancelled = await look({ query: endless }, AbortSignal.timeout(200))
    expect(cancelled[0]).toMatchObject({ value: null, detail: expect.stringContaining('cancelled') })
  })

  it('does not make a file that is not there', async () => {
    expect((await look({ sqlite: 'none.db', query: 'SELECT 1' }))[0]).toMatchObject({
      value: null,
      detail: expect.stringContaining('unable to open'),
    })
  })
})

describe('rows', () => {
  it.each([
    [[], 'the query answered with no row'],
    [[['1'], ['2']], 'the query answered with several rows and no version'],
    [[['v1', '1', '2', '3']], 'the query answered with 4 columns'],
    [Array.from({ length: 65 }, (_, index) => [`v${index}`, '1']), 'the query answered with more than 64 rows'],
    [
      [
        ['v1', '1'],
        ['v1', '2'],
      ],
      'the query answered with several rows of v1',
    ],
  ])('%j: %s', (rows, why) => expect(readRows(rows)).toBe(why))

  it('knows no number where the database has none', () => {
    const rows = [
      ['v1', null],
      ['v2', 'many'],
      [null, '3'],
      ['v3', 'NaN'],
      ['v4', '12345678901234567890'],
    ]
    expect(readRows(rows)).toEqual(
      [
        ['v1', null],
        ['v2', null],
        ['v3', null],
        ['v4', Number('12345678901234567890')],
      ].map(([version, value]) => ({ version, value, observations: null })),
    )
  })
})

it('wants one database, and a query', () => {
  const fits = (given: unknown) => sql.options.safeParse(given).success
  expect(fits(sql.example)).toBe(true)
  expect(fits(sql.failingExample)).toBe(false)
  expect(fits({ sqlite: 'a', postgres: 'postgres://b', query: 'SELECT 1', signal: 'x' })).toBe(false)
  expect(sql.describe(sql.options.parse({ ...(sql.example as object), postgres: 'postgres://a:word@db/x' }))).toBe(
    'failed-jobs by a query on postgres://db/x every 10000 ms',
  )
})
