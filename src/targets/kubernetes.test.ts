// Options, plan and objects of the target kind `kubernetes`; and what it makes of a kubectl that fails.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../test/servers/fake-program.ts'
import { messageOf, PlanError } from '../lib/errors.ts'
import { explain, lastingTrouble, selectorText } from './cluster/pods.ts'
import { podSchema, workloadSchema } from '../lib/kubernetes/workload.ts'
import { Kubectl } from '../lib/kubectl.ts'
import { pod, workload } from '../../test/servers/kubernetes-objects.ts'
import { filledIn, readManifest, type KubeObject } from './kubernetes/manifest.ts'
import { asSource, namingOf, versionObjects } from './kubernetes/objects.ts'
import type { KubernetesOptions } from './kubernetes/options.ts'
import { revisionOf, templateVersion } from './kubernetes/revisions.ts'
import { kubernetes } from './kubernetes.ts'

const signal = AbortSignal.timeout(60_000)
const IMAGE = 'registry.internal/web:{version}'
const COPY = { from: 'deployment/web', image: IMAGE, service: { port: 80, targetPort: 8080 } }
const IN_PLACE = { mode: 'in-place', workload: 'deployment/web', image: IMAGE }

const parsed = (options: object): KubernetesOptions => kubernetes.options.parse(options)

function project(env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-kubernetes-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return { name: 'web', directory, stateDirectory: join(directory, '.gonogo'), env }
}

/** A target over a kubectl that answers so. */
function targetOver(options: object, replies: readonly Reply[]) {
  const programs = fakePrograms({ kubectl: replies })
  onTestFinished(() => programs.stop())
  return kubernetes.create(parsed(options), project(programs.env))
}

const failureOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it went well',
    (error: unknown) => messageOf(error),
  )

describe('options', () => {
  it('the example is taken, the failing example is refused', () => {
    expect(kubernetes.options.safeParse(kubernetes.example).success).toBe(true)
    expect(kubernetes.options.safeParse(kubernetes.failingExample).success).toBe(false)
  })

  it.each([
    [{}, 'either `manifest` or `from`'],
    [{ ...COPY, manifest: 'web.yaml' }, 'either `manifest` or `from`'],
    [{ ...COPY, image: 'web:latest' }, 'versions would be the same'],
    [{ from: 'deployment/web', image: IMAGE }, 'needs `service`'],
    [{ ...COPY, name: 'web' }, 'must hold'],
    [{ ...COPY, name: 'web-{slot}' }, 'needs `slots`'],
    [{ ...COPY, slots: ['blue', 'green'], name: 'web-{version}' }, 'it must hold `{slot}`'],
    [{ ...COPY, slots: ['blue', 'blue'] }, 'each slot once'],
    [{ ...COPY, from: 'web' }, 'deployment/NAME'],
    [{ mode: 'in-place', workload: 'deployment/web' }, 'nothing would change'],
    [{ mode: 'in-place', image: IMAGE }, 'needs `workload`'],
    [{ ...IN_PLACE, slots: ['a', 'b'] }, 'for mode "beside" only'],
    [{ ...COPY, context: '--as=admin' }, 'not a name'],
  ])('%o is refused: %s', (options, why) => {
    expect(JSON.stringify(kubernetes.options.safeParse(options).error?.issues)).toContain(
      JSON.stringify(why).slice(1, -1),
    )
  })

  it('a router has Services to lead to, unless nobody asks it or it is its own router', () => {
    const abilities = (options: object) => kubernetes.abilities(parsed(options))
    expect(abilities(COPY)).toEqual({ mode: 'beside', reachedBy: 'services', resize: true })
    expect(abilities({ ...COPY, service: 'none' }).reachedBy).toBe('nothing')
    expect(abilities(IN_PLACE)).toEqual({ mode: 'in-place', reachedBy: 'nothing', resize: false })
  })
})

describe('plan', () => {
  it('beside: the commands, and what they make of what', () => {
    const lines = kubernetes.plan(parsed({ ...COPY, namespace: 'shop', env: { KEY: 'secret' } }), 'v1.2', project())
    expect(lines).toEqual([
      'kubectl get deployments.apps web --output=json --ignore-not-found --namespace=shop --request-timeout=20s',
      ...['--dry-run=server ', ''].map(
        (tried) =>
          `kubectl apply --server-side --force-conflicts --field-manager=gonogo ${tried}--filename=- --output=name --namespace=shop --request-timeout=20s  # standard input: service/web-v1-2, deployment/web-v1-2, from a copy of deployment/web, image registry.internal/web:v1.2`,
      ),
      'wait until all pods of web-v1-2 are available, at most 300 s',
    ])
  })

  it('in place: what is changed, without the values of the environment', () => {
    const lines = kubernetes.plan(parsed({ ...IN_PLACE, env: { KEY: 'secret' } }), 'v2', project())
    expect(lines[1]).toContain('# standard input: the first container: image registry.internal/web:v2, env KEY')
    expect(lines.join('\n')).not.toContain('secret')
  })
})

describe('manifest', () => {
  const read = (text: string): KubeObject[] => {
    const { directory } = project()
    writeFileSync(join(directory, 'web.yaml'), text)
    return readManifest(directory, 'web.yaml', 'targets/web/manifest')
  }
  const DEPLOYMENT = `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: 'web-{version}' } }`

  it.each([
    ['no: [yaml', 'cannot be read'],
    ['just: words', 'no object of Kubernetes'],
    ['{ apiVersion: v1, kind: Service, metadata: { name: "{name}" } }', 'it has 0 Deployments and StatefulSets'],
    [`${DEPLOYMENT}\n---\n${DEPLOYMENT}`, 'it has 2 Deployments and StatefulSets'],
    [
      `${DEPLOYMENT}\n---\n{ apiVersion: v1, kind: ConfigMap, metadata: { name: settings } }`,
      'the same object for every version',
    ],
  ])('%s is refused: %s', (text, why) => {
    expect(() => read(text)).toThrow(PlanError)
    expect(() => read(text)).toThrow(why)
  })

  it('takes lists, and leaves out what is empty', () => {
    expect(read(`---\n---\n{ apiVersion: v1, kind: List, items: [${DEPLOYMENT}] }`)).toHaveLength(1)
  })

  it('a version cannot break out of its place', () => {
    const version = 'v2"}, evil: {a: '
    expect(filledIn({ a: ['x-{version}', '{other}'], '{version}': 1 }, { version })).toEqual({
      a: [`x-${version}`, '{other}'],
      [version]: 1,
    })
  })
})

describe('objects of a version', () => {
  const live = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', uid: 'u', labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { a: 'b' } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', 'pod-template-hash': 'h' } },
        spec: {
          containers: [
            { name: 'app', image: 'old', env: [{ name: 'A', value: '1' }] },
            { name: 'side', image: 'side' },
          ],
        },
      },
    },
    status: { replicas: 0 },
  }
  const options = parsed({ ...COPY, env: { A: 'for {version}', B: '2' } })
  const made = (slot: string | null, given = options) =>
    versionObjects([asSource(live)], namingOf(given, 'web', 'feature/V2', slot), given) as unknown as [
      { spec: { selector: object } },
      typeof live,
    ]

  it('a copy is managed by nobody who manages the original, and is one pod at least', () => {
    const [service, copy] = made(null)
    expect(copy.metadata).toEqual({
      name: 'web-feature-v2',
      labels: { 'gonogo.dev/target': 'web', 'gonogo.dev/version': 'feature-v2' },
      annotations: { 'gonogo.dev/version': 'feature/V2', 'gonogo.dev/replicas': '1', 'gonogo.dev/retired': 'false' },
    })
    expect(copy.spec.replicas).toBe(1)
    expect(copy.status).toBeUndefined()
    expect(copy.spec.selector.matchLabels).toEqual({
      app: 'web',
      'gonogo.dev/target': 'web',
      'gonogo.dev/version': 'feature-v2',
    })
    expect(copy.spec.template.metadata.labels).toMatchObject(copy.spec.selector.matchLabels)
    expect(copy.spec.template.metadata.labels).not.toHaveProperty('pod-template-hash')
    expect(service.spec.selector).toEqual({ 'gonogo.dev/target': 'web', 'gonogo.dev/version': 'feature-v2' })
  })

  it('image and environment are those of the first container, or of the one that is named', () => {
    const [, { spec }] = made(null)
    expect(spec.template.spec.containers).toEqual([
      {
        name: 'app',
        image: 'registry.internal/web:feature/V2',
        env: [
          { name: 'A', value: 'for feature/V2' },
          { name: 'B', value: '2' },
        ],
      },
      { name: 'side', image: 'side' },
    ])
    const [, other] = made(null, { ...options, container: 'side' })
    expect(other.spec.template.spec.containers[0]).toEqual(live.spec.template.spec.containers[0])
    expect(() => made(null, { ...options, container: 'none' })).toThrow('there is no container none')
  })

  it('a slot keeps its selector whatever version is in it', () => {
    const [service, { metadata, spec }] = made('green', { ...options, slots: ['blue', 'green'] })
    expect(metadata.name).toBe('web-green')
    const own = { 'gonogo.dev/target': 'web', 'gonogo.dev/slot': 'green' }
    expect([service.spec.selector, spec.selector.matchLabels]).toEqual([own, { app: 'web', ...own }])
    expect(spec.template.metadata.labels).toMatchObject({ 'gonogo.dev/version': 'feature-v2' })
  })
})

describe('revisions', () => {
  const options = parsed(IN_PLACE)
  const template = (image: string, noted?: string) => ({
    ...(noted === undefined ? {} : { metadata: { annotations: { 'gonogo.dev/version': noted } } }),
    spec: { containers: [{ name: 'app', image }] },
  })

  it.each([
    ['registry.internal/web:v2', undefined, 'v2'],
    ['registry.internal/web:v2', 'v2', 'v2'],
    // Somebody changed the image by hand.
    ['registry.internal/web:v3', 'v2', 'v3'],
    ['elsewhere/web:v3', 'v2', null],
    ['registry.internal/web:', undefined, null],
  ])('%s, noted %s, is version %s', (image, noted, version) => {
    expect(templateVersion(options, template(image, noted))).toBe(version)
  })

  it('the newest of this workload that ran the version, noted or told by its image', () => {
    const lines = [
      '1|Deployment/web|registry.internal/web:v1|',
      '3|Deployment/web|registry.internal/web:v2|v2',
      '12|Deployment/web|registry.internal/web:v1|v1',
      '90|Deployment/other|registry.internal/web:v1|v1',
      '13|Deployment/web|registry.internal/web:v1|v9',
      '',
    ].join('\n')
    expect(['v1', 'v2', 'v9', 'v8'].map((version) => revisionOf(options, lines, version))).toEqual([12, 3, 13, null])
  })
})

describe('what is the matter with pods', () => {
  it('a selector is written as kubectl reads it', () => {
    const matchExpressions = [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
    ]
    expect(selectorText({ matchLabels: { app: 'web' }, matchExpressions })).toBe('app=web,tier in (a,b),!old')
  })

  it('the last lines of a crashed one are those before its end', async () => {
    const programs = fakePrograms({
      kubectl: [{ when: 'logs web-1 --container=app --tail=5 --previous', stdout: 'one\nno database\n' }],
    })
    onTestFinished(() => programs.stop())
    const kubectl = new Kubectl({ timeoutMs: 5000 }, 'target web', programs.env)
    const crashed = podSchema.parse(pod('web-1', 'web', { waiting: 'CrashLoopBackOff', restarts: 3 }))
    const of = workloadSchema.parse(workload('web'))
    expect(lastingTrouble(of, [crashed])).toContain('CrashLoopBackOff')
    expect(await explain(kubectl, of, [crashed])).toMatch(
      /CrashLoopBackOff[^]*its last lines:\n {2}one\n {2}no database/,
    )
  })

  it('a log that cannot be read hides nothing else', async () => {
    const programs = fakePrograms({ kubectl: [{ stderr: 'no' }] })
    onTestFinished(() => programs.stop())
    const kubectl = new Kubectl({ timeoutMs: 5000 }, 'target web', programs.env)
    const crashed = podSchema.parse(pod('web-1', 'web', { waiting: 'CrashLoopBackOff', restarts: 3 }))
    const words = await explain(kubectl, workloadSchema.parse(workload('web')), [crashed])
    expect(words).toMatch(/CrashLoopBackOff.*log could not be read/)
  })
})

describe('a kubectl that does not answer well', () => {
  it('is not there: what to install', async () => {
    const target = kubernetes.create(parsed(COPY), project(WITHOUT_PROGRAMS))
    expect(await failureOf(target.prepare('v2', signal))).toMatch(/cannot run kubectl.*install kubectl \(https/s)
  })

  it.each([
    [{ stdout: 'no JSON at all' }, 'is no JSON'],
    [{ stdout: '{"items":[{}]}' }, 'is no list of'],
    [{ stderr: 'error: context "prod" does not exist' }, 'correct kubeconfig and context'],
  ])('%o is told: %s', async (reply, said) => {
    expect(await failureOf(targetOver(COPY, [reply]).prepare('v2', signal))).toContain(said)
  })

  it('the capsule fails where kubectl does, and says what to install where there is none', async () => {
    const programs = fakePrograms({ kubectl: [{ stderr: 'Unable to connect to the server' }] })
    onTestFinished(() => programs.stop())
    const beside = kubernetes.create(parsed(COPY), project(programs.env)).capsule('v1', 'v2')
    const inPlace = kubernetes.create(parsed(IN_PLACE), project(programs.env))
    const steps = [beside.restore, beside.retire, beside.suspend, beside.resume, inPlace.inPlace?.capsule('v1')]
    for (const step of steps) {
      if (!step) throw new Error('a step is missing')
      const failed = await runCapsuleStep(step, { PATH: programs.env['PATH'] ?? '' })
      expect(failed.exitCode).not.toBe(0)
      expect(failed.stderr).toContain('Unable to connect')
      const missing = await runCapsuleStep(step, { PATH: '/bin-without-kubectl' })
      expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('kubectl is not installed here')])
    }
  })
})
