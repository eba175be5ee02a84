import { afterAll, beforeAll } from 'vitest'
import { checkContract } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { postgresConstraints } from './postgres-constraints.ts'
import { pourInto, startWirePostgres, type WireAnswer, type WirePostgres } from './postgres-wire.fixture.ts'

const PASSWORD = 'constraints-password-to-hide'

function server(name: string, validated = 't'): (sql: string) => WireAnswer {
  return (sql) => {
    if (sql.includes('conenforced')) return [{ name, table: 'orders', validated, enforced: 'true' }]
    return sql.includes('has_key') ? [{ name: 'orders', table: 'orders', has_key: 't' }] : []
  }
}

const servers: Record<string, WirePostgres> = {}
let hostile: HostileServer
beforeAll(async () => {
  hostile = await startHostile()
  servers.well = await startWirePostgres(server('orders_buyer_fk'))
  servers.unvalidated = await startWirePostgres(server(`orders_buyer_fk${ANSI}`, 'f'))
  servers.empty = await startWirePostgres(() => [])
  servers.silent = await startWirePostgres(() => 'silence')
  servers.endless = await startWirePostgres(() => 'silence', { onReady: pourInto })
  servers.forbidding = await startWirePostgres(() => ({ code: '42501', message: 'permission denied' }))
})
afterAll(async () => {
  await Promise.all([hostile.stop(), ...Object.values(servers).map((one) => one.stop())])
})

const ask = (name: string, options: object = {}) => ({ options: { url: servers[name]?.url, ...options } })

checkContract(postgresConstraints, {
  passing: () => ask('well', { constraints: ['orders_buyer_fk'], primaryKeys: true }),
  failing: () => ask('unvalidated'),
  unverified: () => ask('empty'),
  slow: () => ask('silent'),
  unreachable: { status: 'unverified', case: () => ({ options: { url: 'postgres://127.0.0.1:1/app' } }) },
  hostile: {
    'speaks another protocol': {
      status: 'unverified',
      case: () => ({ options: { url: hostile.garbageUrl.replace('http', 'postgres'), timeoutMs: 2000 } }),
    },
    'an endless answer': { status: 'unverified', case: () => ask('endless', { timeoutMs: 20_000 }) },
    'escapes for terminals in a name': { status: 'failed', case: () => ask('unvalidated') },
    'a catalogue it may not read': { status: 'unverified', case: () => ask('forbidding') },
  },
  secret: {
    value: PASSWORD,
    case: () => ({ options: { url: servers.forbidding?.url.replace('app@', `app:${PASSWORD}@`) } }),
  },
  mentions: () => ['orders_buyer_fk', 'primary key', '127.0.0.1'],
  failingExample: {
    skipped: 'constraints of a database that nobody can ask are not known; the services suite has a real one',
  },
  recognises: {
    clear: [
      'Foreign key constraints are validated',
      'All PostgreSQL constraints valid ($SHOP_DB_URL)',
      { label: 'Integrity', text: 'Database constraints are enforced' },
    ],
    unclear: [
      'Input constraints validated',
      'Foreign key constraints are validated before the tests run',
      'MySQL: database constraints enabled',
      'Add the foreign key constraints',
      'Foreign key constraints not enforced on staging',
    ],
  },
})
