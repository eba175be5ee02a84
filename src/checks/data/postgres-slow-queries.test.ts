import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { postgresSlowQueries } from './postgres-slow-queries.ts'
import {
  pourInto,
  startWirePostgres,
  type WireAnswer,
  type WirePostgres,
  type WireRow,
} from './postgres-wire.fixture.ts'

const PASSWORD = 'slow-password-to-hide'
const SLOW: WireRow = { query: `SELECT ${ANSI} FROM orders`, calls: '12', mean_ms: '250.5' }
const FAST: WireRow = { query: 'SELECT 1', calls: '900', mean_ms: '0.2' }

/** @param statements what was counted; null: the extension is not there. */
function server(statements: WireAnswer | null): (sql: string) => WireAnswer {
  return (sql) => {
    if (sql.includes('pg_extension')) return statements === null ? [] : [{ schema: 'public', is_new: 't' }]
    return statements ?? []
  }
}

const servers: Record<string, WirePostgres> = {}
let hostile: HostileServer
beforeAll(async () => {
  hostile = await startHostile()
  servers.counted = await startWirePostgres(server([SLOW, FAST]))
  servers.without = await startWirePostgres(server(null))
  servers.unloaded = await startWirePostgres(
    server({ code: '55000', message: 'pg_stat_statements must be loaded via "shared_preload_libraries"' }),
  )
  servers.nonsense = await startWirePostgres(server([{ ...SLOW, mean_ms: 'soon' }]))
  servers.silent = await startWirePostgres(() => 'silence')
  servers.endless = await startWirePostgres(() => 'silence', { onReady: pourInto })
})
afterAll(async () => {
  await Promise.all([hostile.stop(), ...Object.values(servers).map((one) => one.stop())])
})

const ask = (name: string, options: object = {}) => ({
  options: { url: servers[name]?.url, meanTimeMax: '200 ms', ...options },
})

checkContract(postgresSlowQueries, {
  passing: () => ask('counted', { slowMax: 1 }),
  failing: () => ask('counted'),
  unverified: () => ask('without'),
  slow: () => ask('silent'),
  unreachable: {
    status: 'unverified',
    case: () => ({ options: { url: 'postgres://127.0.0.1:1/app', meanTimeMax: '1 s' } }),
  },
  hostile: {
    'speaks another protocol': {
      status: 'unverified',
      case: () => ({
        options: { url: hostile.garbageUrl.replace('http', 'postgres'), timeoutMs: 2000, meanTimeMax: '1 s' },
      }),
    },
    'an endless answer': { status: 'unverified', case: () => ask('endless', { timeoutMs: 20_000 }) },
    'escapes for terminals in a statement': { status: 'failed', case: () => ask('counted') },
    'words for numbers': { status: 'unverified', case: () => ask('nonsense') },
  },
  secret: {
    value: PASSWORD,
    case: () => ({ options: { url: servers.without?.url.replace('app@', `app:${PASSWORD}@`), meanTimeMax: '1 s' } }),
  },
  mentions: () => ['at most 1', '200 ms', '127.0.0.1'],
  failingExample: {
    skipped: 'statements of a database that nobody can ask are not known; the services suite has a real one',
  },
})

describe('postgres-slow-queries', () => {
  it('leaves aside what may be slow', async () => {
    expect(await runCheck(postgresSlowQueries, ask('counted', { ignore: ['from orders'] }))).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('0 of 1 statements'),
    })
  })

  it('says nothing where nothing was counted, or everything is left aside', async () => {
    expect(await runCheck(postgresSlowQueries, ask('counted', { ignore: ['.'] }))).toMatchObject({
      status: 'unverified',
    })
  })

  it('says how the counting is switched on', async () => {
    for (const name of ['without', 'unloaded'])
      expect(await runCheck(postgresSlowQueries, ask(name))).toMatchObject({
        status: 'unverified',
        remedy: expect.stringContaining('shared_preload_libraries'),
      })
  })
})
