import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { pingRedis, redisPing } from './redis-ping.ts'
import { info, pourBulk, startWireRedis, type WireRedis } from './redis-wire.fixture.ts'

const PASSWORD = 'not-to-be-shown'
const servers: WireRedis[] = []
const ports = { open: 0, limitless: 0, locked: 0, loading: 0, silent: 0, endless: 0, nested: 0, ansi: 0 }
let hostile: HostileServer

async function speak(answer: Parameters<typeof startWireRedis>[0]): Promise<number> {
  const server = await startWireRedis(answer)
  servers.push(server)
  return server.port
}

function redis(maxBytes: number): (command: string[]) => string {
  return ([name]) => {
    if (name === 'PING') return '+PONG\r\n'
    if (name === 'INFO') return info({ used_memory: 750, used_memory_rss: 9000, maxmemory: maxBytes })
    return '+OK\r\n'
  }
}

beforeAll(async () => {
  hostile = await startHostile()
  ports.open = await speak(redis(1000))
  ports.limitless = await speak(redis(0))
  ports.locked = await speak(() => '-NOAUTH Authentication required.\r\n')
  ports.loading = await speak(([name]) =>
    name === 'PING' ? '-LOADING Redis is loading the dataset\r\n' : redis(0)([name ?? '']),
  )
  ports.silent = await speak(() => null)
  ports.endless = await speak((_, socket) => pourBulk(socket))
  ports.nested = await speak(() => '*1\r\n'.repeat(100_000))
  ports.ansi = await speak(() => `-ERR ${ANSI}\r\n`)
})
afterAll(async () => {
  await Promise.all([hostile.stop(), ...servers.map((server) => server.stop())])
})

const at = (port: number, extra: Record<string, unknown> = {}) => ({
  options: { url: `redis://127.0.0.1:${port}`, ...extra },
})

checkContract(redisPing, {
  passing: () => at(ports.open, { latencyMsMax: 5000, memoryPercentMax: 75 }),
  failing: () => at(ports.open, { memoryPercentMax: 74.9 }),
  unverified: () => at(ports.limitless, { memoryPercentMax: 80 }),
  slow: () => at(ports.silent, { timeoutMs: 20_000 }),
  unreachable: { status: 'failed', case: () => at(1) },
  hostile: {
    'speaks another protocol': {
      status: 'failed',
      case: () => ({ options: { url: hostile.garbageUrl.replace('http', 'redis') } }),
    },
    'an endless answer': { status: 'failed', case: () => at(ports.endless, { timeoutMs: 20_000 }) },
    'lists in lists without end': { status: 'failed', case: () => at(ports.nested, { timeoutMs: 1000 }) },
    'escapes for terminals': { status: 'failed', case: () => at(ports.ansi) },
  },
  secret: { value: PASSWORD, case: () => ({ options: { url: `redis://app:${PASSWORD}@127.0.0.1:${ports.locked}` } }) },
  mentions: () => [`redis://127.0.0.1:${ports.open}`, '5000 ms', '75 %'],
  recognises: {
    clear: [
      { label: 'Redis', text: 'Verify Redis connectivity and configuration' },
      'Redis at redis://cache.internal:6380 is reachable',
      'Redis answers (`redis-cli ping`)',
      'Cache is up: `redis-cli -h cache.internal -p 6380 ping`',
    ],
    unclear: [
      'Redis connection failures',
      'Redis connection settings configured',
      'Flush the Redis cache',
      'Redis version noted',
      'Redis is reachable at redis://your-redis:6379',
      'Redis cluster failover tested',
    ],
  },
})

describe('redis-ping', () => {
  it('fails where nothing listens, where nobody answers and where Redis is not ready', async () => {
    for (const [port, words] of [
      [1, 'ECONNREFUSED'],
      [ports.silent, 'no answer within 300 ms'],
      [ports.loading, 'LOADING'],
    ] as const)
      expect(await runCheck(redisPing, at(port, { timeoutMs: 300 }))).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining(words),
      })
  })

  it('fails when the answer takes longer than allowed', async () => {
    expect(await runCheck(redisPing, at(ports.open, { latencyMsMax: 0.0001 }))).toMatchObject({ status: 'failed' })
  })

  it('is unverified when Redis does not let it in', async () => {
    expect(await runCheck(redisPing, at(ports.locked))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('does not let us in'),
    })
  })

  it('is unverified without the client library, and says what to install', async () => {
    const options = redisPing.options.parse(at(ports.open).options)
    expect(await pingRedis(options, AbortSignal.timeout(5000), async () => null)).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('npm install redis'),
    })
  })
})
