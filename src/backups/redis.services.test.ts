// Against a real Redis, Debian's `redis-server`.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isProgramThere } from '../../test/servers/packages.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import type { Backup } from './backup.ts'
import { redis } from './redis.ts'
import { openRedis } from './redis/connection.ts'

const PASSWORD = 'redis-password-to-hide'
const signal = AbortSignal.timeout(280_000)

const installed = isProgramThere('redis-server', 'redis-server')
if (!installed) console.warn('SKIPPED: redis.services.test.ts needs redis-server, which could not be installed')

describe.skipIf(!installed)('backups of a real Redis', () => {
  let directory = ''
  let server: ChildProcess | null = null
  let url = ''
  let port = 0

  async function startServer(more: Record<string, string> = {}): Promise<void> {
    const flags = {
      port: String(port),
      bind: '127.0.0.1',
      dir: directory,
      requirepass: PASSWORD,
      save: '',
      'repl-diskless-sync-delay': '0',
      ...more,
    }
    server = spawn(
      'redis-server',
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: 'ignore' },
    )
    const answers = () => ask('PING').catch(() => null)
    expect(await poll(answers, { everyMs: 50, timeoutMs: 20_000 })).toBe('PONG')
  }
  async function stopServer(): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }
  async function ask(...words: string[]): Promise<string | null> {
    const connection = await openRedis(url, signal)
    try {
      return await connection.ask(...words)
    } finally {
      connection.close()
    }
  }
  const backupOf = (more: Record<string, unknown> = {}): Backup =>
    redis.create(redis.options.parse({ url, dumpFile: 'dump.rdb', ...more }), {
      name: 'cache',
      directory,
      stateDirectory: join(directory, '.gonogo'),
    })
  async function outsideErrorOf(work: Promise<unknown>): Promise<string> {
    const error = await work.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OutsideError)
    expect((error as OutsideError).toLine()).not.toContain(PASSWORD)
    return (error as OutsideError).toLine()
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-redis-backup-'))
    port = await freePort()
    url = `redis://:${PASSWORD}@127.0.0.1:${port}`
    await startServer()
    await ask(
      'EVAL',
      "for i = 1, 5000 do redis.call('set', 'k' .. i, string.rep('x', 100) .. i) end redis.call('select', 3) redis.call('set', 'other', '1')",
      '0',
    )
  })
  afterEach(async () => {
    await stopServer()
    rmSync(directory, { recursive: true, force: true })
  })
  afterAll(() => expect(server === null || server.killed || server.exitCode !== null).toBe(true))

  it.each(['yes', 'no'])('are taken over the network, loaded and counted (diskless: %s)', async (diskless) => {
    await ask('CONFIG', 'SET', 'repl-diskless-sync', diskless)
    const backup = backupOf()
    const manifest = await backup.create(signal)
    expect(manifest).toMatchObject({ kind: 'redis', source: `redis://127.0.0.1:${port}`, rows: { db0: 5000, db3: 1 } })
    expect(manifest.verified?.method).toMatch(/^loaded by redis-server [\d.]+: ok$/)
    expect(JSON.stringify(manifest)).not.toContain(PASSWORD)
    expect(readFileSync(manifest.file, 'latin1').startsWith('REDIS')).toBe(true)
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: true,
      summary: expect.stringContaining('5,001 keys as recorded'),
    })
    await ask('SET', 'new', '1')
    expect((await backup.preview(manifest)).rowsAddedSince).toEqual({ db0: 1 })
    expect(readdirSync(join(directory, '.gonogo/backups/cache'))).toHaveLength(2)
  })

  it('count keys whose time is over as long as the file holds them', async () => {
    await ask('SET', 'short', '1', 'PX', '400')
    const backup = backupOf()
    const manifest = await backup.create(signal)
    await poll(async () => ((await ask('EXISTS', 'short')) === '0' ? true : null), { everyMs: 20, timeoutMs: 20_000 })
    expect(await backup.verify(manifest, signal)).toMatchObject({ ok: true })
  })

  it('are consistent while a writer goes on: what is written together is there together', async () => {
    const pair = "local n = redis.call('incr', 'a') redis.call('set', 'b', n) return n"
    const writer = { isOver: false }
    const writing = (async () => {
      const connection = await openRedis(url, signal)
      while (!writer.isOver) await connection.ask('EVAL', pair, '0')
      connection.close()
    })()
    const manifest = await backupOf().create(signal)
    writer.isOver = true
    await writing
    await stopServer()
    await backupOf().restore(manifest, { skipValidation: false, signal })
    await startServer()
    expect(await ask('GET', 'a')).toBe(await ask('GET', 'b'))
  })

  it('are put back with the server stopped; the old file is kept', async () => {
    const backup = backupOf()
    const manifest = await backup.create(signal)
    await ask('FLUSHALL')
    // The process that made the copy may still be there.
    expect(await poll(() => ask('SAVE').catch(() => null), { everyMs: 20, timeoutMs: 20_000 })).toBe('OK')
    await stopServer()
    const result = await backup.restore(manifest, { skipValidation: false, signal })
    expect(existsSync(result.keptAt ?? '')).toBe(true)
    await startServer()
    expect(await ask('DBSIZE')).toBe('5000')
  })

  it('are refused where a server would overwrite or ignore them, with the steps', async () => {
    const backup = backupOf()
    const manifest = await backup.create(signal)
    const restoring = () => outsideErrorOf(backup.restore(manifest, { skipValidation: false, signal }))
    expect(await restoring()).toMatch(/Redis at .* runs, .*SHUTDOWN NOSAVE/)
    await stopServer()
    mkdirSync(join(directory, 'appendonlydir'))
    expect(await restoring()).toMatch(/appendonlydir is there/)
    expect(
      await outsideErrorOf(backupOf({ dumpFile: undefined }).restore(manifest, { skipValidation: true, signal })),
    ).toMatch(/it is not known where/)
    expect(await outsideErrorOf(backup.stage(manifest, signal))).toMatch(/cannot be put back by a capsule/)
  })

  it('that have changed are found, and not restored', async () => {
    const backup = backupOf()
    const manifest = await backup.create(signal)
    const content = readFileSync(manifest.file)
    content[content.length >> 1]! ^= 0xff
    writeFileSync(manifest.file, content)
    expect(await backup.verify(manifest, signal)).toMatchObject({
      ok: false,
      summary: expect.stringContaining('SHA-256'),
    })
    await stopServer()
    expect(await outsideErrorOf(backup.restore(manifest, { skipValidation: false, signal }))).toContain('SHA-256')
    expect(existsSync(join(directory, 'dump.rdb'))).toBe(false)
  })

  it('leave nothing behind when they cannot be taken', async () => {
    expect(await outsideErrorOf(backupOf({ url: url.replace(PASSWORD, 'wrong') }).create(signal))).toMatch(/WRONGPASS/)
    await stopServer()
    expect(await outsideErrorOf(backupOf().create(signal))).toMatch(/ECONNREFUSED/)
    expect(readdirSync(join(directory, '.gonogo/backups/cache'))).toEqual([])
  })
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
