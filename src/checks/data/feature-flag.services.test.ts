// Flags in a real Postgres and a real Redis, Debian's.
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { installPostgres, startPostgres, type PostgresServer } from '../../../test/servers/postgres.ts'
import { startRedis, type RedisServer } from '../../../test/servers/redis.ts'
import { featureFlag } from './feature-flag.ts'

const bin = installPostgres()
const redisInstalled = isProgramThere('redis-server', 'redis-server')
if (!bin) console.warn('SKIPPED: flags in Postgres, which could not be installed')
if (!redisInstalled) console.warn('SKIPPED: flags in Redis, which could not be installed')

const statusOf = async (options: object): Promise<string> => (await runCheck(featureFlag, { options })).status

describe.skipIf(!bin)('a flag in Postgres', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres(String(bin))
    await server.ask(`CREATE TABLE flags (name text, is_on boolean, rules jsonb);
      INSERT INTO flags VALUES ('checkout', true, '{"share": 0.25}'), ('basket', NULL, NULL)`)
  })
  afterAll(() => server?.stop())

  it.each([
    ["SELECT is_on FROM flags WHERE name = 'checkout'", { equals: true }, 'passed'],
    ["SELECT is_on FROM flags WHERE name = 'checkout'", { equals: false }, 'failed'],
    ["SELECT rules FROM flags WHERE name = 'checkout'", { path: 'share', equals: 0.25 }, 'passed'],
    ["SELECT is_on FROM flags WHERE name = 'basket'", { equals: false }, 'unverified'],
    ["SELECT is_on FROM flags WHERE name = 'none'", { equals: false }, 'unverified'],
    ['SELECT is_on FROM flags', { equals: true }, 'unverified'],
    ["UPDATE flags SET is_on = false WHERE name = 'checkout' RETURNING is_on", { equals: false }, 'unverified'],
  ])('%s, asked for %j, is %s', async (query, options, status) => {
    expect(await statusOf({ postgres: server.urlOf(), query, ...options })).toBe(status)
  })
})

describe.skipIf(!redisInstalled)('a flag in Redis', () => {
  let server: RedisServer
  let url = ''
  beforeAll(async () => {
    server = await startRedis({ save: '' })
    url = `redis://127.0.0.1:${server.port}`
    const client = createClient({ url })
    await client.connect()
    await client.sendCommand(['SET', 'checkout', '{"on":true}'])
    await client.sendCommand(['HSET', 'flags', 'basket', 'off'])
    client.destroy()
  })
  afterAll(() => server?.stop())

  it('is read from a key and from a hash', async () => {
    expect(await statusOf({ redis: url, key: 'checkout', path: 'on', equals: true })).toBe('passed')
    expect(await statusOf({ redis: url, key: 'flags', hashField: 'basket', equals: false })).toBe('passed')
    expect(await statusOf({ redis: url, key: 'flags', hashField: 'basket', equals: true })).toBe('failed')
    expect(await statusOf({ redis: url, key: 'flags', equals: true })).toBe('unverified')
    expect(await statusOf({ redis: url, key: 'none', equals: true })).toBe('unverified')
  })
})
