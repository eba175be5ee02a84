// The target kind `kubernetes` against a real API server with its controllers: versions side by side, in slots, and in place.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { describeTargetBeside, describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { podAddressOnLoopback } from '../../test/servers/kubernetes-api.ts'
import { kubernetesPrograms, startKubernetes, type KubernetesServer } from '../../test/servers/kubernetes.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { kubernetes } from './kubernetes.ts'
import type { Target, TargetContext } from './target.ts'

const programs = await kubernetesPrograms({ controllers: true })
if (!programs) console.warn('SKIPPED: kubernetes.services.test.ts needs etcd and Go, to build Kubernetes with')

const signal = (): AbortSignal => AbortSignal.timeout(120_000)
const SOON = { everyMs: 50, timeoutMs: 20_000 }

const MANIFEST = `
apiVersion: v1
kind: ConfigMap
metadata: { name: '{name}-settings' }
data: { motto: 'version {version}, and {this} stays' }
---
apiVersion: KIND
kind: WORKLOAD
metadata: { name: '{name}' }
spec:
  replicas: 2
  serviceName: '{name}'
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: registry.internal/web:{version}
          ports: [{ containerPort: 8080 }]
          envFrom: [{ configMapRef: { name: '{name}-settings' } }]
---
apiVersion: v1
kind: Service
metadata: { name: '{name}' }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
`

/** A workload that somebody made by hand, at v1. */
const byHand = (kind: 'Deployment' | 'StatefulSet', image = 'registry.internal/web:v1') => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
  spec: {
    replicas: 2,
    ...(kind === 'StatefulSet' ? { serviceName: 'web' } : {}),
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'app', image, ports: [{ containerPort: 8080 }], env: [{ name: 'MOTTO', value: 'old' }] }],
      },
    },
  },
})

describe.skipIf(!programs)('on a real API server of Kubernetes with controllers', () => {
  let cluster: KubernetesServer
  let namespaces = 0
  beforeAll(async () => {
    cluster = await startKubernetes(programs ?? '', { controllers: true })
  })
  afterAll(async () => cluster.stop())

  /** A namespace of its own, and targets in it. */
  function openSpace() {
    const namespace = `space-${++namespaces}`
    cluster.kubectl(['create', 'namespace', namespace])
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-kubernetes-target-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const kubectl = (...args: string[]): string => cluster.kubectl([`--namespace=${namespace}`, ...args])
    const context: TargetContext = {
      name: 'web',
      directory,
      stateDirectory: join(directory, '.gonogo'),
      env: cluster.env,
    }
    const target = (options: Record<string, unknown>): Target => {
      const base = { kubeconfig: cluster.kubeconfig, namespace, patienceMs: 1500, readyTimeoutMs: 30_000 }
      return kubernetes.create(kubernetes.options.parse({ ...base, ...options }), context)
    }
    const manifest = (kind: 'Deployment' | 'StatefulSet', change = (text: string) => text): string => {
      const served = kind === 'Deployment' ? MANIFEST.replace("  serviceName: '{name}'\n", '') : MANIFEST
      const text = served.replace('apiVersion: KIND', 'apiVersion: apps/v1').replace('WORKLOAD', kind)
      writeFileSync(join(directory, 'web.yaml'), change(text))
      return 'web.yaml'
    }
    const create = (object: object): void =>
      void cluster.kubectl([`--namespace=${namespace}`, 'create', '--filename=-'], JSON.stringify(object))
    /** Whether every ready endpoint of that Service answers as that version, and there is one. */
    const leadsTo = async (service: string, version: string): Promise<boolean> => {
      const [subset] = (JSON.parse(kubectl('get', 'endpoints', service, '--output=json')) as Endpoints).subsets ?? []
      const addresses = subset?.addresses ?? []
      const answers = await Promise.all(
        addresses.map(async ({ ip }) => {
          const url = `http://${podAddressOnLoopback(ip)}:${subset?.ports[0]?.port}/`
          return (await fetch(url)).headers.get('x-gonogo-version')
        }),
      )
      return answers.length > 0 && answers.every((answer) => answer === version)
    }
    const objects = (): string[] =>
      kubectl('get', 'deployments,statefulsets,services,configmaps', '--output=name')
        .split('\n')
        .filter((name) => name !== '' && name !== 'configmap/kube-root-ca.crt')
        .toSorted()
    return { namespace, directory, context, kubectl, target, manifest, create, leadsTo, objects }
  }

  interface Endpoints {
    subsets?: { addresses?: { ip: string }[]; ports: { port: number }[] }[]
  }

  const serving =
    (space: ReturnType<typeof openSpace>, nameOf: (version: string) => string) => async (version: string) =>
      (await poll(async () => ((await space.leadsTo(nameOf(version), version)) ? true : null), SOON)) ?? false

  describe.each(['Deployment', 'StatefulSet'] as const)('versions beside each other, as %s of a manifest', (kind) => {
    describeTargetBeside(async () => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest(kind) })
      return { target, serves: serving(space, (version) => `web-${version}`), env: capsuleEnv() }
    })
  })

  describe('versions beside each other, as copies of a live workload', () => {
    describeTargetBeside(async () => {
      const space = openSpace()
      space.create(byHand('Deployment'))
      const options = {
        from: 'deployment/web',
        image: 'registry.internal/web:{version}',
        service: { port: 80, targetPort: 8080 },
      }
      return { target: space.target(options), serves: serving(space, (version) => `web-${version}`), env: capsuleEnv() }
    })
  })

  describe('versions in slots', () => {
    describeTargetBeside(async () => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest('Deployment'), slots: ['blue', 'green'] })
      return {
        target,
        serves: serving(space, (version) => (version === 'v1' ? 'web-blue' : 'web-green')),
        env: capsuleEnv(),
      }
    })
  })

  describe.each(['Deployment', 'StatefulSet'] as const)('in place, a %s', (kind) => {
    describeTargetInPlace(async () => {
      const space = openSpace()
      space.create(byHand(kind))
      const workload = `${kind.toLowerCase()}/web`
      return {
        target: space.target({ mode: 'in-place', workload, image: 'registry.internal/web:{version}' }),
        serves: null,
      }
    })
  })

  /** What went wrong, as a person reads it. */
  const failureOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(OutsideError)
    return (error as OutsideError).toLine()
  }

  describe('a version that does not come up', () => {
    it.each([
      ['crash', 'CrashLoopBackOff', 'cannot reach the database at db.internal:5432'],
      ['image-pull', 'ImagePullBackOff', 'Back-off pulling image'],
      ['unready', 'is not ready', 'within 4 s'],
      ['unschedulable', 'is pending', 'Insufficient cpu'],
    ])('%s: says why, and nothing is left of it', async (failure, ...said) => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest('Deployment'), readyTimeoutMs: 4000 })
      await target.prepare('v1', signal())
      const before = space.objects()
      const words = await failureOf(target.prepare(`v2-${failure}`, signal()))
      for (const part of [...said, 'it was deleted again', `v2-${failure}`]) expect(words).toContain(part)
      expect(space.objects()).toEqual(before)
      expect(Object.keys(await target.current())).toEqual(['v1'])
    })

    it('has more pods than its quota allows: says so', async () => {
      const space = openSpace()
      space.kubectl('create', 'quota', 'small', '--hard=pods=3')
      await poll(() => (space.kubectl('get', 'quota', 'small', '--output=json').includes('"used"') ? true : null), SOON)
      const target = space.target({ manifest: space.manifest('Deployment') })
      await target.prepare('v1', signal())
      const words = await failureOf(target.prepare('v2', signal()))
      expect(words).toContain('exceeded quota: small')
      expect(words).toContain('it was deleted again')
      expect((await target.ready('v1')).healthy).toBe(2)
    })

    it('is refused by the server before anything is made', async () => {
      const space = openSpace()
      const broken = (text: string): string => text.replace('port: 80,', 'port: 800000,')
      const target = space.target({ manifest: space.manifest('Deployment', broken) })
      expect(await failureOf(target.prepare('v2', signal()))).toContain('800000')
      expect(space.objects()).toEqual([])
    })

    it('cancelled: nothing is left of it', async () => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest('Deployment') })
      const cancel = new AbortController()
      const failed = failureOf(target.prepare('v2-unready', cancel.signal))
      await poll(() => (space.objects().includes('deployment.apps/web-v2-unready') ? true : null), SOON)
      cancel.abort()
      expect(await failed).toContain('cancelled')
      expect(space.objects()).toEqual([])
    })
  })

  describe('who may not, or cannot', () => {
    it.each(['guestKubeconfig', 'deadKubeconfig'] as const)('with %s it says what is wrong', async (which) => {
      const space = openSpace()
      const target = space.target({
        manifest: space.manifest('Deployment'),
        kubeconfig: cluster[which],
        timeoutMs: 3000,
      })
      const words = await failureOf(target.prepare('v2', signal()))
      expect(words).toMatch(which === 'guestKubeconfig' ? /forbidden.*can-i/is : /refused.*API server/is)
    })

    it('an API server that answers nothing is waited for no longer than was said', async () => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest('Deployment'), timeoutMs: 1000 })
      cluster.pause()
      try {
        expect(await failureOf(target.ready('v1'))).toMatch(/timeout|deadline|within/i)
      } finally {
        cluster.resume()
      }
      expect(await target.prepare('v1', signal())).toHaveLength(1)
    })

    it('an object of somebody else is not touched', async () => {
      const space = openSpace()
      space.create({ ...byHand('Deployment'), metadata: { name: 'web-v2' } })
      const target = space.target({ manifest: space.manifest('Deployment') })
      expect(await failureOf(target.prepare('v2', signal()))).toContain('not made by gonogo')
      await target.retire('v2', signal())
      expect(space.kubectl('get', 'deployment', 'web-v2', '--output=jsonpath={.spec.replicas}')).toBe('2')
    })

    it('a Service that leads to every version is no surprise for users: refused, or allowed by name', async () => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest('Deployment') })
      await target.prepare('v1', signal())
      space.kubectl('create', 'service', 'clusterip', 'web', '--tcp=80:8080')
      const words = await failureOf(target.prepare('v2', signal()))
      expect(words).toMatch(/Service web \(app=web\) leads to every version/)
      expect(
        await space.target({ manifest: 'web.yaml', sharedServices: ['web'] }).prepare('v2', signal()),
      ).toHaveLength(1)
    })
  })

  describe('crashes and crowds', () => {
    it('killed while it prepares, another brings the version up', async () => {
      const space = openSpace()
      const manifest = space.manifest('Deployment')
      const options = { manifest, kubeconfig: cluster.kubeconfig, namespace: space.namespace }
      const script = join(space.directory, 'prepare.ts')
      writeFileSync(
        script,
        `import { kubernetes } from ${JSON.stringify(new URL('kubernetes.ts', import.meta.url).href)}
const target = kubernetes.create(kubernetes.options.parse(${JSON.stringify(options)}), ${JSON.stringify(space.context)})
await target.prepare('v2-unready', AbortSignal.timeout(60000))`,
      )
      const child = spawn(process.execPath, [script], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      await poll(() => (space.objects().includes('deployment.apps/web-v2-unready') ? true : null), SOON)
      child.kill('SIGKILL')
      await ended
      // The pods become well now, as those do whose database comes back.
      const target = space.target({ manifest })
      const patch = '{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"registry.internal/web:v2"}]}}}}'
      space.kubectl('patch', 'deployment', 'web-v2-unready', `--patch=${patch}`)
      expect(await target.prepare('v2-unready', signal())).toMatchObject([{ service: 'web-v2-unready', port: 80 }])
      await target.retire('v2-unready', signal())
      expect(await target.current()).toEqual({})
    })

    it('two prepare the same version at once: it is there once, and both know', async () => {
      const space = openSpace()
      const options = { manifest: space.manifest('Deployment') }
      const [one, two] = await Promise.all([
        space.target(options).prepare('v2', signal()),
        space.target(options).prepare('v2', signal()),
      ])
      expect(one).toEqual(two)
      expect((await space.target(options).ready('v2')).healthy).toBe(2)
    })
  })

  describe('numbers of pods', () => {
    it('rolling: so many as wanted, then full strength again; the capsule restores it too', async () => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest('Deployment'), replicas: 3 })
      await target.prepare('v1', signal())
      expect(await target.resize?.('v2', 1, signal())).toMatchObject([{ service: 'web-v2' }])
      expect(await target.ready('v2')).toEqual({ healthy: 1, wanted: 3 })
      await target.resize?.('v1', 1, signal())
      expect(await target.ready('v1')).toEqual({ healthy: 1, wanted: 3 })
      expect((await target.current())['v1']).toHaveLength(1)
      const { restore, suspend, resume } = target.capsule('v1', 'v2')
      if (!restore || !suspend || !resume) throw new Error('steps are missing')
      for (let round = 0; round < 2; round++)
        expect(await runCapsuleStep(restore, capsuleEnv())).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await target.ready('v1')).toEqual({ healthy: 3, wanted: 3 })
      expect(await runCapsuleStep(suspend, capsuleEnv())).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await target.current()).toEqual({})
      expect(await runCapsuleStep(resume, capsuleEnv())).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await target.ready('v1')).toEqual({ healthy: 3, wanted: 3 })
      await target.prepare('v2', signal())
      expect(await target.ready('v2')).toEqual({ healthy: 3, wanted: 3 })
    })

    it('of retired versions the last few are kept, the oldest is deleted; or each is at once', async () => {
      const space = openSpace()
      const manifest = space.manifest('Deployment')
      const keeping = space.target({ manifest, keepRetired: 1 })
      for (const version of ['v1', 'v2']) {
        await keeping.prepare(version, signal())
        await keeping.retire(version, signal())
        // Which is older is told in seconds.
        await new Promise((resolve) => setTimeout(resolve, 1100))
      }
      expect(space.objects()).toEqual(['configmap/web-v2-settings', 'deployment.apps/web-v2', 'service/web-v2'])
      await space.target({ manifest, retire: 'delete' }).retire('v2', signal())
      expect(space.objects()).toEqual([])
    })

    it('slots: the idle one is taken, and none is taken from a version that runs', async () => {
      const space = openSpace()
      const target = space.target({ manifest: space.manifest('Deployment'), slots: ['blue', 'green'] })
      expect(await target.prepare('v1', signal())).toMatchObject([{ service: 'web-blue' }])
      expect(await target.prepare('v2', signal())).toMatchObject([{ service: 'web-green' }])
      expect(await failureOf(target.prepare('v3', signal()))).toContain('v1 in blue, v2 in green')
      await target.retire('v1', signal())
      expect(await target.prepare('v3', signal())).toMatchObject([{ service: 'web-blue' }])
      expect(await space.leadsTo('web-green', 'v2')).toBe(true)
      expect(Object.keys(await target.current()).toSorted()).toEqual(['v2', 'v3'])
    })
  })

  describe('in place', () => {
    const inPlace = {
      mode: 'in-place',
      workload: 'deployment/web',
      image: 'registry.internal/web:{version}',
      env: { MOTTO: 'new' },
    }

    it('a version whose pods do not become ready is put back, with the reason', async () => {
      const space = openSpace()
      space.create(byHand('Deployment'))
      const target = space.target(inPlace)
      await poll(async () => ((await target.inPlace?.current()) === 'v1' ? true : null), SOON)
      const words = await failureOf(target.inPlace!.switchTo('v2-crash', signal()))
      expect(words).toMatch(/CrashLoopBackOff[^]*put back to revision 1/)
      expect(await target.inPlace?.current()).toBe('v1')
      expect(await target.ready('v1')).toEqual({ healthy: 2, wanted: 2 })
    })

    it('going back is going back to the revision of before, its environment included', async () => {
      const space = openSpace()
      space.create(byHand('Deployment'))
      const target = space.target(inPlace)
      const motto = (): string =>
        space.kubectl('get', 'deployment', 'web', '--output=jsonpath={.spec.template.spec.containers[0].env[0].value}')
      await target.inPlace?.switchTo('v2', signal())
      expect(motto()).toBe('new')
      await target.inPlace?.switchTo('v1', signal())
      expect(motto()).toBe('old')
      await target.inPlace?.switchTo('v2', signal())
      const step = target.inPlace!.capsule('v1')
      space.kubectl('rollout', 'pause', 'deployment/web')
      expect(await runCapsuleStep(step, capsuleEnv())).toMatchObject({ exitCode: 0, stderr: '' })
      expect([motto(), await target.inPlace?.current()]).toEqual(['old', 'v1'])
    })

    it('a paused rollout is said before anything is changed', async () => {
      const space = openSpace()
      space.create(byHand('Deployment'))
      space.kubectl('rollout', 'pause', 'deployment/web')
      expect(await failureOf(space.target(inPlace).prepare('v2', signal()))).toContain(
        'kubectl rollout resume deployment/web',
      )
    })

    it('a workload that is not there is said with its place', async () => {
      const space = openSpace()
      expect(await failureOf(space.target(inPlace).prepare('v2', signal()))).toContain(
        `there is no deployment/web in namespace ${space.namespace}`,
      )
    })
  })

  /** kubectl is on the PATH, nothing else is set. */
  function capsuleEnv(): Record<string, string> {
    return { PATH: cluster.env['PATH'] ?? '' }
  }
})
