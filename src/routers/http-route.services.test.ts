// Weights of an HTTPRoute on a real API server of Kubernetes; a stand-in for the gateway reports its status and carries the traffic.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { kubernetesPrograms } from '../../test/servers/kubernetes.ts'
import { httpRoute } from './http-route.ts'
import { contextIn, startTestCluster, tableOf, type TestCluster } from './kubernetes/cluster.fixture.ts'

const LAG_MS = 400
const programs = await kubernetesPrograms({ controllers: true })
const bench: TestCluster | null = programs ? await startTestCluster(programs, { routes: true, lagMs: LAG_MS }) : null
if (!bench) console.warn('SKIPPED: http-route.services.test.ts needs etcd, Go and the Gateway API from the Go modules')

const rule = (name: string, path: string, refs: unknown[]) => ({
  name,
  matches: [{ path: { type: 'PathPrefix', value: path } }],
  backendRefs: refs,
})

function route(name: string, gateway = 'public') {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'shop' },
    spec: {
      parentRefs: [{ name: gateway }],
      rules: [rule('other', '/other', [{ name: 'other', port: 80 }]), rule('app', '/', [{ name: 'web-v1', port: 80 }])],
    },
  }
}

describe.skipIf(!bench)('http-route on a real cluster', () => {
  // The body is read, not run, where there is none.
  const { cluster, gateway } = (bench ?? {}) as TestCluster
  const kubectl = (...args: string[]) => cluster.kubectl([...args, '--namespace=shop'])
  const open = (more: Record<string, unknown> = {}, context = contextIn(cluster)) => {
    const given = { route: 'web', rule: 'app', kubeconfig: cluster.kubeconfig, drainMs: 10, ...more }
    return httpRoute.create(httpRoute.options.parse(given), context)
  }
  const probe = () => ({ probe: { url: `${gateway.url}/route/web` } })
  const refs = () => kubectl('get', 'httproute', 'web', '--output=jsonpath={.spec.rules[1].backendRefs[*].name}')

  beforeAll(() => {
    cluster.apply(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'other', namespace: 'shop' },
        spec: { ports: [{ port: 80 }] },
      },
      route('web'),
    )
  })
  afterAll(() => bench?.stop())

  describeRouter(
    async () => ({
      router: open(probe()),
      table: tableOf,
      ask: () => gateway.ask('/route/web'),
      env: { PATH: cluster.env.PATH ?? '' },
    }),
    [10, 0.5],
  )

  describe('from v1', () => {
    beforeEach(() => open().set(tableOf(0)))

    it('returns when the gateway has taken it over, not before', async () => {
      await open().set(tableOf(100))
      for (let i = 0; i < 20; i++) expect(await gateway.ask('/route/web')).toBe('v2')
    })

    it('gives each its share, and leaves other rules alone', async () => {
      await open().set(tableOf(25))
      const answers = await Promise.all(Array.from({ length: 400 }, () => gateway.ask('/route/web')))
      const ofCandidate = answers.filter((version) => version === 'v2').length
      // Six standard deviations.
      expect(ofCandidate).toBeGreaterThan(48)
      expect(ofCandidate).toBeLessThan(152)
      expect(kubectl('get', 'httproute', 'web', '--output=jsonpath={.spec.rules[0].backendRefs[*].name}')).toBe('other')
    })

    it('tells who gets what where nothing is remembered, by the labels of the Services', async () => {
      await open().set(tableOf(25))
      const now = await open().current()
      expect(now).toMatchObject({ weights: { v1: 75, v2: 25 }, stable: 'v1' })
    })

    it('shows a version by header before it has traffic, and keeps one rule for it', async () => {
      const router = open({ previewHeader: 'x-preview' })
      await router.set(tableOf(0))
      await router.set(tableOf(0))
      expect(await gateway.ask('/route/web')).toBe('v1')
      expect(await gateway.ask('/route/web', { 'x-preview': 'v2' })).toBe('v2')
      expect(JSON.parse(kubectl('get', 'httproute', 'web', '--output=json')).spec.rules).toHaveLength(4)
      await router.set({ ...tableOf(0), weights: { v1: 100 }, backends: tableOf(0).backends.slice(0, 1) })
      expect(JSON.parse(kubectl('get', 'httproute', 'web', '--output=json')).spec.rules).toHaveLength(3)
    })

    it('sends nothing to a Service without a pod that is ready', async () => {
      await expect(open({ settleMs: 1000 }).set(tableOf(10, 'v3'))).rejects.toThrow(
        /web-v3 leads to no pod that is ready/,
      )
      expect(refs()).toBe('web-v1')
    })

    it('reads again where somebody changed the route in between', async () => {
      const context = contextIn(cluster)
      // A kubectl that lets somebody else in between, once.
      const real = `${cluster.env.PATH?.split(':')[0]}/kubectl`
      const other = '[{"op":"add","path":"/spec/hostnames","value":["shop.example.com"]}]'
      const meddling = `${real} patch httproute web --type=json --patch='${other}' --kubeconfig=${cluster.kubeconfig}`
      const script = `#!/bin/sh\nif [ "$1" = patch ] && mkdir ${context.directory}/once 2>/dev/null; then ${meddling}; fi\nexec ${real} "$@"\n`
      writeFileSync(join(context.directory, 'kubectl'), script, { mode: 0o755 })
      const env = { ...cluster.env, PATH: `${context.directory}:${cluster.env.PATH}` }
      await open({}, { ...context, env }).set(tableOf(50))
      expect(existsSync(join(context.directory, 'once'))).toBe(true)
      expect(refs()).toBe('web-v1 web-v2')
      expect(kubectl('get', 'httproute', 'web', '--output=jsonpath={.spec.hostnames[0]}')).toBe('shop.example.com')
    })

    it('finds out that somebody sets it back', async () => {
      const back = '[{"op":"replace","path":"/spec/rules/1/backendRefs","value":[{"name":"web-v1","port":80}]}]'
      const undo = setInterval(() => kubectl('patch', 'httproute', 'web', '--type=json', `--patch=${back}`), 20)
      try {
        await expect(open().set(tableOf(50))).rejects.toThrow(/other weights again/)
      } finally {
        clearInterval(undo)
      }
    })

    it('names the condition that is not met', async () => {
      const rules = [rule('nowhere', '/nowhere', [{ name: 'nowhere', port: 80 }]), ...route('nobodys').spec.rules]
      cluster.apply({ ...route('nobodys'), spec: { parentRefs: [{ name: 'a' }], rules } })
      await expect(open({ route: 'nobodys', settleMs: 1500 }).set(tableOf(50))).rejects.toThrow(
        /ResolvedRefs of gateway a is False \(BackendNotFound\)/,
      )
    })

    it('says what is not there', async () => {
      await expect(open({ route: 'none' }).set(tableOf(0))).rejects.toThrow(/there is no HTTPRoute none/)
      await expect(open({ rule: 'none' }).set(tableOf(0))).rejects.toMatchObject({
        message: 'HTTPRoute web has no rule none',
        hint: expect.stringContaining('it has other, app'),
      })
      await expect(open({ namespace: 'nowhere' }).set(tableOf(0))).rejects.toThrow(/in namespace nowhere/)
      await expect(open({ kubeconfig: cluster.guestKubeconfig }).set(tableOf(0))).rejects.toMatchObject({
        failure: 'denied',
      })
    })

    it('has a capsule that names the rule it does not find', async () => {
      const step = open({ rule: 'none' }).capsule(tableOf(0))
      expect(await runCapsuleStep(step, { PATH: cluster.env.PATH ?? '' })).toMatchObject({
        exitCode: 1,
        stderr: 'router edge: HTTPRoute web has no rule none\n',
      })
    })
  })
})
