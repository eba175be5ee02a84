// What this target has in the cluster, read back: its workloads and Services, by the marks that they carry.
import { z } from 'zod'
import type { Kubectl } from '../../lib/kubectl.ts'
import { dnsName } from '../../lib/kubernetes/names.ts'
import { metadataSchema, podSchema, workloadSchema, type Workload } from '../../lib/kubernetes/workload.ts'
import type { Backend } from '../../plan/traffic.ts'
import type { InstanceState } from '../target.ts'
import { isReady, restartCount } from '../cluster/pods.ts'
import { FULL_STRENGTH_NOTE, RETIRED_NOTE } from '../cluster/capsule-shell.ts'
import { TARGET_LABEL, VERSION_NOTE, versionSelector } from './objects.ts'

const WORKLOADS = 'deployments.apps,statefulsets.apps'

const serviceSchema = z.object({
  kind: z.literal('Service'),
  metadata: metadataSchema,
  spec: z.object({
    clusterIP: z.string().nullish(),
    selector: z.record(z.string(), z.string()).nullish(),
    ports: z.array(z.object({ port: z.number() })).nullish(),
  }),
})

export type Service = z.infer<typeof serviceSchema>

/** Workloads of all its versions. */
export async function workloadsOf(kubectl: Kubectl, target: string, signal?: AbortSignal): Promise<Workload[]> {
  return kubectl.list(workloadSchema, WORKLOADS, `${TARGET_LABEL}=${dnsName(target)}`, signal)
}

/** The workload of one version, or null. */
export async function workloadOf(
  kubectl: Kubectl,
  target: string,
  version: string,
  signal?: AbortSignal,
): Promise<Workload | null> {
  const found = await kubectl.list(workloadSchema, WORKLOADS, versionSelector(target, version), signal)
  return found.find((workload) => versionOf(workload) === version) ?? null
}

/** The version that an object was made for; labels cannot hold every one. */
export function versionOf({ metadata }: { metadata: Workload['metadata'] }): string | null {
  return metadata.annotations?.[VERSION_NOTE] ?? null
}

export function isRetired({ metadata }: Workload): boolean {
  return metadata.annotations?.[RETIRED_NOTE] === 'true'
}

/** Pods it has when it carries everything. */
export function fullStrength({ metadata, spec }: Workload): number {
  return Number(metadata.annotations?.[FULL_STRENGTH_NOTE] ?? spec.replicas ?? 1)
}

/** All Services of the namespace. */
export async function servicesOf(kubectl: Kubectl, selector?: string, signal?: AbortSignal): Promise<Service[]> {
  return kubectl.list(serviceSchema, 'services', selector, signal)
}

/** How routers reach a version: by its Service, else only by the name of its workload. */
export async function backendOf(
  kubectl: Kubectl,
  target: string,
  workload: Workload,
  signal?: AbortSignal,
): Promise<Backend> {
  const version = versionOf(workload) ?? ''
  const services = await servicesOf(kubectl, versionSelector(target, version), signal)
  return asBackend(kubectl, version, leading(services), workload.metadata.name)
}

function asBackend(kubectl: Kubectl, version: string, service: Service | undefined, otherwise: string): Backend {
  if (!service) return { id: version, version, host: otherwise, port: 0 }
  const { name, namespace } = service.metadata
  const host = [name, namespace ?? kubectl.options.namespace, 'svc'].filter(Boolean).join('.')
  return { id: version, version, host, port: service.spec.ports?.[0]?.port ?? 0, service: name }
}

/** Of several, the one that requests go through: a headless one is for the pods among themselves. */
function leading(services: readonly Service[]): Service | undefined {
  return services.find(({ spec }) => spec.clusterIP !== 'None') ?? services[0]
}

const partSchema = z.discriminatedUnion('kind', [podSchema, serviceSchema])

/** Every pod that runs, by version. */
export async function instancesOf(kubectl: Kubectl, target: string): Promise<Record<string, InstanceState[]>> {
  const parts = await kubectl.list(partSchema, 'pods,services', `${TARGET_LABEL}=${dnsName(target)}`)
  const found: Record<string, InstanceState[]> = {}
  for (const pod of parts) {
    const version = versionOf(pod)
    if (pod.kind !== 'Pod' || version === null || pod.metadata.deletionTimestamp) continue
    const { name } = pod.metadata
    const own = parts.filter((part) => part.kind === 'Service' && versionOf(part) === version) as Service[]
    const { service, port } = asBackend(kubectl, version, leading(own), '')
    const containerPort = pod.spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort
    const backend = { id: name, version, host: pod.status.podIP ?? '', port: containerPort ?? port }
    const state = { pid: null, healthy: isReady(pod), restarts: restartCount(pod) }
    found[version] = [...(found[version] ?? []), { backend: service ? { ...backend, service } : backend, ...state }]
  }
  return found
}
