// The target kind `helm` against a real API server with its controllers: releases side by side, in slots, and in place.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { describeTargetBeside, describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { kubernetesPrograms, startKubernetes, type KubernetesServer } from '../../test/servers/kubernetes.ts'
import { exec } from '../lib/exec.ts'
import { OutsideError } from '../lib/errors.ts'
import { helm } from './helm.ts'
import type { Target, TargetContext } from './target.ts'

const programs = await kubernetesPrograms({ controllers: true })
if (!programs) console.warn('SKIPPED: helm.services.test.ts needs etcd and Go, to build Kubernetes and helm with')

const signal = (): AbortSignal => AbortSignal.timeout(120_000)
const SECRET = 'p4ssw0rd-never-shown'

const CHART = 'apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: "1.0"\n'
const VALUES = 'image: { tag: none }\nreplicas: 2\nkind: Deployment\npassword: ""\n'
const TEMPLATES = `apiVersion: apps/v1
kind: {{ .Values.kind }}
metadata: { name: "{{ .Release.Name }}" }
spec:
  replicas: {{ .Values.replicas }}
  {{- if eq .Values.kind "StatefulSet" }}
  serviceName: "{{ .Release.Name }}"
  {{- end }}
  selector: { matchLabels: { app: "{{ .Release.Name }}" } }
  template:
    metadata: { labels: { app: "{{ .Release.Name }}" } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: registry.internal/web:{{ .Values.image.tag }}
          ports: [{ containerPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: "{{ .Release.Name }}" }
spec:
  selector: { app: "{{ .Release.Name }}" }
  ports: [{ port: 80, targetPort: 8080 }]
{{- if eq (toString .Values.image.tag) "no-template" }}
{{ fail (printf "cannot use %s" .Values.password) }}
{{- end }}
`

describe.skipIf(!programs)('on a real API server of Kubernetes with controllers', () => {
  let cluster: KubernetesServer
  let namespaces = 0
  beforeAll(async () => {
    cluster = await startKubernetes(programs ?? '', { controllers: true })
  })
  afterAll(async () => cluster.stop())

  function openSpace() {
    const namespace = `space-${++namespaces}`
    cluster.kubectl(['create', 'namespace', namespace])
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-helm-target-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    mkdirSync(join(directory, 'chart', 'templates'), { recursive: true })
    writeFileSync(join(directory, 'chart', 'Chart.yaml'), CHART)
    writeFileSync(join(directory, 'chart', 'values.yaml'), VALUES)
    writeFileSync(join(directory, 'chart', 'templates', 'all.yaml'), TEMPLATES)
    const context: TargetContext = {
      name: 'web',
      directory,
      stateDirectory: join(directory, '.gonogo'),
      env: cluster.env,
    }
    const base = { kubeconfig: cluster.kubeconfig, namespace, chart: './chart', timeoutMs: 30_000 }
    const set = { 'image.tag': '{version}', password: SECRET }
    const target = (options: Record<string, unknown>): Target =>
      helm.create(helm.options.parse({ ...base, set, ...options }), context)
    const run = async (...args: string[]): Promise<string> => {
      const flags = [`--kubeconfig=${cluster.kubeconfig}`, `--namespace=${namespace}`]
      const { exitCode, stdout, stderr } = await exec('helm', [...args, ...flags], {
        env: cluster.env,
        timeoutMs: 60_000,
      })
      if (exitCode !== 0) throw new Error(stderr)
      return stdout
    }
    const releases = async (): Promise<string[]> => (await run('list', '--all', '--short')).split('\n').filter(Boolean)
    const kubectl = (...args: string[]): string => cluster.kubectl([`--namespace=${namespace}`, ...args])
    return { namespace, directory, target, run, releases, kubectl }
  }

  function capsuleEnv(): Record<string, string> {
    return { PATH: cluster.env['PATH'] ?? '' }
  }

  const failureOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(OutsideError)
    return (error as OutsideError).toLine()
  }

  const BESIDE = { release: 'web-{version}' }
  const SLOTS = { release: 'web-{slot}', slots: ['blue', 'green'] }

  describe.each([
    ['a release for each version', BESIDE],
    ['a release for each slot', SLOTS],
    [
      'a release for each version, with a stateful set',
      { ...BESIDE, set: { 'image.tag': '{version}', kind: 'StatefulSet' } },
    ],
  ])('%s', (_, options) => {
    describeTargetBeside(async () => ({ target: openSpace().target(options), serves: null, env: capsuleEnv() }))
  })

  describe('one release in place', () => {
    describeTargetInPlace(async () => {
      const space = openSpace()
      await space.run('install', 'web', join(space.directory, 'chart'), '--set=image.tag=v0', '--wait', '--timeout=30s')
      return { target: space.target({ mode: 'in-place', release: 'web' }), serves: null, env: capsuleEnv() }
    })
  })

  describe('a version that does not come up', () => {
    it('beside: says why, and its release is uninstalled', async () => {
      const space = openSpace()
      const target = space.target({ ...BESIDE, timeoutMs: 3000 })
      await target.prepare('v1', signal())
      const words = await failureOf(target.prepare('v2-crash', signal()))
      for (const part of ['CrashLoopBackOff', 'cannot reach the database', 'nothing of it is left'])
        expect(words).toContain(part)
      expect(await space.releases()).toEqual(['web-v1'])
      expect(Object.keys(await target.current())).toEqual(['v1'])
    })

    it('in place: is rolled back to the revision of before', async () => {
      const space = openSpace()
      await space.run('install', 'web', join(space.directory, 'chart'), '--set=image.tag=v1', '--wait', '--timeout=30s')
      const target = space.target({ mode: 'in-place', release: 'web', timeoutMs: 3000 })
      const words = await failureOf(target.inPlace!.switchTo('v2-image-pull', signal()))
      expect(words).toMatch(/ImagePullBackOff[^]*rolled back to revision 1/)
      expect(await target.inPlace?.current()).toBe('v1')
      expect(await target.ready('v1')).toEqual({ healthy: 2, wanted: 2 })
    })

    it('a secret value is in no error, and in no plan', async () => {
      const space = openSpace()
      const words = await failureOf(space.target(BESIDE).prepare('no-template', signal()))
      expect(words).toContain('cannot use [secret password]')
      expect(words).not.toContain(SECRET)
      expect(await space.releases()).toEqual([])
    })
  })

  describe('a release that somebody was killed at', () => {
    /** As helm leaves it behind that was killed in an upgrade. */
    const abandon = (space: ReturnType<typeof openSpace>, release: string, revision: number, status: string): void => {
      const name = `sh.helm.release.v1.${release}.v${revision}`
      const get = (path: string): string => space.kubectl('get', 'secret', name, `--output=jsonpath=${path}`)
      const text = `const z=require('zlib');const b=s=>Buffer.from(s,'base64');
        const r=JSON.parse(z.gunzipSync(b(b(process.argv[1]).toString())));r.info.status='${status}';r.info.description='Preparing';
        r.info.last_deployed='2026-01-01T00:00:00Z';
        process.stdout.write(Buffer.from(z.gzipSync(JSON.stringify(r)).toString('base64')).toString('base64'))`
      const { stdout } = spawnSync(process.execPath, ['--eval', text, get('{.data.release}')], { encoding: 'utf8' })
      space.kubectl('patch', 'secret', name, '--type=merge', `--patch=${JSON.stringify({ data: { release: stdout } })}`)
      space.kubectl('label', 'secret', name, `status=${status}`, '--overwrite')
    }

    it('beside: after the longest it may take it is uninstalled and installed anew', async () => {
      const space = openSpace()
      const target = space.target(BESIDE)
      await target.prepare('v2', signal())
      abandon(space, 'web-v2', 1, 'pending-install')
      expect(await target.prepare('v2', signal())).toMatchObject([{ service: 'web-v2' }])
      expect(await space.run('history', 'web-v2', '--max=1', '--output=json')).toContain('"deployed"')
    })

    it('in place: a release begins with what to do; the way back goes through', async () => {
      const space = openSpace()
      const target = space.target({ mode: 'in-place', release: 'web' })
      await space.run('install', 'web', join(space.directory, 'chart'), '--set=image.tag=v1', '--wait', '--timeout=30s')
      await target.prepare('v2', signal())
      const step = target.inPlace!.capsule('v1')
      await target.inPlace!.switchTo('v2', signal())
      abandon(space, 'web', 2, 'pending-upgrade')
      expect(await failureOf(target.prepare('v3', signal()))).toMatch(/pending-upgrade[^]*helm rollback web 1/)
      expect(await runCapsuleStep(step, capsuleEnv())).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await target.inPlace!.current()).toBe('v1')
    })
  })

  it.each([BESIDE, SLOTS])(
    'around a data swap what uses the data is stopped, and stable started again: %o',
    async (options) => {
      const target = openSpace().target(options)
      await target.prepare('v1', signal())
      await target.prepare('v2', signal())
      const { suspend, resume } = target.capsule('v1', 'v2')
      if (!suspend || !resume) throw new Error('steps are missing')
      for (let round = 0; round < 2; round++)
        expect(await runCapsuleStep(suspend, capsuleEnv())).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await target.current()).toEqual({})
      for (let round = 0; round < 2; round++)
        expect(await runCapsuleStep(resume, capsuleEnv())).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await target.ready('v1')).toEqual({ healthy: 2, wanted: 2 })
      expect(Object.keys(await target.current())).toEqual(['v1'])
      // The other was stopped and nobody started it again: it is when it is wanted.
      await target.prepare('v2', signal())
      expect(await target.ready('v2')).toEqual({ healthy: 2, wanted: 2 })
    },
  )

  it('who may not is told what they may not', async () => {
    const target = openSpace().target({ ...BESIDE, kubeconfig: cluster.guestKubeconfig })
    expect(await failureOf(target.prepare('v1', signal()))).toContain('forbidden')
  })
})
