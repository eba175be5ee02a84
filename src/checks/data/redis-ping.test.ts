import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { pingRedis, redisPing } from './redis-ping.ts'

const PASSWORD = 'not-to-be-shown'
const servers: Server[] = []
const sockets = new Set<Socket>()
const ports = { open: 0, limitless: 0, locked: 0, loading: 0, silent: 0 }

/** Answers the commands of a RESP client, one array of bulk strings at a time. */
function speak(answer: (command: string[]) => string | null): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    let pending = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      pending += chunk
      for (let command = takeCommand(); command; command = takeCommand()) {
        const reply = answer(command)
        if (reply !== null) socket.write(reply, 'latin1')
      }
    })
    function takeCommand(): string[] | null {
      const lines = pending.split('\r\n')
      const count = Number(lines[0]?.slice(1))
      if (!lines[0]?.startsWith('*') || lines.length < 2 * count + 2) return null
      const words = Array.from({ length: count }, (_, index) => lines[2 * index + 2] as string)
      pending = lines.slice(2 * count + 1).join('\r\n')
      return words
    }
  })
  servers.push(server)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`

function redis(maxBytes: number): (command: string[]) => string {
  return ([name]) => {
    if (name === 'PING') return '+PONG\r\n'
    if (name === 'INFO') return bulk(`# Memory\r\nused_memory:750\r\nused_memory_rss:9000\r\nmaxmemory:${maxBytes}\r\n`)
    if (name === 'HELLO') return '%1\r\n+proto\r\n:3\r\n'
    return '+OK\r\n'
  }
}

beforeAll(async () => {
  ports.open = await speak(redis(1000))
  ports.limitless = await speak(redis(0))
  ports.locked = await speak(() => '-NOAUTH Authentication required.\r\n')
  ports.loading = await speak(([name]) =>
    name === 'PING' ? '-LOADING Redis is loading the dataset\r\n' : redis(0)([name ?? '']),
  )
  ports.silent = await speak(() => null)
})
afterAll(() => {
  for (const server of servers) server.close()
  for (const socket of sockets) socket.destroy()
})

const at = (port: number, extra: Record<string, unknown> = {}) => ({
  options: { url: `redis://127.0.0.1:${port}`, ...extra },
})

checkContract(redisPing, {
  passing: () => at(ports.open, { latencyMsMax: 5000, memoryPercentMax: 75 }),
  failing: () => at(ports.open, { memoryPercentMax: 74.9 }),
  unverified: () => at(ports.limitless, { memoryPercentMax: 80 }),
  slow: () => at(ports.silent, { timeoutMs: 20_000 }),
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
