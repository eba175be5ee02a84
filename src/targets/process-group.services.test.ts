// Versions are brought up, kept running, adopted and taken down: real processes on real ports.
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { poll } from '../lib/deadline.ts'
import { OutsideError, PlanError } from '../lib/errors.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import { ask, createProject, type Project } from './process-group/fixture.ts'
import { readAlive, readIdentity } from './process-group/identity-file.ts'
import { identityFile, instanceLog, layoutOf } from './process-group/layout.ts'
import { isGroupAlive } from './process-group/process-groups.ts'
import { processGroup } from './process-group.ts'
import type { Target } from './target.ts'

const signal = AbortSignal.timeout(120_000)
const soon = { everyMs: 20, timeoutMs: 20_000 }

const layout = (project: Project, version: string) => layoutOf(join(project.stateDirectory, 'targets/app'), version)

async function pidsOf(target: Target, version: string): Promise<number[]> {
  const instances = (await target.current())[version] ?? []
  return instances.map(({ pid }) => pid ?? 0)
}

async function outsideErrorOf(work: Promise<unknown>): Promise<OutsideError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(OutsideError)
  return error as OutsideError
}

describe('bringing a version up', () => {
  it('starts its instances healthy, beside the other version, on ports of their own', async () => {
    const target = createProject().target()
    const [one, two] = await Promise.all([target.prepare('v1', signal), target.prepare('feature/v2', signal)])
    expect(one.map(({ id, version, host }) => [id, version, host])).toEqual([
      ['v1-1', 'v1', '127.0.0.1'],
      ['v1-2', 'v1', '127.0.0.1'],
    ])
    expect(new Set([...one, ...two].map(({ port }) => port)).size).toBe(4)
    expect(await ask(two[1]?.port ?? 0)).toBe('feature/v2 feature/v2-2')
    const current = await target.current()
    expect(Object.keys(current).toSorted()).toEqual(['feature/v2', 'v1'])
    expect(current.v1?.map(({ healthy, restarts }) => ({ healthy, restarts }))).toEqual([
      { healthy: true, restarts: 0 },
      { healthy: true, restarts: 0 },
    ])
  })

  it('does nothing the second time, however many ask at once', async () => {
    const project = createProject()
    const first = project.target()
    const second = project.target()
    const answers = await Promise.all([
      first.prepare('v1', signal),
      second.prepare('v1', signal),
      first.prepare('v1', signal),
    ])
    const pids = await pidsOf(first, 'v1')
    expect(await second.prepare('v1', signal)).toEqual(answers[0])
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    expect(await pidsOf(second, 'v1')).toEqual(pids)
    for (const { port } of answers[0]) expect(pids.map(String)).toContain(await ask(port, '/pid'))
  })

  it('gives a version its own command and environment', async () => {
    const project = createProject()
    const versions = { v2: { env: { LOUD: 'from v2' } } }
    const target = project.target({ instances: 1, env: { LOUD: 'from all' }, versions })
    await target.prepare('v1', signal)
    await target.prepare('v2', signal)
    expect(readFileSync(join(layout(project, 'v1').directory, 'instance-1.log'), 'utf8')).toBe(
      'this is v1-1 from all\n',
    )
    expect(readFileSync(join(layout(project, 'v2').directory, 'instance-1.log'), 'utf8')).toBe('this is v2-1 from v2\n')
  })

  it('can ask for a mere connection instead of HTTP', async () => {
    const target = createProject().target({ instances: 1, health: { kind: 'tcp' }, env: { MOOD: 'sick' } })
    expect(await target.prepare('v1', signal)).toHaveLength(1)
  })
})

describe('a version that does not come up', () => {
  it.each([
    ['answers badly', { MOOD: 'sick' }, /v1-1 did not become healthy within 1\.2 s .*\/health gives HTTP 503/],
    ['does not listen', { MOOD: 'mute' }, /did not become healthy within 1\.2 s .* gives ECONNREFUSED/],
    ['ends again and again', { MOOD: 'dies' }, /ended with exit code 3, started [2-9] times/],
  ])('is stopped again when it %s, and its last lines are quoted', async (_, mood, message) => {
    const project = createProject()
    const target = project.target({ env: { ...mood, LOUD: 'last words' }, health: { startTimeoutMs: 1200 } })
    const error = await outsideErrorOf(target.prepare('v1', signal))
    expect(error.message).toMatch(message)
    expect(error.message).toContain('this is v1-1 last words')
    expect(error.system).toBe('target app')
    expect(error.hint).toMatch(/see .*instance-1\.log/)
    expect(await target.current()).toEqual({})
    expect(readAlive(layout(project, 'v1').supervisor)).toBeNull()
  })

  it('is not waited for when there is no such program', async () => {
    const target = createProject().target({ command: ['no-such-program'], health: { startTimeoutMs: 60_000 } })
    const error = await outsideErrorOf(target.prepare('v1', AbortSignal.timeout(20_000)))
    expect(error.message).toMatch(/cannot run no-such-program \(exit code 127\)/)
  })

  it('is stopped again when the caller gives up', async () => {
    const target = createProject().target({ env: { MOOD: 'mute' } })
    const cancel = new AbortController()
    const preparing = outsideErrorOf(target.prepare('v1', cancel.signal))
    await poll(async () => ((await pidsOf(target, 'v1')).some(Boolean) ? true : null), soon)
    cancel.abort()
    expect((await preparing).message).toBe('starting v1 was cancelled; it was stopped again')
    expect(await target.current()).toEqual({})
  })

  it('that ran before the call is not stopped because an instance of it is ill', async () => {
    const project = createProject()
    const target = project.target({ health: { startTimeoutMs: 1200 } })
    await target.prepare('v1', signal)
    const [first = 0, second] = await pidsOf(target, 'v1')
    rmSync(join(project.directory, 'server.mjs'))
    process.kill(first, 'SIGKILL')
    await poll(async () => ((await target.current()).v1?.[0]?.healthy ? null : true), soon)
    const error = await outsideErrorOf(target.prepare('v1', signal))
    expect(error.message).toMatch(/^v1-1 did not become healthy within 1\.2 s/)
    expect((await pidsOf(target, 'v1'))[1]).toBe(second)
  })

  it('is told which version has no command, and which directory is missing', async () => {
    const project = createProject()
    const target = project.target({ command: undefined, versions: { v1: { command: ['true'] } } })
    await expect(target.prepare('v2', signal)).rejects.toThrow(PlanError)
    await expect(target.prepare('v2', signal)).rejects.toThrow('nothing says how to start version v2')
    await expect(project.target({ cwd: 'gone' }).prepare('v1', signal)).rejects.toThrow(/there is no directory .*gone/)
  })
})

describe('ports', () => {
  it('are taken one version after the other from the first given', async () => {
    const from = 10_000 + Math.floor(Math.random() * 9000)
    const target = createProject().target({ ports: { from }, instances: 1 })
    expect((await target.prepare('v1', signal))[0]?.port).toBe(from)
    expect((await target.prepare('v2', signal))[0]?.port).toBe(from + 1)
  })

  it('that are taken by somebody else are named', async () => {
    const server = createServer().listen(0)
    const { port } = server.address() as AddressInfo
    const target = createProject().target({ ports: { from: port } })
    const error = await outsideErrorOf(target.prepare('v1', signal))
    expect(error.message).toBe(`port ${port} is taken by another program`)
    expect(error.hint).toContain('ports.from')
    expect(await target.current()).toEqual({})
    server.close()
  })
})

describe('keeping a version running', () => {
  it('starts an instance again when it was killed, and counts it', async () => {
    const target = createProject().target()
    const backends = await target.prepare('v1', signal)
    const [first = 0, second] = await pidsOf(target, 'v1')
    process.kill(first, 'SIGKILL')
    const again = await poll(async () => {
      const instance = (await target.current()).v1?.[0]
      return instance && instance.pid !== first && instance.healthy ? instance : null
    }, soon)
    expect(again).toMatchObject({ backend: backends[0], restarts: 1 })
    expect((await pidsOf(target, 'v1'))[1]).toBe(second)
  })

  it('outlives its supervisor, and is adopted by the next one without a double', async () => {
    const project = createProject()
    const target = project.target()
    const backends = await target.prepare('v1', signal)
    const pids = await pidsOf(target, 'v1')
    const supervisor = readAlive(layout(project, 'v1').supervisor)
    process.kill(supervisor?.pid ?? 0, 'SIGKILL')
    await poll(() => (supervisor && isAlive(supervisor) ? null : true), soon)
    expect((await target.current()).v1?.map(({ pid, healthy }) => [pid, healthy])).toEqual(
      pids.map((pid) => [pid, true]),
    )
    expect(await target.prepare('v1', signal)).toEqual(backends)
    expect(await pidsOf(target, 'v1')).toEqual(pids)
    // And the new one does its work.
    process.kill(pids[0] ?? 0, 'SIGKILL')
    expect(
      await poll(async () => {
        const [pid] = await pidsOf(target, 'v1')
        return pid && pid !== pids[0] ? pid : null
      }, soon),
    ).not.toBeNull()
  })
})

describe('taking a version down', () => {
  it('lets instances finish, and leaves the other version alone', async () => {
    const project = createProject()
    const target = project.target({ instances: 1, env: { MOOD: 'slow' } })
    await target.prepare('v1', signal)
    await target.prepare('v2', signal)
    const [kept] = await pidsOf(target, 'v1')
    await target.retire('v2', signal)
    expect(Object.keys(await target.current())).toEqual(['v1'])
    expect(await pidsOf(target, 'v1')).toEqual([kept])
    expect(readFileSync(join(layout(project, 'v2').directory, 'instance-1.log'), 'utf8')).toContain('going')
    await target.retire('v2', signal)
    await target.retire('never-there', signal)
  })

  it('kills an instance that does not go within its grace', async () => {
    const target = createProject().target({ instances: 1, env: { MOOD: 'stubborn' }, stop: { graceMs: 200 } })
    await target.prepare('v1', signal)
    const [pid = 0] = await pidsOf(target, 'v1')
    await target.retire('v1', signal)
    expect(identify(pid)).toBeNull()
  })

  it('finds the instances of a supervisor that was killed, and what they started themselves', async () => {
    const project = createProject()
    const words = ['sh', '-c', `sleep 300 & exec "$0" server.mjs`, process.execPath]
    const target = project.target({ command: words, instances: 1 })
    await target.prepare('v1', signal)
    const leader = readIdentity(identityFile(layout(project, 'v1'), 1))
    process.kill(readAlive(layout(project, 'v1').supervisor)?.pid ?? 0, 'SIGKILL')
    await target.retire('v1', signal)
    expect(await target.current()).toEqual({})
    expect(leader && isGroupAlive(leader)).toBe(false)
  })

  it('can come up again afterwards', async () => {
    const target = createProject().target({ instances: 1 })
    await target.prepare('v1', signal)
    await target.retire('v1', signal)
    expect(await target.prepare('v1', signal)).toHaveLength(1)
  })
})

it('keeps no secret where others can read it', async () => {
  const project = createProject()
  await project.target({ instances: 1, env: { TOKEN: 's3cret' } }).prepare('v1', signal)
  expect(statSync(layout(project, 'v1').spec).mode & 0o077).toBe(0)
  expect(statSync(layout(project, 'v1').directory).mode & 0o077).toBe(0)
})

it('has an example that fails', async () => {
  const { directory, stateDirectory } = createProject()
  const failing = processGroup.options.parse(processGroup.failingExample)
  const target = processGroup.create(failing, { name: 'app', directory, stateDirectory, env: {} })
  await outsideErrorOf(target.prepare('v1', signal))
  expect(existsSync(directory)).toBe(true)
})

describe('replaced instance by instance', () => {
  it('so many run as are wanted, the first ones stay as they are, and the others come back on their ports', async () => {
    const { target } = createProject()
    const own = target({ instances: 3 })
    const all = await own.prepare('v1', signal)
    const before = await own.current()
    expect(await own.resize?.('v1', 1, signal)).toEqual(all.slice(0, 1))
    expect(await own.current()).toEqual({ v1: before['v1']?.slice(0, 1) })
    expect(await own.ready('v1')).toEqual({ healthy: 1, wanted: 3 })
    expect(await ask(all[2]?.port ?? 0)).toBeNull()
    expect(await own.resize?.('v1', 2, signal)).toEqual(all.slice(0, 2))
    expect(await own.prepare('v1', signal)).toEqual(all)
    expect(await own.ready('v1')).toEqual({ healthy: 3, wanted: 3 })
  })

  it('a version can come up with fewer than all, and one that makes way finishes what it does', async () => {
    const project = createProject()
    const own = project.target({ instances: 2, env: { MOOD: 'slow' } })
    const [first, ...others] = (await own.resize?.('v2', 1, signal)) ?? []
    expect(others).toEqual([])
    expect(await own.ready('v2')).toEqual({ healthy: 1, wanted: 2 })
    const both = await own.prepare('v2', signal)
    expect(both[0]).toEqual(first)
    await own.resize?.('v2', 1, signal)
    expect(readFileSync(instanceLog(layout(project, 'v2'), 2), 'utf8')).toContain('going')
  })

  it('an instance that was taken away stays away when another dies, and its supervisor too', async () => {
    const project = createProject()
    const own = project.target({ instances: 2 })
    await own.prepare('v1', signal)
    await own.resize?.('v1', 1, signal)
    const supervisor = readAlive(layout(project, 'v1').supervisor)?.pid ?? 0
    process.kill(supervisor, 'SIGKILL')
    expect(await poll(() => (identify(supervisor) ? null : true), soon)).toBe(true)
    const pid = (await own.current())['v1']?.[0]?.pid ?? 0
    expect(await own.resize?.('v1', 1, signal)).toHaveLength(1)
    expect((await own.current())['v1']).toMatchObject([{ pid }])
    process.kill(pid, 'SIGKILL')
    const isBack = async () => {
      const [instance] = (await own.current())['v1'] ?? []
      return instance?.healthy && instance.pid !== pid ? true : null
    }
    expect(await poll(isBack, soon)).toBe(true)
    expect(await own.current()).toMatchObject({ v1: [{ healthy: true }] })
    expect((await own.current())['v1']).toHaveLength(1)
  })
})
