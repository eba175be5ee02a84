import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { pourInto, startWirePostgres, type WirePostgres } from './postgres-wire.fixture.ts'
import { RECOGNISED } from './sql-count.fixture.ts'
import { sqlCount } from './sql-count.ts'

const ENDLESS = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
const PASSWORD = 'hunter2-but-longer'
let directory = ''
let silent: Server
let hostile: HostileServer
let endless: WirePostgres
let ansi: WirePostgres
const connections = new Set<Socket>()
let silentPort = 0

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-count-'))
  const database = new DatabaseSync(join(directory, 'app.db'))
  database.exec(
    'CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL); INSERT INTO orders VALUES (1, 2.5), (2, 4), (3, 5)',
  )
  database.close()
  hostile = await startHostile()
  endless = await startWirePostgres(() => 'silence', { onReady: pourInto })
  ansi = await startWirePostgres(() => [{ n: ANSI }])
  silent = createServer((socket) => connections.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  silentPort = (silent.address() as AddressInfo).port
})
afterAll(async () => {
  await Promise.all([hostile.stop(), endless.stop(), ansi.stop()])
  silent.close()
  for (const socket of connections) socket.destroy()
  rmSync(directory, { recursive: true, force: true })
})

const ask = (query: string, bounds: Record<string, unknown>) => ({
  options: { sqlite: 'app.db', query, ...bounds },
  context: { directory },
})

checkContract(sqlCount, {
  passing: () => ask('SELECT count(*) FROM orders', { min: 1, max: 3 }),
  failing: () => ask('SELECT count(*) FROM orders', { equals: 0 }),
  unverified: () => ask('SELECT count(*) FROM no_such_table', { equals: 0 }),
  slow: () => ask(ENDLESS, { max: 1 }),
  unreachable: {
    status: 'unverified',
    case: () => ({ options: { postgres: 'postgres://127.0.0.1:1/app', query: 'SELECT 1', equals: 1 } }),
  },
  hostile: {
    'speaks another protocol': {
      status: 'unverified',
      case: () => ({
        options: {
          postgres: hostile.garbageUrl.replace('http', 'postgres'),
          query: 'SELECT 1',
          equals: 1,
          timeoutMs: 2000,
        },
      }),
    },
    'an endless answer': {
      status: 'unverified',
      case: () => ({ options: { postgres: endless.url, query: 'SELECT 1', equals: 1, timeoutMs: 20_000 } }),
    },
    'escapes in an answer': {
      status: 'unverified',
      case: () => ({ options: { postgres: ansi.url, query: 'SELECT 1', equals: 1 } }),
    },
  },
  secret: {
    value: PASSWORD,
    case: () => ({ options: { postgres: `postgres://app:${PASSWORD}@127.0.0.1:1/app`, query: 'SELECT 1', equals: 1 } }),
  },
  mentions: () => ['SELECT count(*) FROM orders', 'app.db', 'at least 1 and at most 3'],
  recognises: RECOGNISED,
})

const statusOf = async (query: string, bounds: Record<string, unknown>): Promise<string> =>
  (await runCheck(sqlCount, ask(query, bounds))).status

const valid = (options: object): boolean => sqlCount.options.safeParse({ query: 'SELECT 1', ...options }).success

describe('sql-count', () => {
  it('includes both ends of its bounds', async () => {
    expect(await statusOf('SELECT 3', { max: 3 })).toBe('passed')
    expect(await statusOf('SELECT 3', { min: 3 })).toBe('passed')
    expect(await statusOf('SELECT 3', { min: 3.5 })).toBe('failed')
    expect(await statusOf('SELECT avg(total) FROM orders WHERE id < 3', { max: 3.2 })).toBe('failed')
    expect(await statusOf('SELECT -1', { min: 0 })).toBe('failed')
  })

  it.each([
    ['no row', 'SELECT id FROM orders WHERE id > 9'],
    ['several rows', 'SELECT id FROM orders'],
    ['2 columns', 'SELECT 1, 2'],
    ['null', 'SELECT max(id) FROM orders WHERE id > 9'],
    ['many', "SELECT 'many'"],
    ['', "SELECT ''"],
  ])('is unverified when the answer is %j instead of a number', async (got, query) => {
    expect(await runCheck(sqlCount, ask(query, { min: 0 }))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining(`answered ${got}, not one number`),
    })
  })

  it.each([
    'DELETE FROM orders',
    "VACUUM INTO 'copy.db'",
    "ATTACH 'other.db' AS other",
    'PRAGMA user_version = 7',
    'CREATE TEMP TABLE t (i)',
  ])('does not run %s', async (query) => {
    expect(await statusOf(query, { min: 0 })).toBe('unverified')
    expect(await statusOf('SELECT count(*) FROM orders', { equals: 3 })).toBe('passed')
    for (const name of ['copy.db', 'other.db']) expect(existsSync(join(directory, name))).toBe(false)
  })

  it('is unverified when the database is missing: there is no number to judge', async () => {
    const outcome = await runCheck(sqlCount, {
      options: { sqlite: 'gone.db', query: 'SELECT 1', equals: 1 },
      context: { directory },
    })
    expect(outcome.status).toBe('unverified')
    expect(existsSync(join(directory, 'gone.db'))).toBe(false)
  })

  it('is unverified when Postgres refuses or does not answer', async () => {
    for (const port of [1, silentPort]) {
      const postgres = `postgres://app@127.0.0.1:${port}/app`
      const outcome = await runCheck(sqlCount, { options: { postgres, query: 'SELECT 1', equals: 1, timeoutMs: 200 } })
      expect(outcome).toMatchObject({ status: 'unverified', summary: expect.stringContaining(`127.0.0.1:${port}`) })
    }
  })

  it('wants exactly one database and at least one bound', () => {
    expect(valid({ sqlite: 'app.db', equals: 1 })).toBe(true)
    expect(valid({ equals: 1 })).toBe(false)
    expect(valid({ sqlite: 'app.db', postgres: 'postgres://localhost/app', equals: 1 })).toBe(false)
    expect(valid({ sqlite: 'app.db' })).toBe(false)
    expect(valid({ postgres: 'mysql://localhost/app', equals: 1 })).toBe(false)
  })
})
