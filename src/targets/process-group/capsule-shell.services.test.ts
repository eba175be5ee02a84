// The capsule's steps, run by sh alone, from elsewhere, twice, with and without a supervisor.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { pause, poll } from '../../lib/deadline.ts'
import { identify } from '../../lib/process-identity.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import type { Target } from '../target.ts'
import { ask, createProject } from './fixture.ts'
import { readAlive } from './identity-file.ts'
import { layoutOf } from './layout.ts'

const signal = AbortSignal.timeout(120_000)

/** Runs a step the way rollback.sh does: `set -eu`, $HERE, another directory, hardly any environment. */
function run(step: CapsuleStep | null) {
  if (!step) throw new Error('there is no such step')
  const here = mkdtempSync(join(tmpdir(), 'gonogo capsule-'))
  onTestFinished(() => rmSync(here, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(step.files)) writeFileSync(join(here, name), content)
  writeFileSync(join(here, 'rollback.sh'), `set -eu\nHERE=$(cd "$(dirname "$0")" && pwd)\n${step.shell}`)
  const env = { PATH: process.env.PATH ?? '' }
  const { status, stderr } = spawnSync('sh', [join(here, 'rollback.sh')], { cwd: '/', env, encoding: 'utf8' })
  return { status, stderr }
}

async function pidsOf(target: Target, version: string): Promise<(number | null)[]> {
  return ((await target.current())[version] ?? []).map(({ pid }) => pid)
}

async function bothVersions(options: Record<string, unknown> = {}) {
  const project = createProject()
  const target = project.target({ instances: 2, ...options })
  const [stable] = [await target.prepare('v1', signal), await target.prepare('v2', signal)]
  const layout = (version: string) => layoutOf(join(project.stateDirectory, 'targets/app'), version)
  return { project, target, stable, layout, steps: target.capsule('v1', 'v2') }
}

it('stops the candidate, and only it; the second time there is nothing to do', async () => {
  const { target, steps } = await bothVersions()
  const stable = await pidsOf(target, 'v1')
  expect(run(steps.retire)).toEqual({ status: 0, stderr: '' })
  expect(Object.keys(await target.current())).toEqual(['v1'])
  expect(await pidsOf(target, 'v1')).toEqual(stable)
  expect(run(steps.retire)).toEqual({ status: 0, stderr: '' })
  expect(await target.prepare('v2', signal)).toHaveLength(2)
})

it('stops the candidate when its supervisor is dead, and kills what does not go', async () => {
  const { target, layout, steps } = await bothVersions({ env: { MOOD: 'stubborn' }, stop: { graceMs: 300 } })
  process.kill(readAlive(layout('v2').supervisor)?.pid ?? 0, 'SIGKILL')
  const pids = await pidsOf(target, 'v2')
  expect(run(steps.retire)).toEqual({ status: 0, stderr: '' })
  expect(pids.map((pid) => identify(pid ?? 0))).toEqual([null, null])
})

it('holds both versions and starts the stable one again, on the same ports', async () => {
  const { target, stable, layout, steps } = await bothVersions()
  const before = await pidsOf(target, 'v1')
  expect(run(steps.suspend)).toEqual({ status: 0, stderr: '' })
  expect(run(steps.suspend)).toEqual({ status: 0, stderr: '' })
  expect([...(await pidsOf(target, 'v1')), ...(await pidsOf(target, 'v2'))]).toEqual([null, null, null, null])
  // Longer than a supervisor would wait before it starts a crashed instance again.
  await pause(700)
  expect(await pidsOf(target, 'v1')).toEqual([null, null])
  expect(run(steps.resume)).toEqual({ status: 0, stderr: '' })
  for (const { id, port } of stable) expect(await ask(port)).toBe(`v1 ${id}`)
  expect(
    (await target.current()).v1?.map(({ healthy, restarts, backend }) => ({ healthy, restarts, backend })),
  ).toEqual(stable.map((backend) => ({ healthy: true, restarts: 0, backend })))
  expect(await pidsOf(target, 'v1')).not.toEqual(before)
  expect(await pidsOf(target, 'v2')).toEqual([null, null])
  expect(existsSync(layout('v2').hold)).toBe(true)
  expect(run(steps.resume)).toEqual({ status: 0, stderr: '' })
})

it('starts the stable version again even when its supervisor was killed', async () => {
  const { target, stable, layout, steps } = await bothVersions({ instances: 1 })
  const supervisor = readAlive(layout('v1').supervisor)
  process.kill(supervisor?.pid ?? 0, 'SIGKILL')
  expect(run(steps.suspend)).toEqual({ status: 0, stderr: '' })
  expect(await ask(stable[0]?.port ?? 0)).toBeNull()
  expect(run(steps.resume)).toEqual({ status: 0, stderr: '' })
  expect(await ask(stable[0]?.port ?? 0)).toBe('v1 v1-1')
  expect(readAlive(layout('v1').supervisor)?.pid).not.toBe(supervisor?.pid)
  expect(await target.prepare('v1', signal)).toEqual(stable)
})

it('says so when the stable version does not become healthy again', async () => {
  const { project, layout } = await bothVersions({ instances: 1 })
  const impatient = project.target({ health: { startTimeoutMs: 1000 } }).capsule('v1', 'v2')
  expect(run(impatient.suspend)).toEqual({ status: 0, stderr: '' })
  rmSync(join(project.directory, 'server.mjs'))
  const { status, stderr } = run(impatient.resume)
  expect(status).toBe(1)
  expect(stderr).toContain(`not healthy in time: see ${layout('v1').directory}/instance-1.log`)
})

it('does not touch a process that merely has the recorded id', async () => {
  const { target, layout, steps } = await bothVersions({ instances: 1 })
  await target.retire('v2', signal)
  const [bystander] = await pidsOf(target, 'v1')
  writeFileSync(join(layout('v2').directory, 'instance-1.pid'), `${bystander} 12345\n`)
  writeFileSync(layout('v2').supervisor, `${bystander} 12345\n`)
  expect(run(steps.retire)).toEqual({ status: 0, stderr: '' })
  await pause(100)
  expect(await pidsOf(target, 'v1')).toEqual([bystander])
})

it('is lifted by the next start when its maker is gone', async () => {
  const { target, layout, steps } = await bothVersions({ instances: 1 })
  run(steps.suspend)
  expect(await target.prepare('v2', signal)).toHaveLength(1)
  expect(existsSync(layout('v2').hold)).toBe(false)
  expect(
    await poll(async () => ((await pidsOf(target, 'v2'))[0] ? true : null), { everyMs: 20, timeoutMs: 5000 }),
  ).toBe(true)
})

it('brings back the instances that had made way for new ones, and is quick where none had', async () => {
  const { target, stable, steps } = await bothVersions()
  expect(run(steps.restore)).toEqual({ status: 0, stderr: '' })
  await target.resize?.('v1', 1, signal)
  for (let round = 0; round < 2; round++) expect(run(steps.restore)).toEqual({ status: 0, stderr: '' })
  expect(await target.ready('v1')).toEqual({ healthy: 2, wanted: 2 })
  expect(await target.prepare('v1', signal)).toEqual(stable)
})
