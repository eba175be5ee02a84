import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { ruleOf } from '../../test/contracts/rule-contract.ts'
import { sqlite } from '../databases/sqlite.ts'
import { fileOf } from './database.fixture.ts'
import { measurePerformance } from './performance.ts'

it('measures look-ups, rows judged and commits, and leaves the database as it was', async () => {
  const file = fileOf(
    "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y')",
  )
  const database = sqlite.create(sqlite.options.parse({ path: file }), { directory: '/' })
  const measured = await measurePerformance(database, [ruleOf('not-null', { column: 't.a' })], {
    signal: AbortSignal.timeout(60_000),
    stretchMs: 100,
  })
  expect(measured).toMatchObject({ notes: [] })
  const { lookupMedianMs, lookupP95Ms, rowsPerSecond, commitsPerSecond } = measured
  for (const figure of [lookupMedianMs, lookupP95Ms, rowsPerSecond, commitsPerSecond]) expect(figure).toBeGreaterThan(0)
  expect(Number(lookupP95Ms)).toBeGreaterThanOrEqual(Number(lookupMedianMs))
  expect(readdirSync(dirname(file)).filter((name) => name.includes('scratch'))).toEqual([])
  using read = new DatabaseSync(file)
  expect(read.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 't' }])
})

it('says what it could not measure', async () => {
  const file = fileOf('CREATE TABLE t (a TEXT)')
  const database = sqlite.create(sqlite.options.parse({ path: file }), { directory: '/' })
  const measured = await measurePerformance(database, [], { signal: AbortSignal.timeout(60_000), stretchMs: 50 })
  expect(measured).toMatchObject({
    lookupMedianMs: null,
    rowsPerSecond: null,
    notes: [expect.stringContaining('primary key'), expect.stringContaining('no rule')],
  })
})
