// Against a real Redis and a real replica of it, Debian's `redis-server`.
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { startRedis, type RedisServer } from '../../../test/servers/redis.ts'
import { poll } from '../../lib/deadline.ts'
import type { Outcome } from '../../plan/outcome.ts'
import { redisState } from './redis-state.ts'

const PASSWORD = 'redis-password-to-hide'

const installed = isProgramThere('redis-server', 'redis-server')
if (!installed) console.warn('SKIPPED: redis-state.services.test.ts needs redis-server, which could not be installed')

describe.skipIf(!installed)('redis-state on a real Redis', () => {
  let primary: RedisServer
  let replica: RedisServer

  beforeAll(async () => {
    const login = { requirepass: PASSWORD, masterauth: PASSWORD }
    primary = await startRedis({ ...login, save: '3600 1', appendonly: 'yes', maxmemory: '100mb' })
    replica = await startRedis({ ...login, save: '', replicaof: `127.0.0.1 ${primary.port}` })
    expect(
      await poll(async () => (await state({ replicasMin: 1 })).status === 'passed' || null, {
        everyMs: 50,
        timeoutMs: 60_000,
      }),
    ).toBe(true)
  })
  afterAll(async () => {
    await replica?.stop()
    await primary?.stop()
  })

  const urlOf = ({ port }: RedisServer): string => `redis://:${PASSWORD}@127.0.0.1:${port}`
  const state = (options: object, server = primary): Promise<Outcome> =>
    runCheck(redisState, { options: { url: urlOf(server), ...options } })
  const send = async (...words: string[]): Promise<void> => {
    const client = createClient({ url: urlOf(primary) })
    client.on('error', () => {})
    await client.connect()
    await client.sendCommand(words).finally(() => client.destroy())
  }

  it('passes a primary that keeps what it is given and whose replica keeps up', async () => {
    await send('SET', 'greeting', 'hello')
    await send('GET', 'greeting')
    const options = {
      versionMin: '6',
      role: 'primary',
      persistence: 'any',
      saveAgeMax: '1 h',
      replicasMin: 1,
      replicationLagMax: '1 min',
      replicationLagBytesMax: '1 MB',
      memoryPercentMax: 50,
      clientsPercentMax: 50,
      evictedKeysMax: 0,
      hitPercentMin: 1,
      keysMin: 1,
      keysMax: 1,
      config: { appendonly: 'yes', 'maxmemory-policy': 'noeviction' },
    }
    const outcome = await state(options)
    expect(outcome).toMatchObject({ status: 'passed' })
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD)
  })

  it('judges a replica by itself', async () => {
    expect(await state({ role: 'replica', persistence: 'none', replicationLagMax: '1 min' }, replica)).toMatchObject({
      status: 'passed',
    })
    expect(await state({ persistence: 'any' }, replica)).toMatchObject({ status: 'failed' })
  })

  it.each([
    { versionMin: '99' },
    { role: 'replica' },
    { persistence: 'none' },
    { replicasMin: 2 },
    { memoryPercentMax: 0 },
    { keysMin: 1_000_000 },
    { clusterOk: true },
    { config: { 'maxmemory-policy': 'allkeys-lru' } },
  ])('fails for %j', async (options) => {
    expect(await state(options)).toMatchObject({ status: 'failed' })
  })

  it('counts what was evicted', async () => {
    await send('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await send('CONFIG', 'SET', 'maxmemory', '1')
    await send('SET', 'another', 'value').catch(() => {})
    await send('CONFIG', 'SET', 'maxmemory', '100mb')
    expect(await state({ evictedKeysMax: 0 })).toMatchObject({ status: 'failed' })
  })

  it('fails when the replica has lost its primary', async () => {
    await primary.stop()
    const lost = async (): Promise<true | null> =>
      (await state({ role: 'replica', replicationLagMax: '1 h' }, replica)).status === 'failed' || null
    expect(await poll(lost, { everyMs: 100, timeoutMs: 60_000 })).toBe(true)
  })
})
