import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { postgresHealth } from './postgres-health.ts'
import {
  pourInto,
  startWirePostgres,
  type WireAnswer,
  type WirePostgres,
  type WireRow,
} from './postgres-wire.fixture.ts'

const PASSWORD = 'health-password-to-hide'
const WELL: WireRow = {
  version: '15.4 (Debian)',
  is_replica: 'f',
  sees_all: 't',
  connections: '40',
  connections_max: '100',
  waiting: '1',
  transaction_ms: '61000.5',
  size_bytes: '2000000',
}

/** A server in this state. */
function server(
  change: WireRow = {},
  replicas: readonly WireRow[] = [],
): (sql: string, values: readonly string[]) => WireAnswer {
  return (sql, values) => {
    if (sql.includes('server_version')) return [{ ...WELL, ...change }]
    if (sql.includes('pg_extension')) return values[0]?.includes('vector') ? [{ name: 'vector', version: '0.5.1' }] : []
    if (sql.includes('current_setting($1')) return [{ value: values[0] === 'wal_level' ? 'replica' : null }]
    return replicas
  }
}

const servers: Record<string, WirePostgres> = {}
let hostile: HostileServer
beforeAll(async () => {
  hostile = await startHostile()
  const streaming = { name: 'second', state: 'streaming', lag_bytes: '1500', lag_ms: '250' }
  servers.well = await startWirePostgres(server({}, [streaming]))
  servers.alone = await startWirePostgres(server())
  servers.blind = await startWirePostgres(
    server({ sees_all: 'f', transaction_ms: null }, [{ ...streaming, lag_ms: null }]),
  )
  servers.replica = await startWirePostgres(server({ is_replica: 't' }, [{ ...streaming, state: 'not streaming' }]))
  servers.silent = await startWirePostgres(() => 'silence')
  servers.refusing = await startWirePostgres(() => [], {
    refuses: { code: '28P01', message: 'password authentication failed' },
  })
  servers.endless = await startWirePostgres(() => 'silence', { onReady: pourInto })
  servers.ansi = await startWirePostgres(server({ version: `15.4 ${ANSI}` }))
  servers.empty = await startWirePostgres(() => [])
  servers.nonsense = await startWirePostgres(() => [{ version: '15.4', connections: 'many' }])
})
afterAll(async () => {
  await Promise.all([hostile.stop(), ...Object.values(servers).map((one) => one.stop())])
})

const ask = (name: string, options: object = {}) => ({ options: { url: servers[name]?.url, ...options } })

checkContract(postgresHealth, {
  passing: () =>
    ask('well', {
      versionMin: '15.4',
      connectionsPercentMax: 40,
      transactionTimeMax: '2 min',
      waitingMax: 1,
      replicasMin: 1,
      replicationLagMax: '1 s',
      replicationLagBytesMax: '2 kB',
      databaseSizeMax: '2 MB',
      extensions: { vector: '0.5' },
      settings: { wal_level: 'replica' },
    }),
  failing: () => ask('well', { connectionsPercentMax: 39.9 }),
  unverified: () => ask('refusing'),
  slow: () => ask('silent'),
  unreachable: { status: 'failed', case: () => ({ options: { url: 'postgres://127.0.0.1:1/app' } }) },
  hostile: {
    'speaks another protocol': {
      status: 'failed',
      case: () => ({ options: { url: hostile.garbageUrl.replace('http', 'postgres'), timeoutMs: 2000 } }),
    },
    'an endless answer': { status: 'failed', case: () => ask('endless', { timeoutMs: 20_000 }) },
    'escapes for terminals': { status: 'passed', case: () => ask('ansi') },
    'no answer to the question': { status: 'unverified', case: () => ask('empty') },
    'words for numbers': { status: 'unverified', case: () => ask('nonsense', { connectionsPercentMax: 80 }) },
  },
  secret: {
    value: PASSWORD,
    case: () => ({ options: { url: servers.refusing?.url.replace('app@', `app:${PASSWORD}@`) } }),
  },
  mentions: () => ['postgres://127.0.0.1', 'at most 40 %', '2 min', 'vector 0.5', 'wal_level is replica'],
  recognises: {
    clear: [
      'PostgreSQL is up and accepts queries',
      'Postgres server is accepting connections (`pg_isready`)',
      'Postgres at postgres://db.internal:5432/shop is reachable',
      { text: 'PostgreSQL 15+ is running', label: 'Database' },
    ],
    unclear: [
      'PostgreSQL is only reachable from the application subnet',
      'PostgreSQL is tuned for production',
      'Postgres at postgres://your-db:5432/shop is reachable',
      'If Postgres is up, restart the worker',
      'Alert fires when Postgres is not reachable',
      'Install PostgreSQL',
    ],
  },
})

const outcomeOf = (name: string, options: object) => runCheck(postgresHealth, ask(name, options))

describe('postgres-health', () => {
  it.each([
    ['well', { versionMin: '16' }, 'Postgres 15.4, at least 16 wanted'],
    ['well', { role: 'replica' }, 'it is a primary, a replica wanted'],
    ['replica', {}, 'it is in recovery (a replica), a primary wanted'],
    ['well', { transactionTimeMax: '1 min' }, 'longest transaction 1 min 1 s, at most 1 min wanted'],
    ['well', { waitingMax: 0 }, 'sessions waiting for a lock 1, at most 0 wanted'],
    ['alone', { replicasMin: 1 }, 'replicas streaming 0, at least 1 wanted'],
    ['well', { replicationLagMax: 200 }, 'lag of second 250 ms, at most 200 ms wanted'],
    ['well', { replicationLagBytesMax: '1 kB' }, 'lag of second 1.5 kB, at most 1 kB wanted'],
    ['well', { databaseSizeMax: '1 MB' }, 'database 2 MB, at most 1 MB wanted'],
    ['well', { extensions: { postgis: 'any' } }, 'extension postgis is not created'],
    ['well', { extensions: { vector: '0.6' } }, 'extension vector 0.5.1, at least 0.6 wanted'],
    ['well', { settings: { wal_level: 'logical' } }, 'wal_level is replica, logical wanted'],
  ])('fails on a server that is %s, asked for %j', async (name, options, words) => {
    expect(await outcomeOf(name, options)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it.each([
    ['blind', { transactionTimeMax: '1 h' }, 'hidden from this user'],
    ['blind', { replicationLagMax: '1 h' }, 'lag of second is not known'],
    ['alone', { replicationLagMax: '1 h' }, 'no replica is connected'],
    ['well', { settings: { no_such: 'on' } }, 'there is no setting no_such'],
  ])('does not know on a server that is %s, asked for %j', async (name, options, words) => {
    expect(await outcomeOf(name, options)).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining(words),
    })
  })
})
