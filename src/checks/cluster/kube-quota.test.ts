import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { listOf, node, pod, type KubernetesObject } from '../../../test/servers/kubernetes-objects.ts'
import { parseQuantity } from './kubernetes/quantity.ts'
import { kubeQuota } from './kube-quota.ts'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ kubectl: replies })
  started.push(fake)
  return { env: fake.env }
}
afterAll(() => started.forEach((fake) => fake.stop()))

const quota = (hard: Record<string, string>, used: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'team', namespace: 'shop' },
  status: { hard, used },
})
const QUOTA: Reply = {
  when: 'get resourcequotas',
  stdout: listOf(
    quota(
      { 'requests.cpu': '4', 'limits.memory': '8Gi', pods: '20', 'services.loadbalancers': '0' },
      { 'requests.cpu': '2500m', 'limits.memory': '4096Mi', pods: '15', 'services.loadbalancers': '0' },
    ),
  ),
}
const NODES: Reply = {
  when: 'get nodes',
  stdout: listOf(node('a'), node('b'), node('c', { unschedulable: true }), node('d', { ready: 'False' })),
}
const PODS: Reply = {
  when: 'get pods',
  stdout: listOf(
    pod('one', 'api', { node: 'a', requests: { cpu: '2', memory: '4Gi' } }),
    pod('two', 'api', { node: 'b', requests: { cpu: '1500m', memory: '512Mi' } }),
    pod('elsewhere', 'api', { node: 'c', requests: { cpu: '4' } }),
    pod('done', 'api', { node: 'a', phase: 'Succeeded', requests: { cpu: '4' } }),
    pod('unplaced', 'api', { requests: { cpu: '4' } }),
  ),
}
const context = answering(QUOTA, NODES, PODS)

checkContract(kubeQuota, {
  passing: () => ({ options: { namespace: 'shop', quotaHeadroomPercentMin: 25, nodeHeadroomPercentMin: 50 }, context }),
  failing: () => ({ options: { quotaHeadroomPercentMin: 30 }, context }),
  unverified: () => ({ options: { quotaHeadroomPercentMin: 10 }, context: answering({ stdout: listOf() }) }),
  slow: () => ({ options: { quotaHeadroomPercentMin: 10 }, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'unverified',
    case: () => ({
      options: { quotaHeadroomPercentMin: 10 },
      context: answering({ stderr: 'Unable to connect to the server: x509: unknown authority' }),
    }),
  },
  hostile: {
    'escapes for terminals': {
      status: 'unverified',
      case: () => ({
        options: { quotaHeadroomPercentMin: 10 },
        context: answering({ stdout: listOf(quota({ [ANSI]: ANSI }, {})) }),
      }),
    },
    'wrong JSON': {
      status: 'unverified',
      case: () => ({ options: { quotaHeadroomPercentMin: 10 }, context: answering({ stdout: '[]' }) }),
    },
    'what is used but not how much': {
      status: 'unverified',
      case: () => ({
        options: { quotaHeadroomPercentMin: 10 },
        context: answering({ stdout: listOf(quota({ pods: '10' }, {})) }),
      }),
    },
  },
  mentions: () => ['namespace shop', '25 %', '50 %'],
  failingExample: () => context,
  recognises: {
    clear: [
      'Resource quotas have sufficient headroom',
      'Namespace quota not exceeded',
      { text: 'Sufficient cluster capacity, > 20% free', thresholds: [thresholdOf('>', 20, '%', '> 20%')] },
    ],
    unclear: [
      'Check resource quotas',
      'Resource quotas configured',
      'Disk quota available',
      'Alert when the namespace quota has no headroom',
    ],
  },
})

const run = (options: Record<string, unknown>, where = context) => runCheck(kubeQuota, { options, context: where })

describe('kube-quota', () => {
  it('says which quota is the tightest, and judges only the resources that are named', async () => {
    const { summary, measurements } = await run({ quotaHeadroomPercentMin: 30 })
    expect(summary).toContain('team: pods is 25 % free, at least 30 % wanted')
    expect(measurements).toEqual([{ name: 'least free', value: 25, unit: 'percent' }])
    expect(await run({ quotaHeadroomPercentMin: 30, resources: ['requests.cpu'] })).toMatchObject({ status: 'passed' })
    expect(await run({ quotaHeadroomPercentMin: 30, resources: ['requests.gpu'] })).toMatchObject({
      status: 'unverified',
    })
  })

  it('counts usable nodes against the pods on them that are not done', async () => {
    const { evidence } = await run({ nodeHeadroomPercentMin: 60 })
    expect(evidence[0]?.content).toContain('2 nodes: cpu: 3.5 of 8, 56.3 % free')
    expect(evidence[0]?.content).toContain('wrong: 2 nodes: cpu')
  })

  it('is unverified without a usable node, and where nodes may not be listed', async () => {
    const none = answering({ when: 'get nodes', stdout: listOf(node('a', { ready: 'False' })) })
    const forbidden = answering({ stderr: 'Error from server (Forbidden): nodes is forbidden' })
    for (const where of [none, forbidden, { env: WITHOUT_PROGRAMS }])
      expect(await run({ nodeHeadroomPercentMin: 10 }, where)).toMatchObject({ status: 'unverified' })
  })

  it('takes init containers for what they ask beyond the others', async () => {
    const starter = pod('one', 'api', { node: 'a', requests: { cpu: '1' } })
    Object.assign(starter.spec as object, {
      initContainers: [
        { name: 'big', image: 'x', resources: { requests: { cpu: '3' } } },
        { name: 'stays', image: 'x', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
      ],
    })
    const where = answering(
      { when: 'get nodes', stdout: listOf(node('a')) },
      { when: 'get pods', stdout: listOf(starter) },
    )
    expect((await run({ nodeHeadroomPercentMin: 10 }, where)).evidence[0]?.content).toContain('cpu: 3 of 4')
  })

  it('wants something to judge by', () => {
    expect(kubeQuota.options.safeParse({ namespace: 'shop' }).success).toBe(false)
  })
})

describe('a quantity', () => {
  it.each<[string, number | null]>([
    ['250m', 0.25],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['.5', 0.5],
    ['2k', 2000],
    ['1e3', 1000],
    ['12E', 12e18],
    ['100Mi', 104_857_600],
    ['1 Gi', null],
    ['1GB', null],
    ['', null],
    ['Gi', null],
  ])('%s is %s', (text, value) => {
    expect(parseQuantity(text)).toBe(value)
  })
})
