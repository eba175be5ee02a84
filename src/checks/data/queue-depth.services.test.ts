// Against a real Redis: plain structures, and queues that BullMQ itself makes.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere, npmFolder } from '../../../test/servers/packages.ts'
import { startRedis, type RedisServer } from '../../../test/servers/redis.ts'
import { poll } from '../../lib/deadline.ts'
import type { Outcome } from '../../plan/outcome.ts'
import { queueDepth } from './queue-depth.ts'

const installed = isProgramThere('redis-server', 'redis-server')
if (!installed) console.warn('SKIPPED: queue-depth.services.test.ts needs redis-server, which could not be installed')
const packages = installed ? npmFolder('bullmq@5.58.0') : null
if (!packages) console.warn('SKIPPED: queues of BullMQ, which could not be installed')

/** What is used of BullMQ. */
interface Bullmq {
  Queue: new (
    name: string,
    options: object,
  ) => {
    add(name: string, data: object, options?: object): Promise<unknown>
    pause(): Promise<void>
    resume(): Promise<void>
    close(): Promise<void>
  }
  Worker: new (
    name: string,
    work: () => Promise<void>,
    options: object,
  ) => {
    waitUntilReady(): Promise<unknown>
    on(event: string, heard: () => void): void
    close(force: boolean): Promise<void>
  }
}

describe.skipIf(!installed)('queue-depth on a real Redis', () => {
  let server: RedisServer
  let url = ''
  const client = () => createClient({ url })
  let redis: ReturnType<typeof client>

  beforeAll(async () => {
    server = await startRedis({ save: '' })
    url = `redis://127.0.0.1:${server.port}`
    redis = client()
    redis.on('error', () => {})
    await redis.connect()
  })
  afterAll(async () => {
    redis?.destroy()
    await server?.stop()
  })

  const depth = (options: object): Promise<Outcome> => runCheck(queueDepth, { options: { redis: url, ...options } })
  const statusOf = async (options: object): Promise<string> => (await depth(options)).status

  const tooOld = (ask: object) => async (): Promise<true | null> =>
    (await statusOf({ ...ask, oldestMax: 0 })) === 'failed' || null

  it('counts lists and sorted sets', async () => {
    await redis.sendCommand(['RPUSH', 'mails', 'a', 'b', 'c'])
    await redis.sendCommand(['ZADD', 'later', '1', 'a', '2', 'b'])
    expect(await statusOf({ list: 'mails', depthMax: 3, depthMin: 3 })).toBe('passed')
    expect(await statusOf({ list: 'mails', depthMax: 2 })).toBe('failed')
    expect(await statusOf({ sortedSet: 'later', depthMax: 1 })).toBe('failed')
    expect(await statusOf({ list: 'later', depthMax: 9 })).toBe('unverified')
  })

  it('counts what a consumer group has still to do', async () => {
    await redis.sendCommand(['XGROUP', 'CREATE', 'events', 'workers', '$', 'MKSTREAM'])
    for (const value of ['1', '2', '3']) await redis.sendCommand(['XADD', 'events', '*', 'n', value])
    const ask = { stream: 'events', group: 'workers' }
    expect(await depth({ ...ask, depthMax: 3, depthMin: 3, oldestMax: '1 h' })).toMatchObject({ status: 'passed' })
    await redis.sendCommand(['XREADGROUP', 'GROUP', 'workers', 'one', 'COUNT', '2', 'STREAMS', 'events', '>'])
    expect(await depth({ ...ask, depthMax: 3, depthMin: 3, oldestMax: '1 h', consumersMin: 1 })).toMatchObject({
      status: 'passed',
    })
    expect(await poll(tooOld(ask), { everyMs: 5, timeoutMs: 30_000 })).toBe(true)
    expect(await statusOf({ ...ask, consumersMin: 2 })).toBe('failed')
    expect(await statusOf({ stream: 'events', depthMax: 2 })).toBe('failed')
    expect(await statusOf({ stream: 'events', group: 'others', depthMax: 9 })).toBe('unverified')
  })

  describe.skipIf(!packages)('queues of BullMQ', () => {
    let bullmq: Bullmq
    let queue: InstanceType<Bullmq['Queue']>
    const connection = () => ({ host: '127.0.0.1', port: server.port })

    beforeAll(async () => {
      bullmq = createRequire(join(String(packages), 'index.js'))('bullmq') as Bullmq
      queue = new bullmq.Queue('mails', { connection: connection(), prefix: 'shop' })
      await queue.add('send', { n: 1 })
      await queue.add('send', { n: 2 }, { priority: 5 })
      await queue.add('send', { n: 3 }, { delay: 3_600_000 })
    })
    afterAll(() => queue?.close())

    const ask = { bullmq: 'mails', prefix: 'shop' }

    it('counts what waits, with and without a priority, and what is delayed', async () => {
      const bounds = { depthMax: 2, depthMin: 2, delayedMax: 1, failedMax: 0, oldestMax: '1 h' }
      expect(await depth({ ...ask, ...bounds })).toMatchObject({ status: 'passed' })
      expect(await statusOf({ ...ask, depthMax: 1 })).toBe('failed')
      expect(await statusOf({ ...ask, delayedMax: 0 })).toBe('failed')
      expect(await poll(tooOld(ask), { everyMs: 5, timeoutMs: 30_000 })).toBe(true)
      expect(await statusOf({ ...ask, prefix: 'bull', depthMax: 9 })).toBe('unverified')
    })

    it('sees that it is paused, and counts all the same', async () => {
      await queue.pause()
      expect(await depth({ ...ask, depthMax: 9 })).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('paused'),
      })
      expect(await statusOf({ ...ask, paused: true, depthMin: 2, depthMax: 2, oldestMax: '1 h' })).toBe('passed')
      await queue.resume()
    })

    it('counts workers, and the jobs that they could not do', async () => {
      expect(await statusOf({ ...ask, consumersMin: 1 })).toBe('failed')
      const fail = (): Promise<void> => Promise.reject(new Error('no such mailbox'))
      const worker = new bullmq.Worker('mails', fail, { connection: connection(), prefix: 'shop' })
      worker.on('error', () => {})
      await worker.waitUntilReady()
      const done = async (): Promise<true | null> =>
        (await statusOf({ ...ask, depthMax: 0, consumersMin: 1 })) === 'passed' &&
        (await statusOf({ ...ask, failedMax: 1 })) === 'failed'
          ? true
          : null
      expect(await poll(done, { everyMs: 50, timeoutMs: 30_000 })).toBe(true)
      expect(await depth({ ...ask, failedMax: 1 })).toMatchObject({ summary: expect.stringContaining('failed 2') })
      await worker.close(true)
    })
  })
})
