// The selector of a Service, switched on a real API server of Kubernetes whose controllers make the endpoints.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { WITHOUT_PROGRAMS } from '../../test/servers/fake-program.ts'
import { kubernetesPrograms } from '../../test/servers/kubernetes.ts'
import { contextIn, service, startTestCluster, tableOf, type TestCluster } from './kubernetes/cluster.fixture.ts'
import type { RouterContext } from './router.ts'
import { serviceSelector } from './service-selector.ts'

const programs = await kubernetesPrograms({ controllers: true })
if (!programs) console.warn('SKIPPED: service-selector.services.test.ts needs etcd and Go, to build Kubernetes with')

describe.skipIf(!programs)('service-selector on a real cluster', () => {
  let bench: TestCluster

  beforeAll(async () => {
    bench = (await startTestCluster(programs ?? '')) as TestCluster
    bench.cluster.apply(service('web', 'v1'))
  })
  afterAll(() => bench?.stop())

  const open = (more: Record<string, unknown> = {}, context: RouterContext = contextIn(bench.cluster)) => {
    const given = { service: 'web', kubeconfig: bench.cluster.kubeconfig, drainMs: 10, ...more }
    return serviceSelector.create(serviceSelector.options.parse(given), context)
  }
  const kubectl = (...args: string[]) => bench.cluster.kubectl([...args, '--namespace=shop'])
  const selected = () => kubectl('get', 'service', 'web', '--output=jsonpath={.spec.selector}')
  const probe = () => ({ probe: { url: `${bench.gateway.url}/service/web` } })

  describeRouter(
    async () => ({
      router: open(probe()),
      table: tableOf,
      ask: () => bench.gateway.ask('/service/web'),
      env: { PATH: bench.cluster.env.PATH ?? '' },
    }),
    [],
  )

  describe('from v1', () => {
    beforeEach(() => open().set(tableOf(0)))

    it('reads the version off the selector where nothing is remembered', async () => {
      const now = await open().current()
      expect(now).toMatchObject({ weights: { v1: 100 }, stable: 'v1' })
    })

    it('leaves the Service alone while no pod of the version is ready', async () => {
      await expect(open({ settleMs: 1000 }).set(tableOf(100, 'v3'))).rejects.toThrow(
        /no pod of v3 is ready.*left as it is/,
      )
      expect(selected()).toContain('v1')
    })

    it('finds out that somebody sets it back', async () => {
      const stolen = contextIn(bench.cluster)
      const router = open({}, stolen)
      const undo = setInterval(
        () => kubectl('patch', 'service', 'web', '--patch={"spec":{"selector":{"gonogo.dev/version":"v1"}}}'),
        20,
      )
      try {
        await expect(router.set(tableOf(100))).rejects.toMatchObject({
          message: expect.stringContaining('selects v1 again'),
          hint: expect.stringContaining('Argo CD'),
        })
      } finally {
        clearInterval(undo)
      }
    })

    it('refuses to split', async () => {
      await expect(open().set(tableOf(10))).rejects.toThrow(/one version only/)
    })

    it.each([
      ['no Service', { service: 'other' }, /there is no Service other in the current namespace/],
      ['no namespace', { namespace: 'nowhere' }, /there is no Service web in namespace nowhere/],
      ['no such context', { context: 'production' }, /context was not found for specified context: production/],
    ])('says that there is %s', async (_, options, words) => {
      await expect(open(options).set(tableOf(100))).rejects.toThrow(words)
    })

    it('says what it may not', async () => {
      await expect(open({ kubeconfig: bench.cluster.guestKubeconfig }).set(tableOf(100))).rejects.toMatchObject({
        failure: 'denied',
        hint: expect.stringContaining('kubectl auth can-i'),
      })
    })

    it('says that the API server is dead, or does not answer', async () => {
      const dead = { kubeconfig: bench.cluster.deadKubeconfig, timeoutMs: 1000 }
      await expect(open(dead).current()).rejects.toMatchObject({ failure: 'unreachable', retryable: true })
      bench.cluster.pause()
      try {
        await expect(open({ timeoutMs: 1000 }).current()).rejects.toMatchObject({ failure: 'unreachable' })
      } finally {
        bench.cluster.resume()
      }
    })

    it('says what to install', async () => {
      await expect(open({}, contextIn(bench.cluster, WITHOUT_PROGRAMS)).current()).rejects.toMatchObject({
        hint: expect.stringContaining('https://kubernetes.io'),
      })
    })

    it('has a capsule that says why it could not', async () => {
      const env = { PATH: bench.cluster.env.PATH ?? '' }
      const gone = open({ service: 'other' }).capsule(tableOf(0))
      expect(await runCapsuleStep(gone, env)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('NotFound'),
      })
      const missing = await runCapsuleStep(open().capsule(tableOf(0)), { PATH: '/nowhere' })
      expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('kubectl is not installed') })
    })

    it('writes into the capsule which cluster it was', async () => {
      const { kubeconfig, env } = bench.cluster
      const options = serviceSelector.options.parse({ service: 'web', namespace: 'shop', drainMs: 0 })
      const router = serviceSelector.create(options, contextIn(bench.cluster, { ...env, KUBECONFIG: kubeconfig }))
      await router.set(tableOf(100))
      const ended = await runCapsuleStep(router.capsule(tableOf(0)), { PATH: env.PATH ?? '', KUBECONFIG: '/dev/null' })
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(selected()).toContain('v1')
    })
  })
})
