// Against a real Redis, Debian's `redis-server`.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/servers/free-port.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import type { Sample } from '../../plan/signal.ts'
import { redis } from './redis.ts'

const PASSWORD = 'redis-password-to-hide'

const installed = isProgramThere('redis-server', 'redis-server')
if (!installed) console.warn('SKIPPED: redis.services.test.ts needs redis-server, which could not be installed')

describe.skipIf(!installed)('redis source on a real Redis', () => {
  let directory = ''
  let port = 0
  let server: ChildProcess
  const urlOf = (): string => `redis://:${PASSWORD}@127.0.0.1:${port}`

  async function command(...words: string[]): Promise<unknown> {
    const client = createClient({ url: urlOf(), socket: { reconnectStrategy: false } })
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.sendCommand(words)
    } finally {
      client.destroy()
    }
  }
  async function start(): Promise<void> {
    const flags = { port, bind: '127.0.0.1', dir: directory, requirepass: PASSWORD, save: '' }
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
    server = spawn('redis-server', args, { stdio: 'ignore' })
    const answers = (): Promise<true | null> =>
      command('PING').then(
        () => true as const,
        () => null,
      )
    expect(await poll(answers, { everyMs: 50, timeoutMs: 20_000 })).toBe(true)
  }
  async function kill(): Promise<void> {
    server.kill('SIGKILL')
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-redis-source-'))
    port = await freePort()
    await start()
  })
  afterAll(async () => {
    await kill()
    rmSync(directory, { recursive: true, force: true })
  })

  function look(signals: Record<string, unknown>, given: Record<string, unknown> = {}): Promise<Sample[]> {
    const options = redis.options.parse({ url: urlOf(), signals, ...given })
    const source = redis.create(options, {
      directory: '/',
      counters: () => Promise.resolve([]),
      instances: () => Promise.resolve({}),
      versions: () => ({ candidate: 'v2', stable: 'v1' }),
    })
    return source.sample(1000, AbortSignal.timeout(options.timeoutMs))
  }

  it('reads what each kind of key holds, and the figures of the server', async () => {
    await command('RPUSH', 'list', 'a', 'b', 'c')
    await command('ZADD', 'sorted', '1', 'a', '2', 'b')
    await command('SADD', 'set', 'a')
    for (let i = 0; i < 4; i++) await command('XADD', 'stream', '*', 'field', 'value')
    await command('HSET', 'hash', 'a', '1', 'b', '2')
    await command('SET', 'seconds', '0.25')
    const samples = await look({
      list: { llen: 'list' },
      empty: { llen: 'no such list' },
      sorted: { zcard: 'sorted' },
      set: { scard: 'set' },
      stream: { xlen: 'stream' },
      hash: { hlen: 'hash' },
      lag: { get: 'seconds', unit: 'ms', scale: 1000 },
      clients: { info: 'connected_clients' },
    })
    const values = Object.fromEntries(samples.map(({ signal, value }) => [signal, value]))
    expect(values).toEqual({
      list: 3,
      empty: 0,
      sorted: 2,
      set: 1,
      stream: 4,
      hash: 2,
      lag: 250,
      clients: expect.any(Number),
    })
    expect(values.clients).toBeGreaterThanOrEqual(1)
    expect(samples.find(({ signal }) => signal === 'lag')?.unit).toBe('ms')
  })

  it('reads a key of each version', async () => {
    await command('RPUSH', 'jobs:v2', 'a')
    const samples = await look({ depth: { llen: 'jobs:{{version}}' } })
    expect(samples.map(({ version, value }) => [version, value])).toEqual([
      ['v2', 1],
      ['v1', 0],
    ])
  })

  it('knows nothing of a key that is of another kind, not there or no number, and still tells of the others', async () => {
    await command('SET', 'word', 'many')
    const samples = await look({
      wrong: { llen: 'word' },
      missing: { get: 'no such key' },
      word: { get: 'word' },
      field: { info: 'no_such_field' },
      fine: { llen: 'no such list' },
    })
    expect(samples.map(({ signal, value, detail }) => [signal, value, detail])).toEqual([
      ['wrong', null, expect.stringMatching(/^WRONGTYPE/)],
      ['missing', null, 'there is no no such key'],
      ['word', null, 'word is no number'],
      ['field', null, 'there is no no_such_field'],
      ['fine', 0, undefined],
    ])
  })

  it('is unknown with a wrong password, while Redis hangs and while it is gone, and answers again', async () => {
    const depth = { depth: { llen: 'list' } }
    const wrong = await look(depth, { url: urlOf().replace(PASSWORD, 'another-to-hide') })
    expect(wrong[0]).toMatchObject({ value: null, detail: expect.stringMatching(/WRONGPASS|AUTH/) })
    server.kill('SIGSTOP')
    const hanging = await look(depth, { timeoutMs: 300 })
    server.kill('SIGCONT')
    expect(hanging[0]).toMatchObject({ value: null, detail: expect.stringContaining('no answer within 300 ms') })
    await kill()
    expect((await look(depth))[0]).toMatchObject({ value: null, detail: expect.stringContaining('ECONNREFUSED') })
    await start()
    expect((await look(depth))[0]?.value).toBe(0)
    expect(JSON.stringify([wrong, hanging])).not.toContain('to-hide')
  })
})
