// The flag in a real Redis, and queues of every type that is counted.
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noData } from '../../test/contracts/no-data.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { startRedis, type RedisServer } from '../../test/servers/redis.ts'
import { exec } from '../lib/exec.ts'
import type { ActionContext } from './action.ts'
import { maintenance } from './maintenance.ts'

const isRedisThere = isProgramThere('redis-server', 'redis-server')
if (!isRedisThere) console.warn('SKIPPED: Redis is not installed and cannot be: maintenance by a flag in it')

describe.skipIf(!isRedisThere)('maintenance by a flag in Redis', () => {
  let server: RedisServer
  let url = ''
  const client = () => createClient({ url }).connect()
  const optionsOf = (given: object) => maintenance.options.parse(given) as Parameters<typeof maintenance.run>[0]
  const context = (progress: (line: string) => void = () => {}): ActionContext => {
    const signal = AbortSignal.timeout(30_000)
    const env = process.env as Record<string, string>
    return {
      signal,
      directory: '/',
      env,
      commands: [],
      deed: 'run item',
      data: noData,
      logDirectory: '/tmp',
      exec: (file, args) => exec(file, args, { env, timeoutMs: 30_000, signal }),
      progress,
    }
  }

  beforeAll(async () => {
    server = await startRedis({ requirepass: 'hush' })
    url = `redis://:hush@127.0.0.1:${server.port}`
  })
  afterAll(() => server.stop())

  it('stops the workers, waits for jobs of every type, and lets them go on', async () => {
    const redis = await client()
    await redis.lPush('bull:mail:wait', ['a', 'b'])
    await redis.zAdd('bull:mail:delayed', { score: 1, value: 'c' })
    await redis.sAdd('busy', 'd')
    await redis.xAdd('events', '*', { e: '1' })
    const keys = ['bull:mail:wait', 'bull:mail:delayed', 'busy', 'events', 'not-there']
    const options = optionsOf({ flag: { redis: url, key: 'paused' }, queues: [{ redis: url, keys }], every: '1ms' })
    const left: string[] = []
    const outcome = await maintenance.run(
      options,
      context((line) => {
        left.push(line)
        void redis.del(keys)
      }),
    )
    expect(left[0]).toBe('5 jobs left')
    expect(outcome).toMatchObject({ status: 'passed' })
    expect(await redis.get('paused')).toBe('1')
    expect(await maintenance.undo(options, context())).toMatchObject({ status: 'passed' })
    expect(await redis.get('paused')).toBeNull()
    redis.destroy()
  })

  it.each([
    ['a key of another type', () => ({ redis: url, keys: ['text'] }), /is a string: nothing that is counted/],
    ['a wrong password', () => ({ redis: url.replace('hush', 'wrong'), keys: ['a'] }), /WRONGPASS/],
    ['nobody there', () => ({ redis: 'redis://127.0.0.1:1', keys: ['a'] }), /ECONNREFUSED/],
  ])('%s: it has failed, and the workers go on', async (_, queue, message) => {
    const redis = await client()
    await redis.set('text', 'x')
    const options = optionsOf({ flag: { redis: url, key: 'paused' }, queues: [queue()] })
    const outcome = await maintenance.run(options, context())
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringMatching(message) })
    expect(JSON.stringify(outcome)).not.toContain('hush')
    expect(await redis.get('paused')).toBeNull()
    redis.destroy()
  })
})
