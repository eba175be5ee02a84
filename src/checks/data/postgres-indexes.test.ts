import { afterAll, beforeAll } from 'vitest'
import { checkContract } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { postgresIndexes } from './postgres-indexes.ts'
import { pourInto, startWirePostgres, type WireAnswer, type WirePostgres } from './postgres-wire.fixture.ts'

const PASSWORD = 'indexes-password-to-hide'
const SCAN = [{ Plan: { 'Node Type': 'Seq Scan', 'Relation Name': 'orders', Schema: 'public', 'Total Cost': 12.5 } }]

function server(plan: string): (sql: string) => WireAnswer {
  return (sql) => {
    if (sql.includes('pg_index i JOIN'))
      return [{ name: 'a_idx', full_name: 'public.a_idx', table: 'a', usable: 't', needed: 'f', scans: '0' }]
    if (sql.startsWith('EXPLAIN')) return [{ 'QUERY PLAN': plan }]
    return sql.includes('reltuples') ? [{ rows: '500', pages: '9' }] : []
  }
}

const servers: Record<string, WirePostgres> = {}
let hostile: HostileServer
beforeAll(async () => {
  hostile = await startHostile()
  servers.well = await startWirePostgres(server(JSON.stringify(SCAN)))
  servers.ansi = await startWirePostgres(
    server(JSON.stringify(SCAN).replace('orders', JSON.stringify(ANSI).slice(1, -1))),
  )
  servers.nonsense = await startWirePostgres(server('{"Plan": [1'))
  servers.deep = await startWirePostgres(server(`${'[{"Plan":{"Plans":'.repeat(3000)}1${'}}]'.repeat(3000)}`))
  servers.silent = await startWirePostgres(() => 'silence')
  servers.endless = await startWirePostgres(() => 'silence', { onReady: pourInto })
  servers.forbidding = await startWirePostgres(() => ({ code: '42501', message: 'permission denied' }))
})
afterAll(async () => {
  await Promise.all([hostile.stop(), ...Object.values(servers).map((one) => one.stop())])
})

const QUERY = 'SELECT * FROM orders'
const ask = (name: string, options: object = {}) => ({
  options: { url: servers[name]?.url, queries: [QUERY], ...options },
})

checkContract(postgresIndexes, {
  passing: () => ask('well', { indexes: ['a_idx'], unusedMax: 1, foreignKeys: true, seqScanRowsMax: 500 }),
  failing: () => ask('well', { seqScanRowsMax: 499 }),
  unverified: () => ask('forbidding'),
  slow: () => ask('silent'),
  unreachable: { status: 'unverified', case: () => ({ options: { url: 'postgres://127.0.0.1:1/app' } }) },
  hostile: {
    'speaks another protocol': {
      status: 'unverified',
      case: () => ({ options: { url: hostile.garbageUrl.replace('http', 'postgres'), timeoutMs: 2000 } }),
    },
    'an endless answer': { status: 'unverified', case: () => ask('endless', { timeoutMs: 20_000 }) },
    'escapes for terminals': { status: 'failed', case: () => ask('ansi', { seqScanRowsMax: 0 }) },
    'a plan that is none': { status: 'unverified', case: () => ask('nonsense') },
    'a plan without a cost, nested deep': { status: 'unverified', case: () => ask('deep') },
  },
  secret: {
    value: PASSWORD,
    case: () => ({ options: { url: servers.forbidding?.url.replace('app@', `app:${PASSWORD}@`) } }),
  },
  mentions: () => ['a_idx', QUERY, 'more than 500 rows', 'every foreign key', 'at most 1 are unused'],
  failingExample: {
    skipped: 'indexes of a database that nobody can ask are not known; the services suite has a real one',
  },
})
