// Two versions in a real cluster, each with its Service, and what carries traffic to them: for services tests of routers of Kubernetes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { installGatewayApi, startGateway, type Gateway } from '../../../test/servers/gateway.ts'
import type { KubernetesObject } from '../../../test/servers/kubernetes-objects.ts'
import { startKubernetes, type KubernetesServer } from '../../../test/servers/kubernetes.ts'
import { VERSION_LABEL } from '../../lib/kubernetes/names.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import type { RouterContext } from '../router.ts'

export interface TestCluster {
  cluster: KubernetesServer
  gateway: Gateway
  stop(): Promise<void>
}

/** Versions v1 and v2 up with two pods each, and v3 whose pods are never ready; null where the Gateway API is asked for and cannot be had. */
export async function startTestCluster(
  programs: string,
  options: { routes?: boolean; lagMs?: number } = {},
): Promise<TestCluster | null> {
  const cluster = await startKubernetes(programs, { controllers: true })
  if (options.routes && !installGatewayApi(cluster)) {
    await cluster.stop()
    return null
  }
  const gateway = await startGateway(cluster, options)
  cluster.apply(...['v1', 'v2', 'v3'].flatMap((version) => [deployment(version), service(`web-${version}`, version)]))
  for (const version of ['v1', 'v2'])
    cluster.kubectl(['rollout', 'status', `deployment/web-${version}`, '--namespace=shop', '--timeout=60s'])
  return {
    cluster,
    gateway,
    async stop() {
      await gateway.stop()
      await cluster.stop()
    },
  }
}

/** A Service that selects a version. */
export function service(name: string, version: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { selector: { app: 'web', [VERSION_LABEL]: version }, ports: [{ port: 80, targetPort: 8080 }] },
  }
}

function deployment(version: string): KubernetesObject {
  const labels = { app: 'web', [VERSION_LABEL]: version }
  const container = {
    name: 'app',
    image: `registry.internal/web:${version === 'v3' ? 'unready' : version}`,
    env: [{ name: 'VERSION', value: version }],
    ports: [{ containerPort: 8080 }],
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `web-${version}`, namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  }
}

/** What the target says: `weight` percent to `candidate`, the rest to v1. */
export function tableOf(weight: number, candidate = 'v2'): RoutingTable {
  const versions = ['v1', candidate]
  return {
    weights: { v1: 100 - weight, [candidate]: weight },
    backends: versions.map((version) => ({
      id: version,
      version,
      host: `web-${version}.shop.svc`,
      port: 80,
      service: `web-${version}`,
    })),
    stable: 'v1',
  }
}

/** A router's surroundings, with a state directory of its own. */
export function contextIn(cluster: KubernetesServer, env = cluster.env): RouterContext {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-routers-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return { name: 'edge', directory, stateDirectory: join(directory, '.gonogo'), env }
}
