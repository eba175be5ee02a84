// Kinds that ask kubectl and helm, against a real API server of Kubernetes.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { daemonSet, node, pod, workload, type KubernetesObject } from '../../../test/servers/kubernetes-objects.ts'
import { kubernetesPrograms, startKubernetes, type KubernetesServer } from '../../../test/servers/kubernetes.ts'
import type { Check } from '../check.ts'
import { helmChart } from './helm-chart.ts'
import { helmRelease } from './helm-release.ts'
import { kubeCertificates } from './kube-certificates.ts'
import { kubeHardening } from './kube-hardening.ts'
import { kubeObjects } from './kube-objects.ts'
import { kubeQuota } from './kube-quota.ts'
import { kubeReachable } from './kube-reachable.ts'
import { kubeWorkloads } from './kube-workloads.ts'

const programs = await kubernetesPrograms()
if (!programs)
  console.warn('SKIPPED: kubernetes.services.test.ts needs etcd and Go, to build the API server of Kubernetes with')

const SECRET = 'never-to-be-read'
const PROBE = { httpGet: { path: '/health', port: 8080 } }
const inShop = (apiVersion: string, kind: string, name: string, rest: Record<string, unknown>): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shop' },
  ...rest,
})
const SOUND = {
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
}
const DAY_MS = 86_400_000

/** What cert-manager declares, as far as it is looked at. */
const CERTIFICATES = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'certificates.cert-manager.io' },
  spec: {
    group: 'cert-manager.io',
    names: { plural: 'certificates', singular: 'certificate', kind: 'Certificate', listKind: 'CertificateList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

describe.skipIf(!programs)('on a real API server of Kubernetes', () => {
  let cluster: KubernetesServer
  let directory = ''

  const run = <T>(
    check: Check<T>,
    options: Record<string, unknown>,
    kubeconfig = cluster.kubeconfig,
    signal?: AbortSignal,
  ) =>
    runCheck(check, {
      options: { kubeconfig, ...options },
      context: { env: cluster.env, directory, ...(signal ? { signal } : {}) },
    })

  beforeAll(async () => {
    cluster = await startKubernetes(programs ?? '')
    directory = mkdtempSync(join(tmpdir(), 'gonogo-cluster-'))
    writeChart(directory)
    cluster.apply(
      node('node-a'),
      node('node-b', { unschedulable: true }),
      workload('api', { container: SOUND }),
      workload('worker', { kind: 'StatefulSet', replicas: 1, status: { availableReplicas: 0, readyReplicas: 0 } }),
      daemonSet('agent', 1),
      pod('api-1', 'api', { node: 'node-a', restarts: 4, requests: { cpu: '1', memory: '2Gi' } }),
      pod('api-2', 'api', { node: 'node-a', requests: { cpu: '500m' } }),
      pod('worker-0', 'worker', { node: 'node-a', waiting: 'CrashLoopBackOff', phase: 'Pending' }),
      pod('agent-1', 'agent', { node: 'node-a' }),
      inShop('policy/v1', 'PodDisruptionBudget', 'api', {
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'api' } } },
      }),
      inShop('networking.k8s.io/v1', 'NetworkPolicy', 'all', { spec: { podSelector: {} } }),
      inShop('autoscaling/v2', 'HorizontalPodAutoscaler', 'api', {
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
          minReplicas: 3,
          maxReplicas: 9,
        },
      }),
      inShop('v1', 'ResourceQuota', 'team', {
        spec: { hard: { 'requests.cpu': '4', secrets: '10' } },
        status: { hard: { 'requests.cpu': '4', secrets: '10' }, used: { 'requests.cpu': '3500m', secrets: '1' } },
      }),
      inShop('v1', 'Secret', 'db', { stringData: { password: SECRET, empty: '' } }),
      inShop('v1', 'ConfigMap', 'shop', { data: { MODE: 'production' }, binaryData: { blob: 'AAAA' } }),
      inShop('v1', 'Service', 'api', { spec: { selector: { app: 'api' }, ports: [{ port: 80 }] } }),
      inShop('v1', 'Service', 'idle', { spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }] } }),
      {
        ...inShop('discovery.k8s.io/v1', 'EndpointSlice', 'api-1', {}),
        metadata: { name: 'api-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'api' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.5'], conditions: { ready: true } }],
        ports: [{ port: 80 }],
      },
    )
  })
  afterAll(async () => {
    await cluster?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  it('kube-reachable: passes, fails by version and nodes, tells a closed port from closed doors', async () => {
    expect(await run(kubeReachable, { version: '>=1.34 <1.35' })).toMatchObject({
      status: 'passed',
      summary: 'the API server is ready, version v1.34.4, 1 of 2 nodes ready',
    })
    expect(await run(kubeReachable, { version: '>=1.35' })).toMatchObject({ status: 'failed' })
    expect(await run(kubeReachable, { nodesReadyMin: 2 })).toMatchObject({ status: 'failed' })
    expect(await run(kubeReachable, {}, cluster.deadKubeconfig)).toMatchObject({ status: 'failed' })
    expect(await run(kubeReachable, { nodes: false }, cluster.guestKubeconfig)).toMatchObject({ status: 'passed' })
    expect(await run(kubeReachable, {}, cluster.guestKubeconfig)).toMatchObject({
      status: 'unverified',
      remedy: 'let it list nodes, or set nodes: false',
    })
    expect(await run(kubeReachable, { context: 'no-such-context' })).toMatchObject({ status: 'unverified' })
    expect(await run(kubeReachable, {}, 'no-such-file.yaml')).toMatchObject({ status: 'unverified' })
  })

  it('kube-workloads: passes what is rolled out, names what is not', async () => {
    expect(await run(kubeWorkloads, { workloads: ['api', 'daemonset/agent'], image: ':1.4.2' })).toMatchObject({
      status: 'passed',
    })
    expect(await run(kubeWorkloads, { workloads: ['api'], restartsMax: 3 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('pod api-1 (app) restarted 4 times'),
    })
    const { status, summary } = await run(kubeWorkloads, {})
    expect(status).toBe('failed')
    expect(summary).toContain('statefulset/worker has 0 of 1 pod available')
    expect(summary).toContain('pod worker-0 is in CrashLoopBackOff')
    cluster.kubectl(['--namespace=shop', 'set', 'image', 'deployment/api', 'app=registry.internal/shop/api:1.5.0'])
    expect(await run(kubeWorkloads, { workloads: ['api'], image: ':1.5.0' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('was changed, and no controller has seen it yet'),
    })
    cluster.kubectl(['--namespace=shop', 'set', 'image', 'deployment/api', 'app=registry.internal/shop/api:1.4.2'])
  })

  it('kube-hardening: judges the cluster and what stands in files alike', async () => {
    const wants = [
      'liveness-probe',
      'memory-limit',
      'autoscaler',
      'disruption-budget',
      'network-policy',
      'pinned-image',
    ]
    const asked = { workloads: ['api'], wants, replicasMin: 3 }
    expect(await run(kubeHardening, asked)).toMatchObject({ status: 'passed' })
    expect(await run(kubeHardening, { ...asked, workloads: ['worker'] })).toMatchObject({ status: 'failed' })
    const exported = cluster.kubectl([
      '--namespace=shop',
      'get',
      'deployments,hpa,pdb,networkpolicies',
      '--output=yaml',
    ])
    writeFileSync(join(directory, 'exported.yaml'), exported)
    expect(await run(kubeHardening, { ...asked, files: ['exported.yaml'] })).toMatchObject({ status: 'passed' })
    expect(await run(kubeHardening, asked, cluster.guestKubeconfig)).toMatchObject({ status: 'unverified' })
  })

  it('kube-objects: sees names and lengths, and never a value', async () => {
    const objects = ['secret/db', 'configmap/shop', 'service/api', 'namespace/shop', 'deploy/api']
    const keys = { 'secret/db': ['password'], 'configmap/shop': ['MODE', 'blob'] }
    const passing = await run(kubeObjects, { objects, keys })
    expect(passing).toMatchObject({ status: 'passed' })
    const failing = await run(kubeObjects, {
      objects: ['secret/none', 'service/idle'],
      keys: { 'secret/db': ['empty', 'token'] },
    })
    expect(failing).toMatchObject({ status: 'failed' })
    for (const words of [
      'there is no secret/none',
      'service/idle has no endpoint',
      'nothing under the key empty',
      'has no key token',
    ])
      expect(failing.summary).toContain(words)
    expect(JSON.stringify([passing, failing])).not.toContain(SECRET)
    expect(await run(kubeObjects, { objects: ['secret/db'] }, cluster.guestKubeconfig)).toMatchObject({
      status: 'unverified',
    })
    expect(await run(kubeObjects, { objects: ['widget/x'] })).toMatchObject({ status: 'unverified' })
  })

  it('kube-quota: counts quotas and nodes', async () => {
    expect(await run(kubeQuota, { quotaHeadroomPercentMin: 12 })).toMatchObject({ status: 'passed' })
    expect(await run(kubeQuota, { quotaHeadroomPercentMin: 20 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('team: requests.cpu is 12.5 % free'),
    })
    // Of the node that takes pods: 1.5 of 4 processors.
    expect(await run(kubeQuota, { nodeHeadroomPercentMin: 62 })).toMatchObject({ status: 'passed' })
    expect(await run(kubeQuota, { nodeHeadroomPercentMin: 63 })).toMatchObject({ status: 'failed' })
    expect(await run(kubeQuota, { quotaHeadroomPercentMin: 1, namespace: 'default' })).toMatchObject({
      status: 'unverified',
    })
  })

  it('kube-certificates: reads what cert-manager reports, and cannot tell where there is none', async () => {
    expect(await run(kubeCertificates, {})).toMatchObject({ status: 'unverified' })
    cluster.kubectl(['create', '-f', '-'], JSON.stringify(CERTIFICATES))
    cluster.kubectl(['wait', '--for=condition=Established', 'crd/certificates.cert-manager.io', '--timeout=20s'])
    const notAfter = new Date(Date.now() + 40 * DAY_MS).toISOString()
    const status = { conditions: [{ type: 'Ready', status: 'True' }], notAfter }
    cluster.apply(inShop('cert-manager.io/v1', 'Certificate', 'shop-tls', { spec: {}, status }))
    expect(await run(kubeCertificates, { daysLeftMin: 30 })).toMatchObject({ status: 'passed' })
    expect(await run(kubeCertificates, { daysLeftMin: 50 })).toMatchObject({ status: 'failed' })
  })

  it('helm-chart and helm-release: lint, render, install, compare', async () => {
    expect(await run(helmRelease, { release: 'shop' })).toMatchObject({ status: 'failed' })
    const chart = { chart: 'chart', values: ['values.yaml'] }
    expect(await run(helmChart, chart)).toMatchObject({
      status: 'passed',
      summary: 'chart chart lints and renders 1 manifest',
    })
    expect(await run(helmChart, { chart: 'broken' })).toMatchObject({ status: 'failed' })
    const helm = (verb: string): string => {
      const args = [verb, 'shop', join(directory, 'chart'), `--values=${join(directory, 'values.yaml')}`]
      const env = { ...cluster.env, KUBECONFIG: cluster.kubeconfig }
      return spawnSync(join(programs ?? '', 'helm'), args, { env, encoding: 'utf8' }).stdout
    }
    expect(helm('install')).toContain('STATUS: deployed')
    expect(
      await run(helmRelease, { release: 'shop', chart: 'shop-1.4.2', appVersion: '1.4.2', ageMax: '1h' }),
    ).toMatchObject({ status: 'passed' })
    expect(await run(helmRelease, { release: 'shop', revisionMin: 2 })).toMatchObject({ status: 'failed' })
    expect(helm('upgrade')).toContain('STATUS: deployed')
    expect(await run(helmRelease, { release: 'shop', revisionMin: 2 })).toMatchObject({ status: 'passed' })
    expect(await run(helmChart, { ...chart, release: 'shop', mayChange: [] })).toMatchObject({ status: 'passed' })
    expect(
      await run(helmChart, { ...chart, values: ['changed.yaml'], release: 'shop', mayChange: ['mode'] }),
    ).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('password changes'),
    })
    expect(await run(helmRelease, { release: 'shop' }, cluster.guestKubeconfig)).toMatchObject({ status: 'unverified' })
    expect(await run(helmRelease, { release: 'shop' }, cluster.deadKubeconfig)).toMatchObject({ status: 'unverified' })
  })

  it.each<[Check<never>, Record<string, unknown>]>([
    [kubeWorkloads as Check<never>, {}],
    [kubeHardening as Check<never>, {}],
    [kubeObjects as Check<never>, { objects: ['secret/db'] }],
    [kubeQuota as Check<never>, { quotaHeadroomPercentMin: 1 }],
    [kubeCertificates as Check<never>, {}],
  ])('$id: is unverified where nothing answers', async (check, options) => {
    expect(await run(check, options, cluster.deadKubeconfig)).toMatchObject({
      status: 'unverified',
      remedy: 'see that what kubectl asks runs, and that this machine may reach it',
    })
  })

  it('is unverified at the deadline while the API server hangs, and kube-reachable red when its own time is over', async () => {
    cluster.pause()
    try {
      expect(await run(kubeWorkloads, {}, cluster.kubeconfig, AbortSignal.timeout(300))).toMatchObject({
        status: 'unverified',
        summary: expect.stringContaining('deadline'),
      })
      expect(await run(kubeReachable, { timeoutMs: 300 })).toMatchObject({ status: 'failed' })
    } finally {
      cluster.resume()
    }
  })
})

function writeChart(directory: string): void {
  for (const name of ['chart', 'broken']) {
    mkdirSync(join(directory, name, 'templates'), { recursive: true })
    writeFileSync(
      join(directory, name, 'Chart.yaml'),
      'apiVersion: v2\nname: shop\nversion: 1.4.2\nappVersion: "1.4.2"\n',
    )
  }
  const manifest =
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-mode\ndata:\n  mode: {{ required "mode" .Values.mode }}\n'
  writeFileSync(join(directory, 'chart/templates/mode.yaml'), manifest)
  writeFileSync(join(directory, 'broken/templates/mode.yaml'), 'kind: {{ .Values.mode\n')
  writeFileSync(join(directory, 'values.yaml'), `mode: production\npassword: ${SECRET}\n`)
  writeFileSync(join(directory, 'changed.yaml'), `mode: staging\npassword: other-${SECRET}\n`)
}
