// Options, plan and reading of the target kind `helm`; and what it makes of a helm that fails.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../test/servers/fake-program.ts'
import { messageOf } from '../lib/errors.ts'
import type { HelmRevision } from '../lib/helm-history.ts'
import { releaseOf, upgradeProgram } from './helm/commands.ts'
import { versionSource, type HelmOptions } from './helm/options.ts'
import { notedVersion, seenVersion } from './helm/release.ts'
import { helm } from './helm.ts'

const signal = AbortSignal.timeout(60_000)
const BESIDE = { chart: './chart', release: 'web-{version}', set: { 'image.tag': '{version}' } }
const IN_PLACE = { ...BESIDE, mode: 'in-place', release: 'web' }

const parsed = (options: object): HelmOptions => helm.options.parse(options)

function project(env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-helm-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'chart'))
  return { name: 'web', directory, stateDirectory: join(directory, '.gonogo'), env }
}

function environment(programs: Readonly<Record<string, readonly Reply[]>>): Record<string, string> {
  const made = fakePrograms(programs)
  onTestFinished(() => made.stop())
  return made.env
}

const failureOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it went well',
    (error: unknown) => messageOf(error),
  )

const revision = (number: number, change: Partial<HelmRevision> = {}): HelmRevision => ({
  revision: number,
  updated: '2026-01-01T00:00:00Z',
  status: 'deployed',
  chart: 'web-1.4.2',
  app_version: '2.0',
  description: 'Upgrade complete',
  ...change,
})

describe('options', () => {
  it('the example is taken, the failing example is refused', () => {
    expect(helm.options.safeParse(helm.example).success).toBe(true)
    expect(helm.options.safeParse(helm.failingExample).success).toBe(false)
  })

  it.each([
    [{ ...BESIDE, release: 'web' }, 'it must hold `{version}`'],
    [{ ...BESIDE, slots: ['a', 'b'] }, 'it must hold `{slot}`'],
    [{ ...BESIDE, release: 'web-{slot}' }, 'it must hold `{version}`'],
    [{ ...BESIDE, set: {} }, 'versions would be the same'],
    [{ ...BESIDE, chart: '--post-renderer=evil' }, 'does not begin with'],
    [{ ...IN_PLACE, release: 'web-{version}' }, 'it is one release'],
    [{ ...IN_PLACE, set: {} }, 'nothing tells the version'],
    [{ ...IN_PLACE, versionFrom: 'tag' }, 'expected'],
  ])('%o is refused: %s', (options, why) => {
    expect(JSON.stringify(helm.options.safeParse(options).error?.issues)).toContain(why)
  })

  it.each([
    [{}, { kind: 'value', path: 'image.tag', pattern: '{version}' }],
    [{ set: { image: 'web:{version}' } }, { kind: 'value', path: 'image', pattern: 'web:{version}' }],
    [{ versionFrom: 'app-version' }, { kind: 'app-version' }],
    [{ set: {}, chartVersion: '{version}' }, { kind: 'chart-version' }],
    [{ versionFrom: 'value:tag' }, { kind: 'value', path: 'tag', pattern: '{version}' }],
  ])('%o: the version is seen in %o', (change, source) => {
    expect(versionSource(parsed({ ...IN_PLACE, ...change }))).toEqual(source)
  })
})

describe('plan', () => {
  it('beside: one command, its values not in it', () => {
    const place = project()
    const options = {
      ...BESIDE,
      namespace: 'shop',
      valuesFiles: ['values-{version}.yaml'],
      set: { ...BESIDE.set, password: 'secret' },
    }
    expect(helm.plan(parsed(options), 'v1.2', place)).toEqual([
      `helm upgrade web-v1-2 ${place.directory}/chart --install --values=${place.directory}/values-v1.2.yaml --values=- --wait --timeout=300s '--description=gonogo version v1.2' --namespace=shop  # standard input: values of image.tag, password`,
    ])
  })

  it('values are typed, at their places, and nothing of a version is read as more than text', () => {
    const options = parsed({
      ...BESIDE,
      set: { 'image.tag': '{version}', 'image.pull': true, replicas: 3, on: 'true', none: null },
    })
    const { input = '' } = upgradeProgram(
      { options, directory: '/' },
      { release: 'web', version: '1.10,a=b', slot: null },
    )
    expect(JSON.parse(input)).toEqual({ image: { tag: '1.10,a=b', pull: true }, replicas: 3, on: 'true', none: null })
  })

  it('a chart of a repository is left as it is', () => {
    const { args } = upgradeProgram(
      { options: parsed({ ...BESIDE, chart: 'oci://registry.internal/web' }), directory: '/' },
      { release: 'web', version: 'v2', slot: null },
    )
    expect(args[2]).toBe('oci://registry.internal/web')
  })

  it('names of releases stay within what helm takes', () => {
    expect(releaseOf(parsed(BESIDE), 'x'.repeat(80), null)).toHaveLength(53)
  })
})

describe('which version a revision has', () => {
  it('as gonogo wrote it; of one rolled back, that of its origin', () => {
    const history = [
      revision(4, { description: 'Rollback to 3' }),
      revision(3, { description: 'Rollback to 1' }),
      revision(2, { description: 'gonogo version v2' }),
      revision(1, { description: 'gonogo version v1' }),
    ]
    expect(history.map((one) => notedVersion(one, history))).toEqual(['v1', 'v1', 'v2', 'v1'])
    expect(notedVersion(revision(1, { description: 'Rollback to 1' }), [revision(1)])).toBe(null)
  })

  it.each([
    [{ versionFrom: 'app-version' }, '2.0'],
    [{ versionFrom: 'chart-version' }, '1.4.2'],
    [{ set: { 'image.tag': 'rel-{version}' } }, 'v7'],
    [{ versionFrom: 'value:missing' }, null],
  ])('%o: %s', async (change, version) => {
    const env = environment({ helm: [{ when: 'get values web --revision=5', stdout: '{"image":{"tag":"rel-v7"}}' }] })
    const options = parsed({ ...IN_PLACE, ...change })
    expect(await seenVersion({ options, directory: '/', system: 'target web', env }, 'web', revision(5))).toBe(version)
  })
})

describe('a helm that does not answer well', () => {
  it('is not there: what to install', async () => {
    const target = helm.create(parsed(BESIDE), project(WITHOUT_PROGRAMS))
    expect(await failureOf(target.prepare('v2', signal))).toMatch(/cannot run helm.*install helm 3/s)
  })

  it.each([
    [{ stdout: 'no JSON' }, 'is no history of web'],
    [{ stdout: '[{}]' }, 'is no history of web'],
    [{ stderr: 'Error: Kubernetes cluster unreachable: connection refused' }, 'cluster unreachable'],
    [{ stderr: 'Error: release: not found' }, 'there is no release web'],
  ])('%o is told: %s', async (reply, said) => {
    const target = helm.create(parsed(IN_PLACE), project(environment({ helm: [reply] })))
    expect(await failureOf(target.prepare('v2', signal))).toContain(said)
  })

  it('a release of somebody else keeps its name', async () => {
    const history = JSON.stringify([revision(7)])
    const target = helm.create(parsed(BESIDE), project(environment({ helm: [{ when: 'history', stdout: history }] })))
    expect(await failureOf(target.prepare('v2', signal))).toContain('web-v2 is deployed and not made by gonogo')
  })

  it('the way back to a version that was never seen says what to do', () => {
    const target = helm.create(parsed(IN_PLACE), project())
    expect(target.inPlace?.capsule('v1').shell).toContain('helm history web')
  })

  it.each([
    ['Error: release: not found', 0],
    ['Error: Kubernetes cluster unreachable: connection refused', 1],
  ])('the capsule goes on where there is no such release only: %s', async (stderr, exitCode) => {
    const env = environment({ helm: [{ when: 'history', stderr }], kubectl: [] })
    const target = helm.create(parsed({ ...BESIDE, release: 'web-{slot}', slots: ['blue', 'green'] }), project(env))
    const { retire, resume } = target.capsule('v1', 'v2')
    expect(await runCapsuleStep(retire, { PATH: env['PATH'] ?? '' })).toMatchObject({ exitCode })
    expect(resume && (await runCapsuleStep(resume, { PATH: env['PATH'] ?? '' }))).toMatchObject({ exitCode: 1 })
  })

  it('the capsule says what to install', async () => {
    const env = environment({ kubectl: [] })
    const target = helm.create(parsed(BESIDE), project(env))
    const said = await runCapsuleStep(target.capsule('v1', 'v2').retire, { PATH: env['PATH'] ?? '' })
    expect(said.exitCode).toBe(1)
    expect(said.stderr).toContain('helm is not there: install helm 3')
  })
})
