// What a workload should have before it meets the world, one rule a name. Pure.
import { z } from 'zod'
import { selects, selectorSchema } from '../../../lib/kubernetes/selector.ts'
import { metadataSchema, workloadSchema, type Container, type Workload } from '../../../lib/kubernetes/workload.ts'

export const autoscalerSchema = z.object({
  kind: z.literal('HorizontalPodAutoscaler'),
  metadata: metadataSchema,
  spec: z.object({
    scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
    minReplicas: z.number().nullish(),
    maxReplicas: z.number(),
  }),
})

export const budgetSchema = z.object({
  kind: z.literal('PodDisruptionBudget'),
  metadata: metadataSchema,
  spec: z.object({ selector: selectorSchema.nullish() }),
})

export const policySchema = z.object({
  kind: z.literal('NetworkPolicy'),
  metadata: metadataSchema,
  // Left out, it is empty, and selects every pod.
  spec: z.object({ podSelector: selectorSchema.nullish() }),
})

export const hardeningSchema = z.union([workloadSchema, autoscalerSchema, budgetSchema, policySchema])
/** Kinds that the rules look at. */
export const HARDENING_KINDS: readonly string[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'NetworkPolicy',
]

export type HardeningObject = z.infer<typeof hardeningSchema>

/** Everything there is beside a workload. */
export interface Surroundings {
  autoscalers: readonly z.infer<typeof autoscalerSchema>[]
  budgets: readonly z.infer<typeof budgetSchema>[]
  policies: readonly z.infer<typeof policySchema>[]
}

/** What a workload lacks, in words that follow its name; nothing where it has it, or need not. */
type Rule = (workload: Workload, around: Surroundings) => string[]

const MOVING_TAG = /^(?:latest|master|main|head|dev|develop|edge|nightly|stable|current)$/i

/** Tag of an image, or null where it has none; a digest fixes it whatever its tag. */
function isPinned(image: string): boolean {
  if (image.includes('@sha256:')) return true
  const tag = /:([\w.-]+)$/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1]
  return tag !== undefined && !MOVING_TAG.test(tag)
}

/** A rule over containers that serve: `misses` says of one whether it lacks something. */
function eachContainer(what: string, misses: (container: Container) => boolean): Rule {
  return ({ spec }) =>
    spec.template.spec.containers.filter(misses).map(({ name }) => `has no ${what} (container ${name})`)
}

const amount = (of: 'requests' | 'limits', resource: 'cpu' | 'memory') =>
  eachContainer(
    `${resource} ${of === 'requests' ? 'request' : 'limit'}`,
    // What has a limit and no request is given the limit as its request.
    ({ resources }) => !resources?.[of]?.[resource] && !(of === 'requests' && resources?.limits?.[resource]),
  )

function allContainers({ spec }: Workload): Container[] {
  const { containers, initContainers } = spec.template.spec
  return [...(initContainers ?? []), ...containers]
}

function isOneOfMany({ kind }: Workload): boolean {
  return kind !== 'DaemonSet'
}

function sameNamespace(
  one: { namespace?: string | null | undefined },
  other: { namespace?: string | null | undefined },
) {
  // In a file either may leave it to who applies it.
  return !one.namespace || !other.namespace || one.namespace === other.namespace
}

function autoscalerOf({ kind, metadata }: Workload, { autoscalers }: Surroundings) {
  return autoscalers.find(
    ({ metadata: own, spec: { scaleTargetRef } }) =>
      sameNamespace(own, metadata) && scaleTargetRef.kind === kind && scaleTargetRef.name === metadata.name,
  )
}

export const RULES = {
  'liveness-probe': eachContainer('liveness probe', ({ livenessProbe }) => !livenessProbe),
  'readiness-probe': eachContainer('readiness probe', ({ readinessProbe }) => !readinessProbe),
  'cpu-request': amount('requests', 'cpu'),
  'memory-request': amount('requests', 'memory'),
  'cpu-limit': amount('limits', 'cpu'),
  'memory-limit': amount('limits', 'memory'),
  'pinned-image': (workload) =>
    allContainers(workload)
      .filter(({ image }) => !isPinned(image ?? ''))
      .map(({ name, image }) => `runs ${image ?? 'no image'}, whose tag moves or is missing (container ${name})`),
  'non-root': (workload) => {
    const { securityContext: ofPod } = workload.spec.template.spec
    const mayBeRoot = ({ securityContext: own }: Container): boolean => {
      const user = own?.runAsUser ?? ofPod?.runAsUser
      const isNonRoot = own?.runAsNonRoot ?? ofPod?.runAsNonRoot ?? false
      return user === 0 || (!isNonRoot && user === undefined) || (!isNonRoot && user === null)
    }
    return allContainers(workload)
      .filter(mayBeRoot)
      .map(({ name }) => `may run as root (container ${name})`)
  },
  autoscaler: (workload, around) =>
    isOneOfMany(workload) && !autoscalerOf(workload, around) ? ['has no horizontal pod autoscaler'] : [],
  'disruption-budget': (workload, { budgets }) => {
    const labels = workload.spec.template.metadata?.labels ?? {}
    const isKept = budgets.some(
      ({ metadata, spec }) => sameNamespace(metadata, workload.metadata) && selects(spec.selector, labels),
    )
    return isOneOfMany(workload) && !isKept ? ['has no pod disruption budget'] : []
  },
  'network-policy': (workload, { policies }) => {
    const labels = workload.spec.template.metadata?.labels ?? {}
    const isFenced = policies.some(
      ({ metadata, spec }) => sameNamespace(metadata, workload.metadata) && selects(spec.podSelector ?? {}, labels),
    )
    return isFenced ? [] : ['has no network policy']
  },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof RULES
export const RULE_NAMES = Object.keys(RULES) as [RuleName, ...RuleName[]]

/** Too few pods, be it by its own number or by the autoscaler's least. A daemon set has as many as there are nodes. */
export function tooFewReplicas(workload: Workload, around: Surroundings, replicasMin: number): string[] {
  if (!isOneOfMany(workload)) return []
  const autoscaler = autoscalerOf(workload, around)
  const least = autoscaler ? (autoscaler.spec.minReplicas ?? 1) : (workload.spec.replicas ?? 1)
  return least < replicasMin ? [`has ${least} replicas, at least ${replicasMin} wanted`] : []
}
