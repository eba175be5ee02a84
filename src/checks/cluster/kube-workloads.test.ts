import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { daemonSet, listOf, pod, workload, type KubernetesObject } from '../../../test/servers/kubernetes-objects.ts'
import { kubeWorkloads } from './kube-workloads.ts'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ kubectl: replies })
  started.push(fake)
  return { env: fake.env }
}
const cluster = (...objects: KubernetesObject[]) => answering({ stdout: listOf(...objects) })
afterAll(() => started.forEach((fake) => fake.stop()))

const healthy = cluster(
  workload('api'),
  workload('worker', { kind: 'StatefulSet', replicas: 1 }),
  workload('parked', { replicas: 0 }),
  daemonSet('agent', 3),
  pod('api-1', 'api', { restarts: 2 }),
  pod('api-2', 'api'),
  pod('worker-0', 'worker'),
  pod('agent-1', 'agent'),
  pod('migrate-1', 'migrate', { phase: 'Succeeded' }),
)
const crashing = cluster(workload('api'), pod('api-1', 'api', { waiting: 'CrashLoopBackOff', restarts: 12 }))

checkContract(kubeWorkloads, {
  passing: () => ({
    options: { namespace: 'shop', image: ':1.4.2', restartsMax: 2, readyForMin: '1 min' },
    context: healthy,
  }),
  failing: () => ({ options: {}, context: crashing }),
  unverified: () => ({ options: {}, context: cluster() }),
  slow: () => ({ options: {}, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'unverified',
    case: () => ({
      options: {},
      context: answering({ stderr: 'Unable to connect to the server: dial tcp: i/o timeout' }),
    }),
  },
  hostile: {
    'escapes for terminals': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ stdout: ANSI }) }),
    },
    'escapes in names': {
      status: 'failed',
      case: () => ({ options: {}, context: cluster(workload(`api${ANSI}`, { status: { availableReplicas: 0 } })) }),
    },
    'wrong JSON': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ stdout: '{"items":{}}' }) }),
    },
    'a hundred megabytes': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ instead: 'hundred-megabytes' }) }),
    },
    'a thousand pods in trouble': {
      status: 'failed',
      case: () => ({
        options: {},
        context: cluster(
          workload('api'),
          ...Array.from({ length: 1000 }, (_, n) => pod(`api-${n}`, 'api', { phase: 'Pending' })),
        ),
      }),
    },
  },
  mentions: () => ['all workloads', 'namespace shop', ':1.4.2', '2 restarts', '1 min'],
  failingExample: () => healthy,
  recognises: {
    clear: [
      'All pods are running and healthy',
      'Pods of the shop run (`kubectl rollout status deployment/api -n shop`)',
      'All pods are ready in namespace shop',
      'No CrashLoopBackOff in the namespace',
      'The API pods are running',
    ],
    unclear: [
      'Pod metrics available',
      'If pods are not running, roll back',
      'Scale the pods up until they are ready',
      'Alert when pods are not healthy',
      'Restart the pods',
      'A podcast is running',
    ],
  },
})

const run = (options: Record<string, unknown>, where: { env: Record<string, string> }) =>
  runCheck(kubeWorkloads, { options, context: where })

describe('kube-workloads', () => {
  it('is less sure of some pods than of all', () => {
    const confidenceOf = (text: string) => kubeWorkloads.recognise?.(itemOf(text))?.confidence ?? 0
    expect(confidenceOf('Frontend pods are running')).toBeLessThan(confidenceOf('All pods are running'))
  })

  it.each<[string, KubernetesObject[], string]>([
    [
      'a rollout that has not begun',
      [workload('api', { status: { observedGeneration: 0 } })],
      'no controller has seen it yet',
    ],
    ['a rollout halfway', [workload('api', { status: { updatedReplicas: 1 } })], 'has 1 of 2 pods of the new version'],
    ['old pods that linger', [workload('api', { status: { replicas: 3 } })], 'still has 1 pod of the old version'],
    [
      'pods that are not available',
      [workload('api', { status: { availableReplicas: 1 } })],
      'has 1 of 2 pods available',
    ],
    ['a daemon set that misses a node', [daemonSet('agent', 3, { numberAvailable: 2 })], 'has 2 of 3 pods available'],
    [
      'an image that cannot be pulled',
      [workload('api'), pod('api-1', 'api', { waiting: 'ImagePullBackOff' })],
      'is in ImagePullBackOff',
    ],
    [
      'a pod that no node takes',
      [
        workload('api'),
        pod('api-1', 'api', {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }],
        }),
      ],
      'is pending: 0/3 nodes are available',
    ],
    ['a pod that is not ready', [workload('api'), pod('api-1', 'api', { isReady: false })], 'pod api-1 is not ready'],
  ])('fails for %s', async (_, objects, words) => {
    expect(await run({}, cluster(...objects))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining(words),
    })
  })

  it('reads stateful sets of old clusters, and those that count no new version while there is only one', async () => {
    const old = workload('db', { kind: 'StatefulSet', status: { availableReplicas: undefined } })
    const still = workload('db', {
      kind: 'StatefulSet',
      status: { updatedReplicas: undefined, currentRevision: 'db-1', updateRevision: 'db-1' },
    })
    const rolling = workload('db', {
      kind: 'StatefulSet',
      status: { updatedReplicas: 1, currentRevision: 'db-1', updateRevision: 'db-2' },
    })
    expect(await run({}, cluster(old))).toMatchObject({ status: 'passed' })
    expect(await run({}, cluster(still))).toMatchObject({ status: 'passed' })
    expect(await run({}, cluster(rolling))).toMatchObject({ status: 'failed' })
  })

  it('overlooks pods that end, have ended, were replaced, or belong to a job', async () => {
    const owned = (kind: string) => ({ metadata: { labels: { app: 'api' }, ownerReferences: [{ kind, name: 'x' }] } })
    const objects = [
      pod('gone', 'api', { isReady: false, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      pod('done', 'api', { phase: 'Succeeded' }),
      pod('evicted', 'api', { phase: 'Failed', ...owned('ReplicaSet') }),
      pod('migrating', 'api', { isReady: false, ...owned('Job') }),
    ]
    expect(await run({}, cluster(workload('api'), ...objects))).toMatchObject({ status: 'passed' })
  })

  it('judges only the workloads that are named, and their pods', async () => {
    const mixed = cluster(
      workload('api'),
      workload('worker', { status: { availableReplicas: 0 } }),
      pod('worker-1', 'worker', { phase: 'Pending' }),
    )
    expect(await run({ workloads: ['deploy/api'] }, mixed)).toMatchObject({ status: 'passed' })
    expect(await run({ workloads: ['api', 'worker'] }, mixed)).toMatchObject({ status: 'failed' })
    expect(await run({ workloads: ['statefulset/api'] }, mixed)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('there is no statefulset/api'),
    })
  })

  it('takes nothing for available: a workload that was scaled to zero fails where it is named', async () => {
    const parked = cluster(workload('api', { replicas: 0 }))
    expect(await run({}, parked)).toMatchObject({ status: 'unverified' })
    expect(await run({ workloads: ['api'] }, parked)).toMatchObject({ status: 'failed' })
    expect(await run({ workloads: ['api'], availableMin: 0 }, parked)).toMatchObject({ status: 'passed' })
  })

  it('compares images by their whole name, or from a mark on', async () => {
    for (const [image, status] of [
      ['registry.internal/shop/api:1.4.2', 'passed'],
      ['api:1.4.2', 'passed'],
      [':1.4.2', 'passed'],
      [':1.4', 'failed'],
      ['pi:1.4.2', 'failed'],
    ])
      expect(await run({ workloads: ['api'], image }, healthy), image).toMatchObject({ status })
  })

  it('counts restarts and how long pods are ready', async () => {
    expect(await run({ restartsMax: 1 }, healthy)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('pod api-1 (app) restarted 2 times, at most 1 wanted'),
      measurements: expect.arrayContaining([{ name: 'most restarts of a container', value: 2, unit: 'count' }]),
    })
    const fresh = cluster(workload('api'), pod('api-1', 'api', { readySince: new Date().toISOString() }))
    expect(await run({ readyForMin: '5 min' }, fresh)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('5 min wanted'),
    })
  })

  it('says what to install where there is no kubectl', async () => {
    expect(await run({}, { env: WITHOUT_PROGRAMS })).toMatchObject({
      status: 'unverified',
      summary: 'kubectl is not installed',
      remedy: expect.stringContaining('install kubectl'),
    })
  })
})
