import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { redisState } from './redis-state.ts'
import { info, pourBulk, reply, startWireRedis, type WireRedis } from './redis-wire.fixture.ts'

const PASSWORD = 'redis-state-password-to-hide'
const NOW_SECONDS = 1_700_000_000
const WELL = {
  redis_version: '7.2.4',
  role: 'master',
  used_memory: 750,
  maxmemory: 1000,
  connected_clients: 10,
  maxclients: 100,
  evicted_keys: 3,
  keyspace_hits: 90,
  keyspace_misses: 10,
  db0: 'keys=12,expires=0,avg_ttl=0',
  db3: 'keys=5,expires=1,avg_ttl=9',
  aof_enabled: 1,
  aof_last_write_status: 'ok',
  rdb_last_bgsave_status: 'ok',
  rdb_last_save_time: NOW_SECONDS - 600,
  rdb_changes_since_last_save: 4,
  cluster_enabled: 0,
  master_repl_offset: 5000,
  slave0: 'ip=10.0.0.7,port=6379,state=online,offset=4000,lag=1',
}

function redis(change: Record<string, string | number> = {}, config: Record<string, string> = {}) {
  const settings: Record<string, string> = {
    save: '3600 1',
    'maxmemory-policy': 'noeviction',
    requirepass: PASSWORD,
    ...config,
  }
  return ([name, , argument = '']: string[]): string => {
    if (name === 'INFO') return info({ ...WELL, ...change })
    if (name === 'TIME') return reply([String(NOW_SECONDS), '12'])
    if (name === 'CONFIG') return argument in settings ? reply([argument, settings[argument]]) : reply([])
    return name === 'CLUSTER' ? reply('cluster_state:fail\r\n') : '+OK\r\n'
  }
}

const servers: Record<string, WireRedis> = {}
let hostile: HostileServer
beforeAll(async () => {
  hostile = await startHostile()
  servers.well = await startWireRedis(redis())
  servers.limitless = await startWireRedis(redis({ maxmemory: 0 }))
  servers.idle = await startWireRedis(
    redis({ rdb_changes_since_last_save: 0, rdb_last_save_time: 5, keyspace_hits: 0, keyspace_misses: 0 }),
  )
  servers.forgetful = await startWireRedis(redis({ aof_enabled: 0, role: 'master' }, { save: '' }))
  servers.failing = await startWireRedis(redis({ rdb_last_bgsave_status: 'err', aof_last_write_status: 'err' }))
  servers.replica = await startWireRedis(
    redis({ role: 'slave', master_link_status: 'down', master_last_io_seconds_ago: -1 }),
  )
  servers.cluster = await startWireRedis(redis({ cluster_enabled: 1 }))
  servers.tight = await startWireRedis((command) =>
    command[0] === 'CONFIG'
      ? "-NOPERM this user has no permissions to run the 'config|get' command\r\n"
      : redis()(command),
  )
  servers.locked = await startWireRedis(() => '-NOAUTH Authentication required.\r\n')
  servers.silent = await startWireRedis(() => null)
  servers.endless = await startWireRedis((_, socket) => pourBulk(socket))
  servers.ansi = await startWireRedis(redis({ redis_version: `7.2.4${ANSI}` }, { 'maxmemory-policy': ANSI }))
  servers.nonsense = await startWireRedis(() => reply([1, null, ['x']]))
})
afterAll(async () => {
  await Promise.all([hostile.stop(), ...Object.values(servers).map((one) => one.stop())])
})

const ask = (name: string, options: object = {}) => ({ options: { url: servers[name]?.url, ...options } })

checkContract(redisState, {
  passing: () =>
    ask('well', {
      versionMin: '7',
      role: 'primary',
      persistence: 'aof',
      saveAgeMax: '10 min',
      replicasMin: 1,
      replicationLagMax: '1 s',
      replicationLagBytesMax: 1000,
      memoryPercentMax: 75,
      memoryMax: 750,
      clientsPercentMax: 10,
      evictedKeysMax: 3,
      hitPercentMin: 90,
      keysMin: 17,
      keysMax: 17,
      config: { 'maxmemory-policy': 'noeviction' },
    }),
  failing: () => ask('forgetful', { persistence: 'any' }),
  unverified: () => ask('locked'),
  slow: () => ask('silent', { timeoutMs: 20_000 }),
  unreachable: { status: 'failed', case: () => ({ options: { url: 'redis://127.0.0.1:1' } }) },
  hostile: {
    'speaks another protocol': {
      status: 'failed',
      case: () => ({ options: { url: hostile.garbageUrl.replace('http', 'redis') } }),
    },
    'an endless answer': { status: 'failed', case: () => ask('endless', { timeoutMs: 20_000 }) },
    'escapes for terminals': {
      status: 'failed',
      case: () => ask('ansi', { config: { 'maxmemory-policy': 'noeviction' } }),
    },
    'another answer than asked for': { status: 'unverified', case: () => ask('nonsense') },
  },
  secret: {
    value: PASSWORD,
    case: () => ({
      options: { url: servers.well?.url.replace('//', `//:${PASSWORD}@`), config: { requirepass: 'something else' } },
    }),
  },
  mentions: () => ['redis://127.0.0.1', 'persistence aof', 'saved within 10 min', 'maxmemory-policy is noeviction'],
  recognises: {
    clear: [
      'Redis persistence is enabled',
      { label: 'Redis', text: 'AOF enabled and replication healthy' },
      '`maxmemory-policy` is `noeviction` in Redis',
    ],
    unclear: [
      'Enable Redis persistence',
      'Persistence is enabled',
      'Redis is used for sessions',
      'Redis replication not working: see the runbook',
      'Consider whether Redis persistence is on',
    ],
  },
})

const outcomeOf = (name: string, options: object) => runCheck(redisState, ask(name, options))

describe('redis-state', () => {
  it.each([
    ['well', { versionMin: '7.4' }, 'Redis 7.2.4, at least 7.4 wanted'],
    ['well', { role: 'replica' }, 'it is a primary, a replica wanted'],
    ['forgetful', { persistence: 'rdb' }, 'snapshots are off'],
    ['failing', { persistence: 'any' }, 'the last write of snapshots failed'],
    ['well', { persistence: 'none' }, 'snapshots are on'],
    ['well', { saveAgeMax: '9 min' }, 'last save 10 min ago, at most 9 min ago wanted'],
    ['well', { replicasMin: 2 }, 'replicas online 1, at least 2 wanted'],
    ['well', { replicationLagMax: 500 }, 'lag of 10.0.0.7:6379 1 s'],
    ['well', { replicationLagBytesMax: 999 }, 'lag of 10.0.0.7:6379 1 kB'],
    ['replica', { replicationLagMax: '1 h' }, 'its link to the primary is down'],
    ['well', { memoryPercentMax: 74 }, 'memory 75 %'],
    ['well', { evictedKeysMax: 2 }, 'evicted keys 3'],
    ['well', { hitPercentMin: 91 }, 'hits 90 %, at least 91 % wanted'],
    ['well', { keysMax: 16 }, 'keys 17'],
    ['well', { clusterOk: true }, 'not part of a cluster'],
    ['cluster', { clusterOk: true }, 'the cluster is in state fail'],
    ['well', { config: { 'maxmemory-policy': 'allkeys-lru' } }, 'maxmemory-policy is noeviction, allkeys-lru wanted'],
  ])('fails on a server that is %s, asked for %j', async (name, options, words) => {
    expect(await outcomeOf(name, options)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it.each([
    ['limitless', { memoryPercentMax: 80 }, 'memory is not known'],
    ['idle', { hitPercentMin: 1 }, 'hits is not known'],
    ['tight', { persistence: 'rdb' }, 'does not tell whether snapshots are on'],
    ['tight', { config: { appendonly: 'yes' } }, 'the setting appendonly is not told'],
    ['well', { config: { 'no-such': 'x' } }, 'the setting no-such is not told'],
  ])('does not know on a server that is %s, asked for %j', async (name, options, words) => {
    expect(await outcomeOf(name, options)).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining(words),
    })
  })

  it('takes an old save for a good one where nothing was written since', async () => {
    expect(await outcomeOf('idle', { saveAgeMax: '1 min' })).toMatchObject({ status: 'passed' })
  })
})
