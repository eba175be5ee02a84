// What pairs in a cluster have in common: a namespace of their own, pods that are counted by their image.
import { execFileSync } from 'node:child_process'
import { stringify } from 'yaml'
import type { KubernetesObject } from '../../test/servers/kubernetes-objects.ts'
import { VERSION_LABEL } from '../../src/lib/kubernetes/names.ts'
import type { Cluster } from './machine.ts'
import type { Place } from './scene.ts'

/** Where a pair is in its cluster, for gonogo.yaml. */
export function whereIn({ cluster, slug }: Place): { kubeconfig: string; namespace: string } {
  return { kubeconfig: cluster?.server.kubeconfig ?? 'none', namespace: slug }
}

export function clusterOf({ cluster }: Place): Cluster {
  if (!cluster) throw new Error('there is no cluster')
  return cluster
}

/** kubectl in the namespace of the pair, which is made when it is not there. */
export function kubectlIn(place: Place): (args: readonly string[], input?: string) => string {
  const { server } = clusterOf(place)
  const { slug } = place
  const known = server.kubectl(['get', 'namespace', slug, '--ignore-not-found', '--output=name'])
  if (known === '') server.kubectl(['create', 'namespace', slug])
  return (args, input) => server.kubectl([`--namespace=${slug}`, ...args], input)
}

export function envOf(place: Place): Record<string, string> {
  const { PATH = '', HOME = '' } = clusterOf(place).server.env
  return { PATH, HOME }
}

/** Pods that are there, those that are ending too. */
export function podsOf(place: Place, version: string): number {
  const images = kubectlIn(place)(['get', 'pods', '--output=jsonpath={.items[*].spec.containers[0].image}'])
  return images.split(' ').filter((image) => image.endsWith(`:${version}`)).length
}

export function createIn(place: Place, ...objects: readonly KubernetesObject[]): void {
  const documents = objects.map((object) => stringify(object)).join('---\n')
  kubectlIn(place)(['create', '--filename=-'], documents)
}

/** Removes what the pair made; nobody waits for the end of it. */
export function leaveCluster(place: Place): void {
  clusterOf(place).server.kubectl(['delete', 'namespace', place.slug, '--ignore-not-found', '--wait=false'])
}

export function partsOfCluster(place: Place): string[] {
  const told = JSON.parse(kubectlIn(place)(['version', '--output=json'])) as { serverVersion: { gitVersion: string } }
  return [`Kubernetes ${told.serverVersion.gitVersion.replace('v', '')}`]
}

export function helm(place: Place, ...args: string[]): string {
  const { kubeconfig, namespace } = whereIn(place)
  const env = { ...process.env, ...envOf(place) }
  return execFileSync('helm', [...args, `--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`], {
    env,
    encoding: 'utf8',
  })
}

/** A Deployment; `version` is the tag of its image and a label that routers tell its pods by. */
export function workload(name: string, app: string, version: string): KubernetesObject {
  const labels = { app, [VERSION_LABEL]: version }
  const container = { name: 'app', image: `registry.internal/web:${version}`, ports: [{ containerPort: 8080 }] }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app } },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  }
}

export function service(name: string, selector: Record<string, string>): KubernetesObject {
  const ports = [{ port: 80, targetPort: 8080 }]
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports } }
}
