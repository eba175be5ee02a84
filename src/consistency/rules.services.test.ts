// Every kind of rule on a real Postgres: the same keys and counts as SQLite gives.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, ruleContract, ruleOf } from '../../test/contracts/rule-contract.ts'
import { ruleCases } from '../../test/contracts/rule-cases.ts'
import { installPostgres, startPostgres, type PostgresServer } from '../../test/servers/postgres.ts'
import type { Database } from '../databases/database.ts'
import { postgres } from '../databases/postgres.ts'

const bin = installPostgres()
if (!bin) console.warn("SKIPPED: rules.services.test.ts needs Debian's postgresql, which could not be installed")

describe.skipIf(!bin)('rules on Postgres', () => {
  let server: PostgresServer
  let made = 0
  beforeAll(async () => {
    server = await startPostgres(String(bin))
  })
  afterAll(() => server?.stop())

  const open = async (sql: string): Promise<Database> => {
    const name = `rules_${++made}`
    await server.ask(`CREATE DATABASE ${name}`)
    await server.ask(sql, name)
    return postgres.create(postgres.options.parse({ url: server.urlOf(name) }), { directory: '/' })
  }

  for (const id of Object.keys(ruleCases)) ruleContract(id, open)

  it('judges what only Postgres has: times, NaN, rows without a primary key, its own enumerated types', async () => {
    const database = await open(`
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE t (a double precision, at timestamptz, local timestamp, m mood);
      INSERT INTO t VALUES ('NaN', '2026-11-21 11:45:00+00', '2026-11-21 11:45:00', 'ok'), (-1, NULL, NULL, 'sad'), (1, NULL, NULL, NULL)`)
    const results = await judge(database, [
      ruleOf('range', { column: 't.a', from: 0 }),
      ruleOf('freshness', { column: 't.at', within: '15 min' }),
      ruleOf('freshness', { column: 't.local', within: '14 min' }),
      ruleOf('enum', { column: 't.m', values: ['ok', 'no mood of the type'] }),
      ruleOf('not-null', { column: 't.m' }),
    ])
    expect(results.map(({ problem, keys }) => problem ?? keys)).toEqual([
      [['(0,1)'], ['(0,2)']],
      [],
      [[Date.parse('2026-11-21T11:45:00Z')]],
      [['(0,2)']],
      [['(0,3)']],
    ])
  })

  it('has the same keys whatever the collation of the server', async () => {
    const database = await open(
      `CREATE TABLE t (k text PRIMARY KEY, a text); INSERT INTO t VALUES ('b', NULL), ('B', NULL), ('a', NULL), ('_', NULL)`,
    )
    const [result] = await judge(database, [ruleOf('not-null', { column: 't.a' })])
    expect(result?.keys).toEqual([['B'], ['_'], ['a'], ['b']])
  })

  it('refuses columns that can never be equal, and patterns Postgres has no equal of', async () => {
    const database = await open('CREATE TABLE t (id integer PRIMARY KEY, a text)')
    await expect(judge(database, [ruleOf('reference', { column: 't.a', references: 't.id' })])).rejects.toThrow(
      /never equal/,
    )
    await expect(judge(database, [ruleOf('regex', { column: 't.a', pattern: '\\bword' })])).rejects.toThrow(
      /no equal of \\b/,
    )
  })

  it('ends a rule at its time limit, and the others are still judged', async () => {
    const database = await open('CREATE TABLE t (id integer PRIMARY KEY)')
    const results = await judge(
      database,
      [ruleOf('sql', { query: 'SELECT 1 AS a FROM pg_sleep(60)', key: ['a'] }), ruleOf('not-null', { column: 't.id' })],
      { ruleTimeoutMs: 1500 },
    )
    expect(results.map(({ status, problem }) => problem ?? status)).toEqual(['took longer than 1500 ms', 'passed'])
  })
})
