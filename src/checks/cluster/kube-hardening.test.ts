import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { daemonSet, listOf, workload, type KubernetesObject } from '../../../test/servers/kubernetes-objects.ts'
import { RULE_NAMES } from './kubernetes/hardening.ts'
import { kubeHardening } from './kube-hardening.ts'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ kubectl: replies })
  started.push(fake)
  return { env: fake.env }
}
const cluster = (...objects: KubernetesObject[]) => answering({ stdout: listOf(...objects) })

const PROBE = { httpGet: { path: '/health', port: 8080 } }
const SOUND = {
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '256Mi' } },
  securityContext: { runAsNonRoot: true },
}
const sound = workload('api', { container: SOUND })
const NAMED = { namespace: 'shop', labels: {} }
const beside = (kind: string, spec: Record<string, unknown>, name = 'api'): KubernetesObject => ({
  apiVersion: 'any/v1',
  kind,
  metadata: { name, ...NAMED },
  spec,
})
const autoscaler = beside('HorizontalPodAutoscaler', {
  scaleTargetRef: { kind: 'Deployment', name: 'api' },
  minReplicas: 3,
  maxReplicas: 9,
})
const budget = beside('PodDisruptionBudget', { minAvailable: 1, selector: { matchLabels: { app: 'api' } } })
const policy = beside('NetworkPolicy', { podSelector: {} })
const all = cluster(sound, autoscaler, budget, policy)

const MANIFEST = `apiVersion: v1
kind: Service
metadata: { name: api }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec:
      containers:
        - name: app
          image: registry.internal/shop/api:latest
`

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-hardening-'))
  mkdirSync(join(directory, 'deploy/nested'), { recursive: true })
  writeFileSync(join(directory, 'deploy/nested/api.yaml'), MANIFEST)
  writeFileSync(join(directory, 'deploy/README.md'), 'nothing to be read')
  writeFileSync(join(directory, 'list.json'), listOf(sound, budget))
  writeFileSync(join(directory, 'template.yaml'), 'kind: Deployment\nmetadata:\n  name: {{ .Values.name }}\n')
  writeFileSync(join(directory, 'broken.yaml'), 'kind: "Deployment\n')
  writeFileSync(join(directory, 'odd.yaml'), 'kind: Deployment\nmetadata: { name: api }\nspec: 7\n')
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'.split('').map((key, n) => `${key}: &${key} [${`*${'abcdefghi'[n]}, `.repeat(9)}]`),
  ]
  writeFileSync(join(directory, 'bomb.yaml'), `${bomb.join('\n')}\nkind: Deployment\n`)
})
afterAll(() => {
  for (const fake of started) fake.stop()
  rmSync(directory, { recursive: true, force: true })
})

const everything = { wants: [...RULE_NAMES], replicasMin: 3 }

checkContract(kubeHardening, {
  passing: () => ({ options: { namespace: 'shop', ...everything }, context: all }),
  failing: () => ({ options: { files: ['deploy'] }, context: { directory } }),
  unverified: () => ({ options: { files: ['no-such-folder'] }, context: { directory } }),
  slow: () => ({ options: {}, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'unverified',
    case: () => ({ options: {}, context: answering({ stderr: 'Unable to connect to the server: EOF' }) }),
  },
  hostile: {
    'escapes for terminals': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ stdout: ANSI }) }),
    },
    'escapes in images': {
      status: 'failed',
      case: () => ({ options: {}, context: cluster(workload('api', { container: { image: ANSI } })) }),
    },
    'a template': {
      status: 'unverified',
      case: () => ({ options: { files: ['template.yaml'] }, context: { directory } }),
    },
    'no YAML': { status: 'unverified', case: () => ({ options: { files: ['broken.yaml'] }, context: { directory } }) },
    'YAML that unfolds without end': {
      status: 'unverified',
      case: () => ({ options: { files: ['bomb.yaml'] }, context: { directory } }),
    },
    'a deployment that is none': {
      status: 'failed',
      case: () => ({ options: { files: ['odd.yaml'] }, context: { directory } }),
    },
  },
  mentions: () => ['namespace shop', 'liveness-probe', 'disruption-budget', '3 replicas'],
  failingExample: () => all,
  recognises: {
    clear: [
      'Liveness and readiness probes configured',
      'Pod disruption budget exists',
      'Horizontal Pod Autoscaler is configured',
      'Network policies are in place in namespace shop',
      'Containers run as non-root',
      'Pods have resource limits configured',
      'Resource requests and limits set for all containers',
    ],
    unclear: [
      'Readiness endpoint answers',
      'Resource limits are appropriate for the expected load',
      'Test that the HPA is configured to scale under load',
      'Rate limits configured',
      'No network policies exist that block traffic',
      'Autoscaling',
      'Review the network policies',
    ],
  },
})

const run = (options: Record<string, unknown>, where: object) => runCheck(kubeHardening, { options, context: where })

describe('kube-hardening', () => {
  it.each([
    ['liveness-probe', { livenessProbe: undefined }, 'has no liveness probe (container app)'],
    ['readiness-probe', { readinessProbe: undefined }, 'has no readiness probe'],
    ['cpu-request', { resources: { requests: { memory: '1Gi' } } }, 'has no cpu request'],
    ['memory-request', { resources: {} }, 'has no memory request'],
    ['cpu-limit', { resources: undefined }, 'has no cpu limit'],
    ['memory-limit', { resources: { limits: { cpu: '1' } } }, 'has no memory limit'],
    ['pinned-image', { image: 'registry.internal:5000/shop/api' }, 'whose tag moves or is missing'],
    ['pinned-image', { image: 'shop:latest' }, 'runs shop:latest'],
    ['non-root', { securityContext: undefined }, 'may run as root'],
    ['non-root', { securityContext: { runAsUser: 0, runAsNonRoot: true } }, 'may run as root'],
  ])('%s: fails without it', async (rule, change, words) => {
    const flawed = cluster(workload('api', { container: { ...SOUND, ...change } }))
    expect(await run({ wants: [rule] }, flawed)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining(words),
    })
    expect(await run({ wants: [rule] }, cluster(sound))).toMatchObject({ status: 'passed' })
  })

  it('takes a limit for a request, a digest for a version, a user or the pod for the container', async () => {
    const limited = workload('api', { container: { resources: { limits: { cpu: '1', memory: '1Gi' } } } })
    expect(await run({ wants: ['cpu-request', 'memory-request'] }, cluster(limited))).toMatchObject({
      status: 'passed',
    })
    const digest = workload('api', { container: { image: `shop@sha256:${'a'.repeat(64)}` } })
    expect(await run({ wants: ['pinned-image'] }, cluster(digest))).toMatchObject({ status: 'passed' })
    const user = workload('api', { pod: { securityContext: { runAsUser: 1000 } } })
    expect(await run({ wants: ['non-root'] }, cluster(user))).toMatchObject({ status: 'passed' })
  })

  it.each([
    [
      'autoscaler',
      beside('HorizontalPodAutoscaler', { scaleTargetRef: { kind: 'StatefulSet', name: 'api' }, maxReplicas: 9 }),
    ],
    ['disruption-budget', beside('PodDisruptionBudget', { selector: { matchLabels: { app: 'worker' } } })],
    [
      'disruption-budget',
      beside('PodDisruptionBudget', {
        selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['api'] }] },
      }),
    ],
    ['network-policy', beside('NetworkPolicy', { podSelector: { matchLabels: { app: 'worker' } } })],
  ])('%s: one that is for something else does not count', async (rule, other) => {
    expect(await run({ wants: [rule] }, cluster(sound, other))).toMatchObject({ status: 'failed' })
    expect(await run({ wants: [rule] }, all)).toMatchObject({ status: 'passed' })
  })

  it("wants an autoscaler's least, not what runs by chance, and neither of a daemon set", async () => {
    const few = beside('HorizontalPodAutoscaler', {
      scaleTargetRef: { kind: 'Deployment', name: 'api' },
      maxReplicas: 9,
    })
    const many = workload('api', { replicas: 9, container: SOUND })
    expect(await run({ wants: [], replicasMin: 2 }, cluster(many, few))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('has 1 replicas, at least 2 wanted'),
    })
    expect(
      await run({ wants: ['autoscaler', 'disruption-budget'], replicasMin: 2 }, cluster(daemonSet('agent', 1))),
    ).toMatchObject({
      status: 'passed',
    })
  })

  it('reads manifests before they are deployed: folders, several documents, lists', async () => {
    const { summary } = await run({ files: ['deploy'] }, { directory, env: WITHOUT_PROGRAMS })
    expect(summary).toContain('deployment/api runs registry.internal/shop/api:latest')
    expect(await run({ files: ['list.json'], wants: ['disruption-budget'] }, { directory })).toMatchObject({
      status: 'passed',
    })
    expect(await run({ files: ['list.json'], workloads: ['worker'] }, { directory })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('there is no worker'),
    })
  })

  it('is unverified where there is nothing to judge', async () => {
    expect(await run({}, cluster(policy))).toMatchObject({ status: 'unverified' })
  })

  it('does not ask for what no rule needs: who may not list policies is judged by probes', async () => {
    const narrow = answering({ when: 'get deployments,statefulsets,daemonsets --output', stdout: listOf(sound) })
    expect(await run({ wants: ['liveness-probe'] }, narrow)).toMatchObject({ status: 'passed' })
    expect(await run({ wants: ['network-policy'] }, narrow)).toMatchObject({ status: 'unverified' })
  })
})
