// Against a real Redis, Debian's `redis-server`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { startRedis, type RedisServer } from '../../../test/servers/redis.ts'
import { redisPing } from './redis-ping.ts'

const PASSWORD = 'redis-password-to-hide'

const installed = isProgramThere('redis-server', 'redis-server')
if (!installed) console.warn('SKIPPED: redis-ping.services.test.ts needs redis-server, which could not be installed')

describe.skipIf(!installed)('redis-ping on a real Redis', () => {
  let server: RedisServer
  let url = ''

  beforeAll(async () => {
    server = await startRedis({ requirepass: PASSWORD, maxmemory: '100mb', save: '' })
    url = `redis://:${PASSWORD}@127.0.0.1:${server.port}`
  })
  afterAll(() => server?.stop())

  checkContract(redisPing, {
    passing: () => ({ options: { url, latencyMsMax: 5000, memoryPercentMax: 50 } }),
    failing: () => ({ options: { url, memoryPercentMax: 0 } }),
    unverified: () => ({ options: { url: url.replace(PASSWORD, 'wrong') } }),
    secret: { value: PASSWORD, case: () => ({ options: { url, memoryPercentMax: 0 } }) },
    mentions: () => ['redis://127.0.0.1'],
    recognises: {
      clear: ['Redis is reachable', 'Redis responds', 'Redis answers (`redis-cli ping`)'],
      unclear: ['Redis', 'Redis connection failures', 'Flush the Redis cache'],
    },
  })

  it('fails while Redis takes connections but does not answer', async () => {
    server.signal('SIGSTOP')
    try {
      expect(await runCheck(redisPing, { options: { url, timeoutMs: 300 } })).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('no answer within 300 ms'),
      })
    } finally {
      server.signal('SIGCONT')
    }
  })
})
