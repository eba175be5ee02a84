// Against a real pm2 with a home of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeTargetBeside, describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { npmFolder } from '../../test/servers/packages.ts'
import { poll } from '../lib/deadline.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import { pm2 } from './pm2.ts'
import { ask, SERVER } from './serving.fixture.ts'
import type { Target } from './target.ts'

const folder = npmFolder('pm2@7.0.4')
if (!folder) console.warn('SKIPPED: pm2.services.test.ts needs the npm package pm2, which could not be installed')

const signal = (): AbortSignal => AbortSignal.timeout(120_000)
const QUICK = { health: { startTimeoutMs: 20_000, intervalMs: 100 }, settleMs: 300, graceMs: 2000 }

describe.skipIf(!folder)('a real pm2', () => {
  let directory = ''
  let env: Record<string, string> = {}
  let targets = 0

  const run = (...args: string[]) => spawnSync('pm2', args, { cwd: directory, env, encoding: 'utf8' })
  const open = (options: Record<string, unknown>, name = `app ${++targets}`): Target =>
    pm2.create(pm2.options.parse({ app: 'web', ...QUICK, ...options }), {
      name,
      directory,
      stateDirectory: join(directory, '.gonogo'),
      env,
    })
  const names = (): string[] =>
    (JSON.parse(run('jlist').stdout.split('\n').at(-1) ?? '[]') as { name: string }[]).map(({ name }) => name)
  const portOf = async (target: Target, version: string): Promise<number> =>
    (await target.current())[version]?.[0]?.backend.port ?? 0

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "gonogo pm2's-"))
    const bin = join(folder ?? '', 'node_modules', '.bin')
    env = { PATH: `${bin}:${process.env.PATH}`, HOME: directory, PM2_HOME: join(directory, 'pm2') }
    writeFileSync(join(directory, 'server.cjs'), SERVER)
    const app = { name: 'web', script: 'server.cjs', env_production: { LOUD: 'yes' } }
    writeFileSync(
      join(directory, 'ecosystem.config.js'),
      `module.exports = { apps: [${JSON.stringify(app)}, { name: 'other', script: 'server.cjs' }] }`,
    )
  })
  afterAll(async () => {
    const file = join(env.PM2_HOME ?? '', 'pm2.pid')
    const identity = existsSync(file) ? identify(Number(readFileSync(file, 'utf8'))) : null
    run('kill')
    if (identity) await poll(() => (isAlive(identity) ? null : true), { everyMs: 50, timeoutMs: 20_000 })
    rmSync(directory, { recursive: true, force: true })
  })

  describe.each([
    ['workers that share a port', { name: 'shared-{version}', env: 'production' }],
    ['one process a port', { name: 'single-{version}', exec: 'fork' }],
    ['two slots', { name: 'web-{slot}', instances: 1 }],
  ])('beside: %s', (_, options) => {
    describeTargetBeside(async () => {
      const target = open(options, String(options.name))
      return {
        target,
        env,
        serves: async (version) => (await ask(await portOf(target, version))) === version,
      }
    })
  })

  it('resizes, and is brought back to full strength by itself and by the capsule', async () => {
    const target = open({ name: 'sized-{version}' })
    const backends = await target.prepare('v1', signal())
    expect(await target.resize?.('v1', 1, signal())).toEqual(backends)
    expect(await target.ready('v1')).toEqual({ healthy: 1, wanted: 2 })
    const { restore } = target.capsule('v1', 'v2')
    if (!restore) throw new Error('there is no restore')
    for (let round = 0; round < 2; round++)
      expect(await runCapsuleStep(restore, env)).toMatchObject({ exitCode: 0, stderr: '' })
    const isBack = async (): Promise<true | null> => ((await target.ready('v1')).healthy === 2 ? true : null)
    expect(await poll(isBack, { everyMs: 100, timeoutMs: 20_000 })).toBe(true)
    await target.resize?.('v1', 1, signal())
    expect(await target.prepare('v1', signal())).toEqual(backends)
    expect(await target.ready('v1')).toEqual({ healthy: 2, wanted: 2 })
    await target.retire('v1', signal())
  })

  it.each([
    ['dies-1', 'no good reason'],
    ['sick-1', 'gives HTTP 503'],
  ])('a version that does not come up is taken down again and says why: %s', async (version, words) => {
    // Workers of pm2 lose what they say as they die; processes do not.
    const target = open({ name: 'bad-{version}', exec: 'fork', health: { startTimeoutMs: 5000, intervalMs: 100 } })
    await expect(target.prepare(version, signal())).rejects.toThrow(words)
    expect(await target.current()).toEqual({})
    expect(names()).not.toContain(`bad-${version}`)
  })

  it('comes back to full strength when an instance was killed, whoever asks at once', async () => {
    const target = open({ name: 'twice-{version}' }, 'twice')
    const again = open({ name: 'twice-{version}' }, 'twice')
    const [one, two] = await Promise.all([target.prepare('v1', signal()), again.prepare('v1', signal())])
    expect(two).toEqual(one)
    expect(names().filter((name) => name === 'twice-v1')).toHaveLength(2)
    const [victim] = (await target.current()).v1 ?? []
    process.kill(victim?.pid ?? 0, 'SIGKILL')
    expect(await target.prepare('v1', signal())).toEqual(one)
    expect(await target.ready('v1')).toEqual({ healthy: 2, wanted: 2 })
    await target.retire('v1', signal())
  })

  it('is held for a data swap and started again by the capsule', async () => {
    const target = open({ name: 'held-{version}', instances: 1 })
    await target.prepare('v1', signal())
    const port = await portOf(target, 'v1')
    const { suspend, resume } = target.capsule('v1', 'v2')
    if (!suspend || !resume) throw new Error('there is no such step')
    expect(await runCapsuleStep(suspend, env)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await ask(port)).toBeNull()
    expect(await runCapsuleStep(resume, env)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await poll(async () => ((await ask(port)) === 'v1' ? true : null), { everyMs: 50, timeoutMs: 20_000 })).toBe(
      true,
    )
    await target.retire('v1', signal())
  })

  describe('in place', () => {
    let port = 0
    let options: Record<string, unknown> = {}

    beforeAll(async () => {
      port = await freePort()
      for (const version of ['v1', 'v2', 'sick-1', 'dies-1']) {
        mkdirSync(join(directory, 'shop/releases', version), { recursive: true })
        writeFileSync(join(directory, 'shop/releases', version, 'server.cjs'), SERVER)
        writeFileSync(join(directory, 'shop/releases', version, 'VERSION'), version)
      }
      const app = {
        name: 'shop',
        script: 'current/server.cjs',
        cwd: join(directory, 'shop'),
        instances: 2,
        exec_mode: 'cluster',
        env_production: { PORT: String(port) },
      }
      writeFileSync(join(directory, 'shop/ecosystem.config.js'), `module.exports = { apps: [${JSON.stringify(app)}] }`)
      options = {
        mode: 'in-place',
        app: 'shop',
        ecosystem: 'shop/ecosystem.config.js',
        env: 'production',
        link: { path: 'shop/current', to: 'shop/releases/{version}' },
        port,
      }
    })

    describeTargetInPlace(async () => ({
      target: open(options, 'shop'),
      env,
      serves: async (version) => (await ask(port)) === version,
    }))

    it.each(['sick-1', 'dies-1'])('takes a version back that does not serve: %s', async (version) => {
      const { inPlace } = open({ ...options, health: { startTimeoutMs: 5000, intervalMs: 100 } }, 'shop')
      await inPlace?.switchTo('v1', signal())
      await expect(inPlace?.switchTo(version, signal())).rejects.toThrow('v1 serves again')
      expect(await inPlace?.current()).toBe('v1')
      expect(await ask(port)).toBe('v1')
    })

    it('refuses a version that was not put there, before anything is touched', async () => {
      const target = open(options, 'shop')
      await expect(target.prepare('v9', signal())).rejects.toThrow('v9 has no folder')
      await expect(target.inPlace?.switchTo('v9', signal())).rejects.toThrow('v9 has no folder')
      expect(await target.inPlace?.current()).toBe('v1')
    })
  })
})
