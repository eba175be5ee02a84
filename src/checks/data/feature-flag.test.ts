import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { featureFlag } from './feature-flag.ts'
import { startWirePostgres, type WirePostgres } from './postgres-wire.fixture.ts'
import { pourBulk, reply, startWireRedis, type WireRedis } from './redis-wire.fixture.ts'

const TOKEN = 'flag-token-to-hide'
let directory = ''
let server: Server
let base = ''
let hostile: HostileServer
let postgres: WirePostgres
let redis: WireRedis
let endless: WireRedis

beforeAll(async () => {
  hostile = await startHostile()
  directory = mkdtempSync(join(tmpdir(), 'gonogo-flag-'))
  const write = (name: string, content: string): void => writeFileSync(join(directory, name), content)
  write('flags.json', JSON.stringify({ checkout: { on: true, share: 0.5, name: ANSI } }))
  write('flags.yaml', 'checkout:\n  on: yes\n  really: true\n')
  write('.env', 'CHECKOUT=on # as agreed\nSHARE=0.50\nODD=perhaps\n')
  write('torn.json', '{"checkout":')
  server = createServer((request, response) => {
    if (request.headers.authorization !== TOKEN) return response.writeHead(403).end()
    if (request.url !== '/api/client/features/checkout') return response.writeHead(404).end('{}')
    response.end('{"name":"checkout","enabled":true,"environments":[{"name":"production","enabled":false}]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/client/features`
  postgres = await startWirePostgres((sql) => (sql.includes('none') ? [] : [{ value: 't' }]))
  redis = await startWireRedis(([name, key]) => {
    if (name === 'HGET') return reply('0')
    return name === 'GET' ? reply(key === 'json' ? '{"on":true}' : key === 'flag' ? 'true' : null) : '+OK\r\n'
  })
  endless = await startWireRedis((_, socket) => pourBulk(socket))
})
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await Promise.all([hostile.stop(), postgres.stop(), redis.stop(), endless.stop()])
  rmSync(directory, { recursive: true, force: true })
})

const at = (options: object) => ({ options, context: { directory } })
const asked = (options: object = {}) =>
  at({ url: `${base}/checkout`, headers: { authorization: TOKEN }, path: 'enabled', equals: true, ...options })
const from = (path: string) => at({ url: `${hostile.url}/${path}`, path: 'status', equals: true })

checkContract(featureFlag, {
  passing: () => asked(),
  failing: () => asked({ equals: false }),
  unverified: () => asked({ headers: {} }),
  slow: () => from('silent'),
  unreachable: { status: 'unverified', case: () => at({ url: 'http://127.0.0.1:1/', path: 'on', equals: true }) },
  hostile: {
    'an endless answer': { status: 'unverified', case: () => from('endless-json') },
    'endless redirects': { status: 'unverified', case: () => from('redirects') },
    'no JSON': { status: 'unverified', case: () => from('not-json') },
    'broken HTTP': { status: 'unverified', case: () => at({ url: hostile.garbageUrl, path: 'on', equals: true }) },
    'escapes for terminals': { status: 'failed', case: () => from('ansi-json') },
    'a certificate nobody trusts': {
      status: 'unverified',
      case: () => at({ url: hostile.tlsUrl ?? 'https://127.0.0.1:1', path: 'on', equals: true }),
    },
    'an endless answer of Redis': {
      status: 'unverified',
      case: () => at({ redis: endless.url, key: 'x', equals: true }),
    },
    'escapes in a file': {
      status: 'failed',
      case: () => at({ file: 'flags.json', path: 'checkout.name', equals: 'x' }),
    },
  },
  secret: { value: TOKEN, case: () => asked({ equals: false }) },
  mentions: () => ['enabled', `${base}/checkout`, 'true'],
})

describe('feature-flag', () => {
  it.each([
    [{ file: 'flags.json', path: 'checkout.on', equals: true }, 'passed'],
    [{ file: 'flags.json', path: 'checkout.on', equals: 'true' }, 'failed'],
    [{ file: 'flags.json', path: 'checkout.share', equals: 0.5 }, 'passed'],
    [{ file: 'flags.json', path: 'checkout', equals: true }, 'unverified'],
    [{ file: 'flags.json', path: 'basket.on', equals: true }, 'unverified'],
    [{ file: 'flags.yaml', path: 'checkout.really', equals: true }, 'passed'],
    [{ file: 'flags.yaml', path: 'checkout.on', equals: true }, 'failed'],
    [{ file: '.env', path: 'CHECKOUT', equals: true }, 'passed'],
    [{ file: '.env', path: 'CHECKOUT', equals: 'off' }, 'failed'],
    [{ file: '.env', path: 'SHARE', equals: 0.5 }, 'passed'],
    [{ file: '.env', path: 'ODD', equals: true }, 'unverified'],
    [{ file: '.env', path: 'NONE', equals: true }, 'unverified'],
    [{ file: 'torn.json', path: 'checkout', equals: true }, 'unverified'],
    [{ file: 'gone.json', path: 'checkout', equals: true }, 'unverified'],
    [{ sqlite: ':memory:', query: 'SELECT 1', equals: true }, 'passed'],
    [{ sqlite: ':memory:', query: 'SELECT 1, 2', equals: true }, 'unverified'],
    [{ sqlite: ':memory:', query: 'SELECT \'{"on": 3}\'', path: 'on', equals: 3 }, 'passed'],
  ])('asked for %j is %s', async (options, status) => {
    expect(await runCheck(featureFlag, at(options))).toMatchObject({ status })
  })

  it('asks one of several environments', async () => {
    expect(await runCheck(featureFlag, asked({ path: 'environments[0].enabled', equals: false }))).toMatchObject({
      status: 'passed',
    })
    expect(await runCheck(featureFlag, asked({ url: `${base}/none` }))).toMatchObject({ status: 'unverified' })
  })

  it('asks Postgres and Redis', async () => {
    const statusOf = async (options: object): Promise<string> => (await runCheck(featureFlag, at(options))).status
    const sql = { postgres: postgres.url, query: 'SELECT enabled FROM flags' }
    expect(await statusOf({ ...sql, equals: true })).toBe('passed')
    expect(await statusOf({ ...sql, equals: false })).toBe('failed')
    expect(await statusOf({ ...sql, query: 'SELECT none', equals: false })).toBe('unverified')
    expect(await statusOf({ redis: redis.url, key: 'flag', equals: true })).toBe('passed')
    expect(await statusOf({ redis: redis.url, key: 'flags', hashField: 'a', equals: true })).toBe('failed')
    expect(await statusOf({ redis: redis.url, key: 'json', path: 'on', equals: true })).toBe('passed')
    expect(await statusOf({ redis: redis.url, key: 'none', equals: true })).toBe('unverified')
    expect(await statusOf({ redis: redis.url, key: 'flag', path: 'on', equals: true })).toBe('unverified')
  })

  it.each([
    { equals: true },
    { file: 'x.json', equals: true },
    { url: 'http://h/', equals: true },
    { redis: 'redis://h', equals: true },
    { sqlite: 'x.db', equals: true },
    { file: 'x.json', path: 'a', redis: 'redis://h', key: 'k', equals: true },
    { file: 'x.json', path: 'a', hashField: 'f', equals: true },
  ])('refuses %j', (options) => {
    expect(featureFlag.options.safeParse(options).success).toBe(false)
  })
})
