import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { sqliteState } from './sqlite-state.ts'

const SCHEMA = `CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL); CREATE INDEX orders_total ON orders (total);`
let directory = ''
let locked: DatabaseSync

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-state-'))
  create('app.db', `PRAGMA journal_mode = WAL; PRAGMA user_version = 7; ${SCHEMA}`)
  create(
    'hollow.db',
    `${SCHEMA} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)
    INSERT INTO orders SELECT i, i FROM n; DELETE FROM orders;`,
  )
  create('odd.db', `CREATE TABLE "${ANSI.replaceAll('\0', '')}" (x); CREATE TABLE orders (id INTEGER);`)
  create('locked.db', SCHEMA)
  writeFileSync(join(directory, 'text.db'), 'this was never a database\n'.repeat(500))
  writeFileSync(join(directory, 'schema.sql'), SCHEMA.replaceAll(' ', '\n  '))
  writeFileSync(join(directory, 'reaching.sql'), "ATTACH 'elsewhere.db' AS other")
  locked = new DatabaseSync(join(directory, 'locked.db'))
  locked.exec('BEGIN EXCLUSIVE')
})
afterAll(() => {
  locked.close()
  rmSync(directory, { recursive: true, force: true })
})

function create(name: string, sql: string): void {
  using database = new DatabaseSync(join(directory, name))
  database.exec(sql)
}

const at = (path: string, options: object = {}) => ({ options: { path, ...options }, context: { directory } })

checkContract(sqliteState, {
  passing: () =>
    at('app.db', {
      pragmas: { journal_mode: 'WAL', user_version: 7, encoding: 'UTF-8', auto_vacuum: 'none' },
      userVersionMin: 7,
      schemaFile: 'schema.sql',
      freePercentMax: 0,
      sizeMax: '1 MB',
      logSizeMax: '1 MB',
    }),
  failing: () => at('app.db', { pragmas: { user_version: 8 } }),
  unverified: () => at('locked.db', { timeoutMs: 200 }),
  slow: () => at('locked.db'),
  hostile: {
    'a file that is no database': { status: 'failed', case: () => at('text.db') },
    'escapes in names': { status: 'failed', case: () => at('odd.db', { schemaFile: 'schema.sql' }) },
    'a schema file that reaches elsewhere': {
      status: 'unverified',
      case: () => at('app.db', { schemaFile: 'reaching.sql' }),
    },
  },
  mentions: () => ['app.db', 'journal_mode is WAL', 'schema as in schema.sql', 'at most 1 MB'],
  recognises: {
    clear: [
      '`data/app.db`: `PRAGMA journal_mode` is `wal`',
      'WAL mode is enabled for data/app.sqlite',
      '`PRAGMA user_version` = 12 on `shop.db`',
    ],
    unclear: [
      'WAL mode enabled',
      'user_version of data/app.db noted',
      'Copy data/app.db before WAL mode is switched on',
      'WAL mode is on for `old.db` and `new.db`',
    ],
  },
})

const outcomeOf = (path: string, options: object) => runCheck(sqliteState, at(path, options))

describe('sqlite-state', () => {
  it.each([
    ['hollow.db', { pragmas: { journal_mode: 'wal' } }, 'journal_mode is delete, wal wanted'],
    ['app.db', { userVersionMin: 8 }, 'user_version 7, at least 8 wanted'],
    ['hollow.db', { freePercentMax: 50 }, 'free pages'],
    ['app.db', { sizeMax: 100 }, 'at most 100 B wanted'],
    ['app.db', { schemaHash: '0'.repeat(64) }, 'the schema has the hash'],
    ['odd.db', { schemaFile: 'schema.sql' }, 'index orders_total is missing'],
    ['gone.db', {}, 'there is no such database'],
  ])('fails for %s asked for %j', async (path, options, words) => {
    expect(await outcomeOf(path, options)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it('tells the hash that it would pass', async () => {
    const { summary } = await outcomeOf('app.db', { schemaHash: '0'.repeat(64) })
    const schemaHash = /[0-9a-f]{64}/.exec(summary)?.[0]
    expect(await outcomeOf('app.db', { schemaHash })).toMatchObject({ status: 'passed' })
    expect(await outcomeOf('hollow.db', { schemaHash })).toMatchObject({ status: 'passed' })
    expect(await outcomeOf('odd.db', { schemaHash })).toMatchObject({ status: 'failed' })
  })

  it('is unverified without the schema file', async () => {
    expect(await outcomeOf('app.db', { schemaFile: 'gone.sql' })).toMatchObject({ status: 'unverified' })
  })

  it('refuses pragmas of a connection: they say nothing of the file', () => {
    for (const name of ['foreign_keys', 'synchronous', 'wal_checkpoint'])
      expect(sqliteState.options.safeParse({ path: 'app.db', pragmas: { [name]: 1 } }).success).toBe(false)
  })
})
