// Objects of Kubernetes as its API takes and gives them: small and right, to be changed by each test into what it wants to see.

/** An object with the status that no controller of a test's cluster sets. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; [field: string]: unknown }
  status?: Record<string, unknown>
  [field: string]: unknown
}

const NAMESPACE = 'shop'

interface WorkloadChange {
  kind?: 'Deployment' | 'StatefulSet'
  namespace?: string
  replicas?: number
  generation?: number
  container?: Record<string, unknown>
  pod?: Record<string, unknown>
  status?: Record<string, unknown>
}

/** A deployment (or stateful set) whose rollout is complete. */
export function workload(name: string, change: WorkloadChange = {}): KubernetesObject {
  const { kind = 'Deployment', namespace = NAMESPACE, replicas = 2, container = {}, pod: podChange = {} } = change
  const all = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, generation: 1, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: 'app', image: `registry.internal/shop/${name}:1.4.2`, ...container }],
          ...podChange,
        },
      },
    },
    status: { observedGeneration: 1, ...all, ...change.status },
  }
}

/** A daemon set that runs on every of `nodes`. */
export function daemonSet(name: string, nodes: number, status: Record<string, unknown> = {}): KubernetesObject {
  const { spec, ...rest } = workload(name)
  const { replicas: _, ...daemonSpec } = spec as Record<string, unknown>
  const counts = { desiredNumberScheduled: nodes, currentNumberScheduled: nodes, updatedNumberScheduled: nodes }
  const more = { numberAvailable: nodes, numberReady: nodes, numberMisscheduled: 0, observedGeneration: 1 }
  return { ...rest, kind: 'DaemonSet', spec: daemonSpec, status: { ...counts, ...more, ...status } }
}

interface PodChange {
  restarts?: number
  phase?: string
  /** Reason why its container waits. */
  waiting?: string
  readySince?: string
  isReady?: boolean
  node?: string
  requests?: Record<string, string>
  metadata?: Record<string, unknown>
  conditions?: Record<string, unknown>[]
  status?: Record<string, unknown>
}

/** A pod of the workload `app` that runs and is ready. */
export function pod(name: string, app: string, change: PodChange = {}): KubernetesObject {
  const { restarts = 0, phase = 'Running', waiting, isReady = !waiting && phase === 'Running' } = change
  const lastTransitionTime = change.readySince ?? '2026-01-01T00:00:00Z'
  const state = waiting ? { waiting: { reason: waiting } } : { running: { startedAt: lastTransitionTime } }
  const container = { name: 'app', image: `registry.internal/shop/${app}:1.4.2` }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app }, ...change.metadata },
    spec: {
      containers: [{ ...container, ...(change.requests ? { resources: { requests: change.requests } } : {}) }],
      ...(change.node ? { nodeName: change.node } : {}),
    },
    status: {
      phase,
      conditions: [
        { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime },
        ...(change.conditions ?? []),
      ],
      containerStatuses: [{ ...container, imageID: '', ready: isReady, restartCount: restarts, state }],
      ...change.status,
    },
  }
}

interface NodeChange {
  ready?: 'True' | 'False' | 'Unknown'
  pressure?: string
  unschedulable?: boolean
  allocatable?: Record<string, string>
}

/** A node that is ready. */
export function node(name: string, change: NodeChange = {}): KubernetesObject {
  const condition = (type: string, status: string, reason: string): Record<string, string> => {
    const at = '2026-01-01T00:00:00Z'
    return { type, status, reason, message: '', lastHeartbeatTime: at, lastTransitionTime: at }
  }
  const ready = condition('Ready', change.ready ?? 'True', change.ready ? 'KubeletNotReady' : 'KubeletReady')
  const allocatable = change.allocatable ?? { cpu: '4', memory: '16Gi', pods: '110' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: change.unschedulable ? { unschedulable: true } : {},
    status: {
      conditions: [
        condition('MemoryPressure', change.pressure === 'MemoryPressure' ? 'True' : 'False', 'Kubelet'),
        ready,
      ],
      allocatable,
      capacity: allocatable,
    },
  }
}

/** What `kubectl get -o json` prints of them. */
export function listOf(...items: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items })
}
