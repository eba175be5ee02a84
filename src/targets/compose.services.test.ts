// Against a real docker engine and the real compose: containers that share the network of this machine.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { describeTargetBeside, describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { canHaveDocker, composePlugin, startDocker } from '../../test/servers/docker-engine.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { compose } from './compose.ts'
import { ask } from './serving.fixture.ts'
import type { Target } from './target.ts'

const isPossible = canHaveDocker()
const plugin = isPossible ? await composePlugin() : null
const engine = plugin ? await startDocker(plugin) : null
if (!engine)
  console.warn('SKIPPED: compose.services.test.ts needs a dockerd that can run containers, and Go to build compose')

const signal = (): AbortSignal => AbortSignal.timeout(120_000)

/** A server of busybox; a version `dies...` ends at once, `sick...` has nothing to answer with. */
const SERVE = [
  'echo this is $$GONOGO_VERSION',
  'case $$GONOGO_VERSION in dies*) echo no good reason >&2; exit 3 ;; esac',
  'busybox mkdir -p /tmp/www && case $$GONOGO_VERSION in sick*) ;; *) echo -n $$GONOGO_VERSION > /tmp/www/index.html ;; esac',
  'exec busybox httpd -f -p 127.0.0.1:$$PORT -h /tmp/www',
].join('\n')

describe.skipIf(!engine)('a real docker compose', () => {
  let directory = ''
  const env = engine?.env ?? {}
  const open = (options: Record<string, unknown>, name = 'app'): Target =>
    compose.create(
      compose.options.parse({
        service: 'web',
        pull: false,
        health: { path: '/', intervalMs: 100, startTimeoutMs: 20_000 },
        settleMs: 300,
        graceMs: 1000,
        ...options,
      }),
      { name, directory, stateDirectory: join(directory, '.gonogo'), env },
    )
  const projects = (): string => engine?.docker(['compose', 'ls', '--all', '--quiet']) ?? ''

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "gonogo compose's-"))
    const web = {
      image: 'box:1',
      command: ['/bin/busybox', 'sh', '-c', SERVE],
      network_mode: 'host',
      environment: { GONOGO_VERSION: '${TAG}', PORT: '${PORT}' },
    }
    writeFileSync(join(directory, 'compose.yaml'), JSON.stringify({ services: { web } }))
  })
  afterAll(async () => {
    await engine?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  describe.each(['web-{slot}', 'web-{version}'])('beside: project %s', (project) => {
    describeTargetBeside(async () => {
      const target = open({ project, versionEnv: 'TAG' }, project)
      const portOf = async (version: string): Promise<number> =>
        (await target.current())[version]?.[0]?.backend.port ?? 0
      return { target, env, serves: async (version) => (await ask(await portOf(version))) === version }
    })
  })

  it.each([
    ['dies-1', 'no good reason'],
    ['sick-1', 'gives HTTP 404'],
  ])('a version that does not come up is taken down again and says why: %s', async (version, words) => {
    const health = { path: '/', intervalMs: 100, startTimeoutMs: 4000 }
    const target = open({ project: 'bad-{version}', versionEnv: 'TAG', health }, 'bad')
    await expect(target.prepare(version, signal())).rejects.toThrow(words)
    expect(projects()).not.toContain('bad-')
  })

  it('is brought up again when it was killed, and held for a data swap', async () => {
    const target = open({ project: 'held-{version}', versionEnv: 'TAG' }, 'held')
    const [one, two] = await Promise.all([target.prepare('v1.0', signal()), target.prepare('v1.0', signal())])
    expect(two).toEqual(one)
    process.kill((await target.current())['v1.0']?.[0]?.pid ?? 0, 'SIGKILL')
    expect(await target.prepare('v1.0', signal())).toEqual(one)
    const { restore, suspend, resume } = target.capsule('v1.0', 'v2.0')
    if (!restore || !suspend || !resume) throw new Error('there is no such step')
    for (const [step, answer] of [
      [suspend, null],
      [resume, 'v1.0'],
      [suspend, null],
      [restore, 'v1.0'],
    ] as const) {
      expect(await runCapsuleStep(step, env)).toMatchObject({ exitCode: 0, stderr: '' })
      await expect.poll(() => ask(one[0]?.port ?? 0), { timeout: 10_000 }).toBe(answer)
    }
    await target.retire('v1.0', signal())
  })

  it('says what the image lacks, before anything is touched', async () => {
    const target = open({ project: 'none-{version}', files: ['none.yaml'] }, 'none')
    await expect(target.prepare('v1', signal())).rejects.toThrow(/no such file/)
  })

  describe('in place', () => {
    describeTargetInPlace(async () => {
      const port = await freePort()
      const target = open({ mode: 'in-place', project: 'shop', versionEnv: 'TAG', port }, 'shop')
      return { target, env, serves: async (version) => (await ask(port)) === version }
    })

    it.each(['dies-1', 'sick-1'])('puts back what served: %s', async (version) => {
      const port = await freePort()
      const health = { path: '/', intervalMs: 100, startTimeoutMs: 4000 }
      const { inPlace } = open({ mode: 'in-place', project: 'shop', versionEnv: 'TAG', port, health }, 'shop')
      await inPlace?.switchTo('v1', signal())
      await expect(inPlace?.switchTo(version, signal())).rejects.toThrow('v1 serves again')
      expect(await inPlace?.current()).toBe('v1')
    })
  })
})
