import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { dns } from './dns.ts'
import { decodeAnswer, encodeQuestion } from './dns/wire.ts'

const TYPES: Record<string, number> = { A: 1, CNAME: 5, MX: 15, TXT: 16, CAA: 257 }
const RECORDS: Record<string, Buffer[]> = {
  'app.test A': [Buffer.from([203, 0, 113, 7]), Buffer.from([203, 0, 113, 8])],
  'own.test A': [Buffer.from([203, 0, 113, 9])],
  'own.test MX': [Buffer.concat([Buffer.from([0, 10]), encodeName('mx.test')])],
  'app.test CAA': [Buffer.concat([Buffer.from([0, 5]), Buffer.from('issueca.test')])],
  'www.test CNAME': [encodeName('App.test')],
  'mail.test MX': [Buffer.concat([Buffer.from([0, 10]), encodeName('mx.test')])],
  'app.test TXT': [Buffer.concat([Buffer.from([5]), Buffer.from('v=One')])],
}
let server: Socket
let silent: Socket
let other: Socket
let garbage: Socket
const servers: string[] = []
const silentServers: string[] = []
/** Of whom the records are others. */
const otherServers: string[] = []
const garbageServers: string[] = []

beforeAll(async () => {
  server = createSocket('udp4', (query, from) => server.send(reply(query), from.port, from.address))
  silent = createSocket('udp4')
  other = createSocket('udp4', (query, from) =>
    other.send(reply(query, Buffer.from([203, 0, 113, 7])), from.port, from.address),
  )
  garbage = createSocket('udp4', (query, from) => {
    const spoken = Buffer.concat([query.subarray(0, 2), Buffer.from([0x85, 0x80, 0, 1, 0xff, 0xff, 0xc0])])
    garbage.send(spoken, from.port, from.address)
  })
  for (const [socket, list] of [
    [server, servers],
    [silent, silentServers],
    [other, otherServers],
    [garbage, garbageServers],
  ] as const) {
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    list.push(`127.0.0.1:${socket.address().port}`)
  }
})
afterAll(() => {
  server.close()
  silent.close()
  other.close()
  garbage.close()
})

/** A name server's answer: the records of the question, or "no such name". */
function reply(query: Buffer, only?: Buffer): Buffer {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]; length; length = query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase())
    at += length + 1
  }
  const question = query.subarray(12, at + 5)
  const type = query.readUInt16BE(at + 1)
  const name = Object.keys(TYPES).find((known) => TYPES[known] === type)
  const found = labels.join('.') === 'broken.test' ? null : [...(RECORDS[`${labels.join('.')} ${name}`] ?? [])]
  if (only && found) found.splice(0, found.length, only)
  const isZones = labels[0] === 'own'
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | (isZones ? 0x0400 : 0) | (found === null ? 2 : found.length === 0 ? 3 : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found?.length ?? 0, 6)
  const answers = (found ?? []).map((data) => {
    const head = Buffer.from([0xc0, 12, type >> 8, type & 255, 0, 1, 0, 0, 0, 60, 0, data.length])
    return Buffer.concat([head, data])
  })
  return Buffer.concat([header, question, ...answers])
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  return Buffer.concat([...labels, Buffer.from([0])])
}

checkContract(dns, {
  passing: () => ({ options: { name: 'app.test', records: ['203.0.113.7'], servers } }),
  failing: () => ({ options: { name: 'app.test', records: ['203.0.113.99'], servers } }),
  unverified: () => ({ options: { name: 'broken.test', servers } }),
  slow: () => ({ options: { name: 'app.test', servers: silentServers, timeoutMs: 20_000 } }),
  unreachable: { status: 'unverified', case: () => ({ options: { name: 'app.test', servers: ['127.0.0.1:1'] } }) },
  hostile: {
    'a name server that speaks garbage': {
      status: 'unverified',
      case: () => ({ options: { name: 'app.test', servers: garbageServers, timeoutMs: 300 } }),
    },
    'garbage where the TTL is asked for': {
      status: 'unverified',
      case: () => ({
        options: { name: 'app.test', resolvers: servers, servers: garbageServers, ttlSecondsMax: 60, timeoutMs: 300 },
      }),
    },
    'a name with escapes': { status: 'failed', case: () => ({ options: { name: `${ANSI}.test`, servers } }) },
  },
  mentions: () => ['A record', 'app.test', '203.0.113.7'],
  failingExample: { skipped: 'it asks the system name server, which a test machine may not have' },
  recognises: {
    clear: [
      'DNS record shop.internal points to 10.1.2.3',
      { label: 'DNS', text: '`api.shop.test` resolves' },
      'CNAME `www.shop.test` points to shop-lb.hosting.test',
      'MX records of shop.test are right',
    ],
    unclear: [
      'DNS records updated',
      'Configure DNS of shop.internal',
      'DNS of example.com resolves',
      'DNS is described in network.md',
      'DNS of shop.test and shop.internal differ',
      'DNS lookups in Node.js are cached',
    ],
  },
})

const statusOf = async (options: Record<string, unknown>): Promise<string> =>
  (await runCheck(dns, { options: { servers, ...options } })).status

describe('dns', () => {
  it('fails for a name that does not exist: the name server said so', async () => {
    expect(await statusOf({ name: 'nobody.test' })).toBe('failed')
  })

  it('is unverified when the name server does not answer', async () => {
    expect(await statusOf({ name: 'app.test', servers: silentServers, timeoutMs: 100 })).toBe('unverified')
    expect(await statusOf({ name: 'app.test', servers: ['not an address'] })).toBe('unverified')
  })

  it('counts other records as wrong only where the answer must be exact', async () => {
    expect(await statusOf({ name: 'app.test', records: ['203.0.113.7'], exact: true })).toBe('failed')
    expect(await statusOf({ name: 'app.test', records: ['203.0.113.8', '203.0.113.7'], exact: true })).toBe('passed')
    expect(dns.describe(dns.options.parse({ name: 'app.test', records: ['10.0.0.1'], exact: true }))).toContain(
      'is exactly',
    )
  })

  it('compares names without case and final dot, mail servers with their priority, texts as they are', async () => {
    expect(await statusOf({ name: 'www.test', type: 'CNAME', records: ['APP.test.'] })).toBe('passed')
    expect(await statusOf({ name: 'mail.test', type: 'MX', records: ['10 mx.test'] })).toBe('passed')
    expect(await statusOf({ name: 'mail.test', type: 'MX', records: ['20 mx.test'] })).toBe('failed')
    expect(await statusOf({ name: 'app.test', type: 'TXT', records: ['v=One'] })).toBe('passed')
    expect(await statusOf({ name: 'app.test', type: 'TXT', records: ['v=one'] })).toBe('failed')
  })

  it('reads which authorities may issue certificates', async () => {
    expect(await statusOf({ name: 'app.test', type: 'CAA', records: ['0 issue ca.test'] })).toBe('passed')
    expect(await statusOf({ name: 'app.test', type: 'CAA', records: ['0 issue other.test'] })).toBe('failed')
  })

  it('compares what several resolvers say', async () => {
    const run = (resolvers: string[], extra: Record<string, unknown> = {}) =>
      runCheck(dns, { options: { name: 'app.test', resolvers, ...extra } })
    expect(await run([...servers, ...servers])).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('as 2 name servers say'),
    })
    expect(await run([...servers, ...otherServers])).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining(`${otherServers[0]} says 203.0.113.7`),
    })
    expect((await run(otherServers, { servers })).status).toBe('failed')
    expect((await run([...servers, ...silentServers], { timeoutMs: 300 })).status).toBe('unverified')
    expect((await run([...servers, ...otherServers, ...silentServers], { timeoutMs: 1000 })).status).toBe('failed')
  })

  it('bounds the TTL, and believes no cache that it is short', async () => {
    const ttl = (name: string, ttlSecondsMax: number, type = 'A') =>
      runCheck(dns, { options: { name, type, servers, ttlSecondsMax } })
    expect(await ttl('own.test', 60)).toMatchObject({
      status: 'passed',
      measurements: [{ name: 'TTL', value: 60, unit: 's' }],
    })
    expect((await ttl('own.test', 60, 'MX')).status).toBe('passed')
    expect((await ttl('own.test', 59)).summary).toContain('TTL 60 s, at most 59 s wanted')
    expect((await ttl('app.test', 59)).status).toBe('failed')
    expect(await ttl('app.test', 300)).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('left of its TTL in a cache'),
    })
  })
})

describe('an answer on the wire', () => {
  it('is none where it is cut short anywhere, and never read past its end', () => {
    const question = encodeQuestion('app.test', 'A')
    const whole = reply(question?.message ?? Buffer.alloc(0))
    expect(decodeAnswer(whole, 'A')).toMatchObject({ code: 0, ttls: [{ ttlSeconds: 60 }, { ttlSeconds: 60 }] })
    for (let length = 0; length < whole.length - 20; length++)
      expect(decodeAnswer(whole.subarray(0, length), 'A')).toBeNull()
  })

  it('is not asked for by names that are none', () => {
    for (const name of ['', 'a..b', `${'x'.repeat(64)}.test`, `${'x.'.repeat(130)}test`])
      expect(encodeQuestion(name, 'A')).toBeNull()
  })
})
