// Kinds that ask docker, against a real engine and the real compose.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { canHaveDocker, composePlugin, startDocker } from '../../../test/servers/docker-engine.ts'
import { poll } from '../../lib/deadline.ts'
import type { Check } from '../check.ts'
import { composeServices } from './compose-services.ts'
import { dockerEngine } from './docker-engine.ts'

const isPossible = canHaveDocker()
const compose = isPossible ? await composePlugin() : null
const engine = isPossible ? await startDocker(compose) : null
if (!engine) console.warn('SKIPPED: docker.services.test.ts needs a dockerd that can run containers here')
else if (!compose)
  console.warn('SKIPPED: compose-services is not tried on the real compose, which wants Go to be built with')

let directory = ''
const run = <T>(check: Check<T>, options: Record<string, unknown>, signal?: AbortSignal) =>
  runCheck(check, { options, context: { env: engine?.env ?? {}, directory, ...(signal ? { signal } : {}) } })

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-compose-'))
})
afterAll(async () => {
  await engine?.stop()
  rmSync(directory, { recursive: true, force: true })
})

describe.skipIf(!engine)('docker-engine on a real engine', () => {
  it('passes what is so, fails what is not', async () => {
    expect(await run(dockerEngine, { version: '>=20', images: ['box:1'], storedBytesMax: '1 GB' })).toMatchObject({
      status: 'passed',
      measurements: expect.arrayContaining([{ name: 'stored', value: expect.any(Number), unit: 'bytes' }]),
    })
    expect(await run(dockerEngine, { version: '<20' })).toMatchObject({ status: 'failed' })
    expect(await run(dockerEngine, { images: ['box:2'] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('it has no image box:2'),
    })
    expect(await run(dockerEngine, { storedBytesMax: 1000 })).toMatchObject({ status: 'failed' })
  })

  it('fails where no engine listens', async () => {
    for (const host of ['tcp://127.0.0.1:1', `unix://${join(directory, 'none.sock')}`])
      expect(await run(dockerEngine, { host }), host).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('no engine answers'),
      })
  })

  it('is unverified with a context that is not there', async () => {
    expect(await run(dockerEngine, { context: 'no-such-context' })).toMatchObject({ status: 'unverified' })
  })

  it('comes back at the deadline while the engine hangs', async () => {
    engine?.pause()
    try {
      expect(await run(dockerEngine, {}, AbortSignal.timeout(300))).toMatchObject({ status: 'unverified' })
      expect(await run(dockerEngine, { timeoutMs: 300 })).toMatchObject({ status: 'failed' })
    } finally {
      engine?.resume()
    }
  })
})

const service = (command: string[], more: Record<string, unknown> = {}) => ({
  image: 'box:1',
  command: ['/bin/busybox', ...command],
  network_mode: 'none',
  ...more,
})
const health = (test: string) => ({
  healthcheck: { test: ['CMD', '/bin/busybox', test], interval: '200ms', timeout: '5s', retries: 1 },
})

describe.skipIf(!engine || !compose)('compose-services on the real compose', () => {
  beforeAll(async () => {
    const services = {
      web: service(['sleep', '600'], health('true')),
      sick: service(['sleep', '600'], health('false')),
      migrate: service(['true']),
      unstable: service(['false'], { restart: 'on-failure:2' }),
    }
    writeFileSync(join(directory, 'compose.yaml'), JSON.stringify({ name: 'shop', services }))
    engine?.docker(['compose', 'up', '--detach', '--quiet-pull'], directory)
    const states = (): string =>
      engine?.docker(['compose', 'ps', '--all', '--format={{.Service}} {{.State}} {{.Health}}'], directory) ?? ''
    const isSettled = (): true | null =>
      ['web running healthy', 'sick running unhealthy', 'migrate exited', 'unstable exited'].every((state) =>
        states().includes(state),
      ) || null
    expect(await poll(isSettled, { everyMs: 300, timeoutMs: 60_000 }), states()).toBe(true)
  })

  it.each<[Record<string, unknown>, string, string]>([
    [{ services: ['web'], healthy: true, restartsMax: 0 }, 'passed', '1 running'],
    [{ services: ['web'], oneShot: ['migrate'], files: ['compose.yaml'] }, 'passed', '2 services'],
    [{ services: ['web'], project: 'shop' }, 'passed', '1 running'],
    [{ services: ['sick'] }, 'failed', 'is unhealthy'],
    [{ services: ['web', 'migrate'] }, 'failed', 'shop-migrate-1 is exited (exit code 0)'],
    [
      { oneShot: ['migrate', 'unstable'] },
      'failed',
      'shop-unstable-1 is exited (exit code 1), it should have ended well',
    ],
    [{ services: ['unstable'], restartsMax: 1 }, 'failed', 'shop-unstable-1 restarted 2 times, at most 1 wanted'],
    [{ services: ['gone'] }, 'failed', 'gone has no container'],
    [{ files: ['none.yaml'] }, 'unverified', 'no such file'],
    [{ services: ['web'], host: 'tcp://127.0.0.1:1' }, 'unverified', 'docker could not tell'],
  ])('%j: %s', async (options, status, words) => {
    expect(await run(composeServices, options)).toMatchObject({ status, summary: expect.stringContaining(words) })
  })
})
