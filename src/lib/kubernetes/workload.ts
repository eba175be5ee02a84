// Deployments, stateful sets, daemon sets and pods, as far as they are read here.
import { z } from 'zod'
import { selectorSchema } from './selector.ts'

const labels = z.record(z.string(), z.string()).nullish()

export const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().nullish(),
  generation: z.number().nullish(),
  labels,
  annotations: labels,
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).nullish(),
})

const quantities = z.record(z.string(), z.union([z.string(), z.number()])).nullish()

const containerSchema = z.object({
  name: z.string(),
  image: z.string().nullish(),
  livenessProbe: z.unknown().optional(),
  readinessProbe: z.unknown().optional(),
  resources: z.object({ requests: quantities, limits: quantities }).nullish(),
  securityContext: z.object({ runAsNonRoot: z.boolean().nullish(), runAsUser: z.number().nullish() }).nullish(),
  restartPolicy: z.string().nullish(),
  ports: z.array(z.object({ name: z.string().nullish(), containerPort: z.number() })).nullish(),
})

const podSpecSchema = z.object({
  containers: z.array(containerSchema),
  initContainers: z.array(containerSchema).nullish(),
  securityContext: z.object({ runAsNonRoot: z.boolean().nullish(), runAsUser: z.number().nullish() }).nullish(),
  nodeName: z.string().nullish(),
})

export type Container = z.infer<typeof containerSchema>

const count = z.number().nullish()

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  lastTransitionTime: z.string().nullish(),
})

/** Conditions of pods, nodes and certificates. */
export const conditionsSchema = z.array(conditionSchema).nullish()

const statusSchema = z.object({
  observedGeneration: count,
  replicas: count,
  updatedReplicas: count,
  readyReplicas: count,
  availableReplicas: count,
  desiredNumberScheduled: count,
  updatedNumberScheduled: count,
  numberAvailable: count,
  currentRevision: z.string().nullish(),
  updateRevision: z.string().nullish(),
  conditions: conditionsSchema,
})

/** A deployment, a stateful set or a daemon set. */
export const workloadSchema = z.object({
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet']),
  metadata: metadataSchema,
  spec: z.object({
    replicas: z.number().nullish(),
    paused: z.boolean().nullish(),
    selector: selectorSchema.nullish(),
    template: z.object({ metadata: z.object({ labels, annotations: labels }).nullish(), spec: podSpecSchema }),
  }),
  status: statusSchema.nullish(),
})

export type Workload = z.infer<typeof workloadSchema>

const containerStatusSchema = z.object({
  name: z.string(),
  restartCount: z.number(),
  state: z
    .object({ waiting: z.object({ reason: z.string().nullish(), message: z.string().nullish() }).nullish() })
    .nullish(),
})

export const podSchema = z.object({
  kind: z.literal('Pod'),
  metadata: metadataSchema,
  spec: podSpecSchema,
  status: z.object({
    phase: z.string().nullish(),
    reason: z.string().nullish(),
    podIP: z.string().nullish(),
    conditions: conditionsSchema,
    containerStatuses: z.array(containerStatusSchema).nullish(),
    initContainerStatuses: z.array(containerStatusSchema).nullish(),
  }),
})

export type Pod = z.infer<typeof podSchema>

/** `deployment/api`, in lower case as kubectl prints it. */
export function nameOf({ kind, metadata }: Pick<Workload, 'kind' | 'metadata'>): string {
  return `${kind.toLowerCase()}/${metadata.name}`
}

const SHORT: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  deployments: 'deployment',
  sts: 'statefulset',
  statefulsets: 'statefulset',
  ds: 'daemonset',
  daemonsets: 'daemonset',
}

/** Whether `wanted` (`api`, `deployment/api`, `deploy/api`) names the workload. */
export function isNamed(workload: Workload, wanted: string): boolean {
  const [kind, name] = wanted.includes('/') ? (wanted.toLowerCase().split('/') as [string, string]) : [null, wanted]
  if (workload.metadata.name !== name) return false
  return kind === null || workload.kind.toLowerCase() === (SHORT[kind] ?? kind)
}
