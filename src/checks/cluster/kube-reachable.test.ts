import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { listOf, node } from '../../../test/servers/kubernetes-objects.ts'
import { kubeReachable } from './kube-reachable.ts'

const VERSION = { serverVersion: { gitVersion: 'v1.34.4-gke.1001' } }
const READY: Reply = { when: '--raw /readyz', stdout: 'ok' }
const IS_VERSION: Reply = { when: 'version', stdout: JSON.stringify(VERSION) }
const REFUSED = 'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ kubectl: replies })
  started.push(fake)
  return { env: fake.env }
}
const withNodes = (...nodes: ReturnType<typeof node>[]) =>
  answering(READY, IS_VERSION, { when: 'get nodes', stdout: listOf(...nodes) })
afterAll(() => started.forEach((fake) => fake.stop()))

const context = withNodes(node('a'), node('b'), node('c', { unschedulable: true }))
const oneNotReady = withNodes(node('a'), node('b', { ready: 'False' }))

checkContract(kubeReachable, {
  passing: () => ({ options: { version: '>=1.30', nodesReadyMin: 2 }, context }),
  failing: () => ({ options: {}, context: oneNotReady }),
  unverified: () => ({ options: {}, context: { env: WITHOUT_PROGRAMS } }),
  slow: () => ({ options: {}, context: answering({ instead: 'silent' }) }),
  unreachable: { status: 'failed', case: () => ({ options: {}, context: answering({ stderr: REFUSED }) }) },
  hostile: {
    'escapes for terminals': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ stdout: ANSI }) }),
    },
    'escapes in errors': { status: 'unverified', case: () => ({ options: {}, context: answering({ stderr: ANSI }) }) },
    'a list of something else': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering(READY, IS_VERSION, { stdout: '{"items":[1,"2",{}]}' }) }),
    },
    'no version': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering(READY, { stdout: '{"serverVersion":{"gitVersion":"master"}}' }) }),
    },
    'an answer that does not end': {
      status: 'failed',
      case: () => ({ options: { timeoutMs: 300 }, context: answering({ instead: 'endless' }) }),
    },
  },
  mentions: () => ['kubectl', '>=1.30', '2 at least'],
  failingExample: () => context,
  recognises: {
    clear: [
      'Kubernetes cluster is healthy',
      'All nodes are ready',
      'All nodes of the cluster are ready',
      'The k8s cluster is up and reachable',
      'Nodes answer: `kubectl get nodes`',
    ],
    unclear: [
      'Kubernetes cluster configured',
      'Cluster nodes of the database are healthy',
      'If the Kubernetes cluster is not healthy, stop',
      'Node.js is ready',
      'Drain all nodes when ready',
    ],
  },
})

const run = (options: Record<string, unknown>, where: { env: Record<string, string> }) =>
  runCheck(kubeReachable, { options, context: where })

describe('kube-reachable', () => {
  it('cannot look where kubectl is told of no cluster', async () => {
    const stderr = 'The connection to the server localhost:8080 was refused - did you specify the right host or port?'
    expect((await run({}, answering({ stderr }))).status).toBe('unverified')
  })

  it('names the nodes that are not ready or under pressure', async () => {
    const pressed = withNodes(node('a', { pressure: 'MemoryPressure' }), node('b', { ready: 'Unknown' }), node('c'))
    const { summary, measurements } = await run({}, pressed)
    expect(summary).toContain('node a has MemoryPressure')
    expect(summary).toContain('node b is not ready (KubeletNotReady)')
    expect(measurements).toContainEqual({ name: 'nodes ready', value: 1, unit: 'count' })
  })

  it('does not count nodes that take no pods', async () => {
    expect(await run({ nodesReadyMin: 3 }, context)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2 of them are ready and take pods, at least 3 wanted'),
    })
  })

  it('fails without any node, unless nodes are none of its business', async () => {
    expect(await run({}, withNodes())).toMatchObject({ status: 'failed' })
    expect(await run({ nodes: false }, withNodes())).toMatchObject({ status: 'passed' })
  })

  it('is unverified where it may not ask, or is told of a context that is not there', async () => {
    for (const stderr of [
      'Error from server (Forbidden): forbidden: User "guest" cannot get path "/readyz"',
      'error: You must be logged in to the server (Unauthorized)',
      'error: context "prod" does not exist',
    ])
      expect(await run({}, answering({ stderr }))).toMatchObject({ status: 'unverified', remedy: expect.anything() })
  })

  it('fails where the server says that it is not ready', async () => {
    const unready = answering({ stderr: '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed' })
    expect(await run({}, unready)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('readyz check failed'),
    })
  })

  it('asks the context and the kubeconfig it is told, and gives kubectl a deadline', async () => {
    const only = answering({ when: '--kubeconfig=/etc/kube.yaml --context=prod --request-timeout=5s', stdout: 'ok' })
    const asked = await run({ kubeconfig: '/etc/kube.yaml', context: 'prod', timeoutMs: 4500 }, only)
    expect(asked.summary).toContain('no JSON')
  })
})
