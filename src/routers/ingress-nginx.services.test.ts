// Canary Ingresses on a real API server of Kubernetes; a stand-in for ingress-nginx carries the traffic as their annotations say.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { kubernetesPrograms } from '../../test/servers/kubernetes.ts'
import { ingressNginx } from './ingress-nginx.ts'
import { contextIn, startTestCluster, tableOf, type TestCluster } from './kubernetes/cluster.fixture.ts'

const programs = await kubernetesPrograms({ controllers: true })
if (!programs) console.warn('SKIPPED: ingress-nginx.services.test.ts needs etcd and Go, to build Kubernetes with')

function ingress(name: string, service: string) {
  const path = (prefix: string, to: string) => ({
    path: prefix,
    pathType: 'Prefix',
    backend: { service: { name: to, port: { number: 80 } } },
  })
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'shop' },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: `${name}.example.com`, http: { paths: [path('/', service), path('/admin', 'admin')] } }],
    },
  }
}

describe.skipIf(!programs)('ingress-nginx on a real cluster', () => {
  let bench: TestCluster

  beforeAll(async () => {
    bench = (await startTestCluster(programs ?? '')) as TestCluster
    bench.cluster.apply(ingress('web', 'web-v1'), ingress('foreign', 'other'), ingress('taken', 'web-v1'))
  })
  afterAll(() => bench?.stop())

  const kubectl = (...args: string[]) => bench.cluster.kubectl([...args, '--namespace=shop'])
  const open = (more: Record<string, unknown> = {}, context = contextIn(bench.cluster)) => {
    const given = { ingress: 'web', kubeconfig: bench.cluster.kubeconfig, drainMs: 10, ...more }
    return ingressNginx.create(ingressNginx.options.parse(given), context)
  }
  const probe = () => ({ probe: { url: `${bench.gateway.url}/ingress/web` } })
  const ingresses = () => kubectl('get', 'ingress', '--output=jsonpath={.items[*].metadata.name}').split(' ')
  const services = (name: string) =>
    kubectl('get', 'ingress', name, '--output=jsonpath={.spec.rules[*].http.paths[*].backend.service.name}')
  const env = () => ({ PATH: bench.cluster.env.PATH ?? '' })

  describeRouter(
    async () => ({
      router: open(probe()),
      table: tableOf,
      ask: () => bench.gateway.ask('/ingress/web'),
      env: env(),
    }),
    [10, 0.5],
  )

  describe('from v1', () => {
    beforeEach(() => open().set(tableOf(0)))

    it('has a canary only while the candidate has a share, for the paths of the release', async () => {
      await open().set(tableOf(10))
      expect(services('web-canary')).toBe('web-v2')
      const notes = JSON.parse(kubectl('get', 'ingress', 'web-canary', '--output=json')).metadata.annotations
      expect(notes).toMatchObject({ 'nginx.ingress.kubernetes.io/canary-weight': '10' })
      await open().set(tableOf(0))
      expect(ingresses()).not.toContain('web-canary')
    })

    it('gives each its share', async () => {
      await open().set(tableOf(25))
      const answers = await Promise.all(Array.from({ length: 400 }, () => bench.gateway.ask('/ingress/web')))
      const ofCandidate = answers.filter((version) => version === 'v2').length
      // Six standard deviations.
      expect(ofCandidate).toBeGreaterThan(48)
      expect(ofCandidate).toBeLessThan(152)
    })

    it('lets the main Ingress lead to the candidate when it has become stable, and back again', async () => {
      const router = open(probe())
      await router.set(tableOf(100))
      expect(services('web')).toBe('web-v1 admin')
      await router.set({ ...tableOf(100), stable: 'v2' })
      expect([services('web'), ingresses().includes('web-canary')]).toEqual(['web-v2 admin', false])
      expect(await router.current()).toMatchObject({ weights: { v1: 0, v2: 100 }, stable: 'v2' })
      expect(await runCapsuleStep(router.capsule(tableOf(0)), env())).toMatchObject({ exitCode: 0, stderr: '' })
      expect(services('web')).toBe('web-v1 admin')
      expect(await bench.gateway.ask('/ingress/web')).toBe('v1')
    })

    it('shows the candidate by header before it has traffic', async () => {
      await open({ previewHeader: 'x-preview' }).set(tableOf(0))
      expect(await bench.gateway.ask('/ingress/web')).toBe('v1')
      expect(await bench.gateway.ask('/ingress/web', { 'x-preview': 'v2' })).toBe('v2')
    })

    it('tells who gets what where nothing is remembered', async () => {
      await open().set(tableOf(25))
      const now = await open().current()
      expect(now).toMatchObject({ weights: { v1: 75, v2: 25 }, stable: 'v1' })
    })

    it('sends nothing to a Service without a pod that is ready', async () => {
      await expect(open({ settleMs: 1000 }).set(tableOf(10, 'v3'))).rejects.toThrow(/web-v3 leads to no pod/)
      expect(ingresses()).not.toContain('web-canary')
    })

    it('finds out that somebody sets it back', async () => {
      const undo = setInterval(
        () => kubectl('delete', 'ingress', 'web-canary', '--ignore-not-found', '--wait=false'),
        20,
      )
      try {
        await expect(open().set(tableOf(50))).rejects.toThrow(/Ingress web-canary gives 0 % again, not 50 %/)
      } finally {
        clearInterval(undo)
      }
    })

    it('leaves an Ingress alone that is not its own, and paths of others', async () => {
      await expect(open({ canary: 'taken' }).set(tableOf(10))).rejects.toThrow(
        /taken is there already, and not made by gonogo/,
      )
      await expect(open({ canary: 'taken' }).set(tableOf(0))).rejects.toThrow(
        /taken is there already, and not made by gonogo/,
      )
      expect(services('taken')).toBe('web-v1 admin')
      await expect(open({ ingress: 'foreign' }).set(tableOf(10))).rejects.toMatchObject({
        message: 'Ingress foreign leads to no Service of the release',
        hint: expect.stringContaining('web-v1, web-v2'),
      })
    })

    it('says what is not there', async () => {
      await expect(open({ ingress: 'none' }).set(tableOf(0))).rejects.toThrow(/there is no Ingress none/)
      await expect(open({ namespace: 'nowhere' }).set(tableOf(0))).rejects.toThrow(/in namespace nowhere/)
      await expect(open({ kubeconfig: bench.cluster.guestKubeconfig }).set(tableOf(0))).rejects.toMatchObject({
        failure: 'denied',
      })
      const split = { ...tableOf(10), weights: { v1: 80, v2: 10, v3: 10 } }
      await expect(open().set(split)).rejects.toThrow(/one canary, not v2 and v3/)
    })
  })
})
