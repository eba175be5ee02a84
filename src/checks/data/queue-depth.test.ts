import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { queueDepth } from './queue-depth.ts'
import { startWirePostgres, type WirePostgres } from './postgres-wire.fixture.ts'
import { pourBulk, reply, startWireRedis, type WireRedis } from './redis-wire.fixture.ts'

const PASSWORD = 'queue-password-to-hide'
const NOW_MS = 1_700_000_000_000
const MINUTE_MS = 60_000

/** Commands, joined by spaces, and what Redis would say to them. */
const ANSWERS: Record<string, unknown> = {
  TIME: [String(NOW_MS / 1000), '0'],
  'LLEN mails': 7,
  'ZCARD later': 3,
  'EXISTS events': 1,
  'XLEN events': 12,
  'XRANGE events - + COUNT 1': [[`${NOW_MS - 5 * MINUTE_MS}-0`, ['k', 'v']]],
  'XINFO GROUPS events': [
    ['name', 'workers', 'consumers', 2, 'pending', 1, 'last-delivered-id', '5-0', 'entries-read', 9, 'lag', 3],
    ['name', 'blind', 'consumers', 0, 'pending', 0, 'last-delivered-id', '0-0', 'entries-read', null, 'lag', null],
  ],
  'XPENDING events workers': [1, `${NOW_MS - 4 * MINUTE_MS}-0`, `${NOW_MS}-0`, [['one', '1']]],
  'XRANGE events (5-0 + COUNT 1': [[`${NOW_MS - 2 * MINUTE_MS}-0`, ['k', 'v']]],
  'EXISTS bull:jobs:meta': 1,
  'LLEN bull:jobs:wait': 2,
  'LLEN bull:jobs:paused': 0,
  'ZCARD bull:jobs:prioritized': 1,
  'ZCARD bull:jobs:failed': 4,
  'ZCARD bull:jobs:delayed': 5,
  'HEXISTS bull:jobs:meta paused': 0,
  'LINDEX bull:jobs:wait -1': '11',
  'LINDEX bull:jobs:paused -1': null,
  'ZRANGE bull:jobs:prioritized 0 999': ['12'],
  'HGET bull:jobs:11 timestamp': String(NOW_MS - MINUTE_MS),
  'HGET bull:jobs:12 timestamp': String(NOW_MS - 3 * MINUTE_MS),
  'CLIENT LIST': `id=1 name=bull:am9icw== db=0\nid=2 name= db=0\nid=3 name=bull:am9icw==:w:second db=0\nid=4 name=bull:am9icw==:qe db=0`,
  'EXISTS bull:held:meta': 1,
  'HEXISTS bull:held:meta paused': 1,
}

const redis: Record<string, WireRedis> = {}
let postgres: WirePostgres
let rabbit: Server
let rabbitUrl = ''
let hostile: HostileServer

beforeAll(async () => {
  hostile = await startHostile()
  redis.well = await startWireRedis((words) => {
    const command = words.join(' ')
    if (command === 'LLEN hash') return '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n'
    if (command in ANSWERS) return reply(ANSWERS[command])
    return /^(?:EXISTS|LLEN|ZCARD|HEXISTS)/.test(command) ? reply(0) : '+OK\r\n'
  })
  redis.silent = await startWireRedis(() => null)
  redis.endless = await startWireRedis((_, socket) => pourBulk(socket))
  redis.odd = await startWireRedis(() => reply([['x'], null]))
  postgres = await startWirePostgres((sql) =>
    sql.includes('two') ? [{ n: '1' }, { n: '2' }] : [{ count: '8', seconds: sql.includes('empty') ? null : '90.5' }],
  )
  rabbit = createServer((request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from(`ops:${PASSWORD}`).toString('base64')}`)
      return response.writeHead(401).end('{}')
    if (request.url === '/api/queues/%2Fshop/fresh') return response.end('{"name":"fresh"}')
    if (request.url !== '/api/queues/%2Fshop/mails') return response.writeHead(404).end('{}')
    response.end('{"messages_ready":6,"messages_unacknowledged":3,"consumers":2}')
  })
  await new Promise<void>((resolve) => rabbit.listen(0, '127.0.0.1', resolve))
  rabbitUrl = `http://ops:${PASSWORD}@127.0.0.1:${(rabbit.address() as AddressInfo).port}`
})
afterAll(async () => {
  rabbit.close()
  rabbit.closeAllConnections()
  await Promise.all([hostile.stop(), postgres.stop(), ...Object.values(redis).map((one) => one.stop())])
})

const ofRedis = (options: object, name = 'well') => ({ options: { redis: redis[name]?.url, ...options } })
const ofRabbit = (options: object, url = rabbitUrl) => ({
  options: { rabbitmq: url, queue: 'mails', vhost: '/shop', ...options },
})

checkContract(queueDepth, {
  passing: () =>
    ofRedis({
      bullmq: 'jobs',
      depthMin: 3,
      depthMax: 3,
      failedMax: 4,
      delayedMax: 5,
      oldestMax: '3 min',
      consumersMin: 2,
    }),
  failing: () => ofRedis({ list: 'mails', depthMax: 6 }),
  unverified: () => ofRedis({ bullmq: 'no-such-queue', depthMax: 9 }),
  slow: () => ofRedis({ list: 'mails', depthMax: 9, timeoutMs: 20_000 }, 'silent'),
  unreachable: {
    status: 'unverified',
    case: () => ({ options: { redis: 'redis://127.0.0.1:1', list: 'x', depthMax: 1 } }),
  },
  hostile: {
    'an endless answer of Redis': { status: 'unverified', case: () => ofRedis({ list: 'x', depthMax: 1 }, 'endless') },
    'another answer than asked for': { status: 'unverified', case: () => ofRedis({ list: 'x', depthMax: 1 }, 'odd') },
    'speaks another protocol': {
      status: 'unverified',
      case: () => ({ options: { redis: hostile.garbageUrl.replace('http', 'redis'), list: 'x', depthMax: 1 } }),
    },
    'endless JSON': { status: 'unverified', case: () => ofRabbit({ depthMax: 1 }, `${hostile.url}/endless-json`) },
    'endless redirects': { status: 'unverified', case: () => ofRabbit({ depthMax: 1 }, `${hostile.url}/redirects`) },
    'no JSON': { status: 'unverified', case: () => ofRabbit({ depthMax: 1 }, `${hostile.url}/not-json`) },
    'JSON of something else': {
      status: 'unverified',
      case: () => ofRabbit({ depthMax: 1 }, `${hostile.url}/ansi-json`),
    },
    'a certificate nobody trusts': {
      status: 'unverified',
      case: () => ofRabbit({ depthMax: 1 }, hostile.tlsUrl ?? 'https://127.0.0.1:1'),
    },
  },
  secret: { value: PASSWORD, case: () => ofRabbit({ depthMax: 8 }) },
  mentions: () => ['BullMQ queue jobs', 'redis://127.0.0.1', 'at most 4 failed', '3 min', 'not paused'],
})

const outcomeOf = (options: object) => runCheck(queueDepth, { options })

describe('queue-depth', () => {
  it.each([
    [{ list: 'mails', depthMax: 7 }, 'passed', 'waiting 7'],
    [{ list: 'none', depthMax: 0, oldestMax: '1 s' }, 'passed', 'nothing waits'],
    [{ list: 'mails', oldestMax: '1 h' }, 'unverified', 'the oldest has waited is not known'],
    [{ list: 'hash', depthMax: 7 }, 'unverified', 'WRONGTYPE'],
    [{ sortedSet: 'later', depthMax: 2 }, 'failed', 'waiting 3, at most 2 wanted'],
    [{ stream: 'events', depthMax: 12, oldestMax: '5 min' }, 'passed', 'the oldest has waited 5 min'],
    [{ stream: 'events', group: 'workers', depthMax: 4, oldestMax: '4 min', consumersMin: 2 }, 'passed', 'waiting 4'],
    [{ stream: 'events', group: 'workers', oldestMax: '3 min' }, 'failed', 'has waited 4 min'],
    [{ stream: 'events', group: 'blind', depthMax: 4 }, 'unverified', 'waiting is not known'],
    [{ stream: 'events', group: 'none', depthMax: 4 }, 'unverified', 'no group none'],
    [{ stream: 'none', depthMax: 4 }, 'unverified', 'no such stream'],
    [{ bullmq: 'jobs', failedMax: 3 }, 'failed', 'failed 4, at most 3 wanted'],
    [{ bullmq: 'jobs', delayedMax: 4 }, 'failed', 'delayed 5'],
    [{ bullmq: 'jobs', oldestMax: '2 min' }, 'failed', 'has waited 3 min'],
    [{ bullmq: 'jobs', consumersMin: 3 }, 'failed', 'consumers 2'],
    [{ bullmq: 'held', depthMax: 9 }, 'failed', 'the queue is paused'],
    [{ bullmq: 'held', depthMax: 9, paused: true }, 'passed', 'waiting 0'],
  ])('of Redis, asked for %j, is %s', async (options, status, words) => {
    expect(await outcomeOf({ redis: redis.well?.url, ...options })).toMatchObject({
      status,
      summary: expect.stringContaining(words),
    })
  })

  it('counts what a query of Postgres counts', async () => {
    const ask = (query: string, bounds: object) => outcomeOf({ postgres: postgres.url, query, ...bounds })
    expect(await ask('SELECT ...', { depthMax: 8, oldestMax: '91 s' })).toMatchObject({ status: 'passed' })
    expect(await ask('SELECT ...', { oldestMax: '90 s' })).toMatchObject({ status: 'failed' })
    expect(await ask('SELECT empty', { oldestMax: '90 s' })).toMatchObject({ status: 'unverified' })
    expect(await ask('SELECT two', { depthMax: 9 })).toMatchObject({ status: 'unverified' })
  })

  it('counts what a query of SQLite counts', async () => {
    const ask = (query: string, bounds: object) => outcomeOf({ sqlite: ':memory:', query, ...bounds })
    expect(await ask('SELECT 4, 12.5', { depthMax: 4, oldestMax: '13 s' })).toMatchObject({ status: 'passed' })
    expect(await ask("SELECT 'many'", { depthMax: 4 })).toMatchObject({ status: 'unverified' })
    expect(await ask('SELECT -1', { depthMax: 4 })).toMatchObject({ status: 'unverified' })
    expect(await ask('SELECT 1 FROM none', { depthMax: 4 })).toMatchObject({ status: 'unverified' })
  })

  it('judges a queue of RabbitMQ', async () => {
    expect(await runCheck(queueDepth, ofRabbit({ depthMax: 9, consumersMin: 2 }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(queueDepth, ofRabbit({ depthMax: 8 }))).toMatchObject({ status: 'failed' })
    expect(await runCheck(queueDepth, ofRabbit({ consumersMin: 3 }))).toMatchObject({ status: 'failed' })
    for (const options of [{ queue: 'none' }, { queue: 'fresh' }, { oldestMax: '1 h' }])
      expect(await runCheck(queueDepth, ofRabbit({ depthMax: 9, ...options }))).toMatchObject({ status: 'unverified' })
    expect(await runCheck(queueDepth, ofRabbit({ depthMax: 9 }, rabbitUrl.replace(PASSWORD, 'wrong')))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('does not let us in'),
    })
  })

  it.each([
    { list: 'x', depthMax: 1 },
    { redis: 'redis://h', depthMax: 1 },
    { redis: 'redis://h', list: 'x' },
    { redis: 'redis://h', list: 'x', stream: 'y', depthMax: 1 },
    { redis: 'redis://h', list: 'x', group: 'y', depthMax: 1 },
    { redis: 'redis://h', list: 'x', failedMax: 1 },
    { redis: 'redis://h', list: 'x', query: 'SELECT 1', depthMax: 1 },
    { sqlite: 'x.db', depthMax: 1 },
    { sqlite: 'x.db', postgres: 'postgres://h/x', query: 'SELECT 1', depthMax: 1 },
    { rabbitmq: 'http://h', depthMax: 1 },
  ])('refuses %j', (options) => {
    expect(queueDepth.options.safeParse(options).success).toBe(false)
  })
})
