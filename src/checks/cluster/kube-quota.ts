// Whether there is room: resource quotas of a namespace, and what the nodes have against what pods ask of them.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { unverified, type Measurement, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { clusterFields, list, namespaceField, placeOf } from './kubernetes/kubectl.ts'
import { namespaceIn } from './kubernetes/namespace-words.ts'
import { parseQuantity } from './kubernetes/quantity.ts'
import { metadataSchema, podSchema, conditionsSchema, type Pod } from '../../lib/kubernetes/workload.ts'
import { couldNotLook, nonsense, type Answer } from './program.ts'
import { outcomeOf } from './report.ts'

const percent = z.number().min(0).max(100)

const schema = z
  .strictObject({
    ...clusterFields,
    ...namespaceField,
    quotaHeadroomPercentMin: percent
      .optional()
      .describe('share of each resource quota of the namespace that must be free, at least'),
    nodeHeadroomPercentMin: percent
      .optional()
      .describe('share of the processors and of the memory of all usable nodes that no pod asks for, at least'),
    resources: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('resources of the quotas that are judged ("requests.cpu", "pods"); without it all'),
  })
  .refine(
    ({ quotaHeadroomPercentMin: quota, nodeHeadroomPercentMin: node }) => quota !== undefined || node !== undefined,
    'give quotaHeadroomPercentMin, nodeHeadroomPercentMin or both',
  )

type Options = z.infer<typeof schema>

const quantities = z.record(z.string(), z.union([z.string(), z.number()]))

const quotaSchema = z.object({
  metadata: metadataSchema,
  status: z.object({ hard: quantities.nullish(), used: quantities.nullish() }).nullish(),
})

const nodeSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({ unschedulable: z.boolean().nullish() }).nullish(),
  status: z.object({ allocatable: quantities, conditions: conditionsSchema }),
})

/** One thing of which there is so much, and so much of it is taken. */
interface Room {
  name: string
  hard: number
  used: number
  wantedPercent: number
}

export const kubeQuota = defineCheck({
  id: 'kube-quota',
  summary: 'judges the room that resource quotas of a namespace and the nodes of a cluster still have',
  options: schema,
  example: { namespace: 'shop', quotaHeadroomPercentMin: 20, nodeHeadroomPercentMin: 15 },
  failingExample: { namespace: 'shop', quotaHeadroomPercentMin: 100 },
  secretFields: [],
  remedy: 'raise the quota, add nodes, or let the pods ask for less',
  needs: 'kubectl',

  recognise(item) {
    const words = allWordsOf(item)
    const quota = find(
      words,
      /\b(?:(?:resource|namespace|kubernetes|k8s) quotas?)\b[^.\n]{0,30}\b(?:headroom|sufficient|enough|available|not exceeded|room|free)\b|\b(?:sufficient|enough) (?:resource|namespace) quota\b/i,
    )
    const nodes = find(
      words,
      /\b(?:sufficient|enough) (?:cluster|node) (?:capacity|resources|headroom)\b|\b(?:cluster|nodes?) ha(?:s|ve) (?:sufficient|enough) (?:capacity|resources|headroom)\b/i,
    )
    const claim = quota ?? nodes
    if (!claim || /\b(?:if|alerts?|monitor\w*|configured|disk|database|storage)\b/i.test(words)) return null
    const bound = item.thresholds.find(({ unit, operator }) => unit === '%' && operator.startsWith('>'))
    const share = bound?.value ?? 10
    const options = quota ? { quotaHeadroomPercentMin: share } : { nodeHeadroomPercentMin: share }
    const namespace = namespaceIn(words)
    if (namespace === 'unclear') return null
    const where = namespace && quota ? { namespace } : {}
    return propose(
      SURE.assumed,
      { ...where, ...options },
      [claim],
      bound ? undefined : 'no figure in the words: 10 % is assumed',
    )
  },

  describe(options) {
    const { quotaHeadroomPercentMin: quota, nodeHeadroomPercentMin: node, resources } = options
    const parts = [
      quota === undefined
        ? ''
        : `quotas${resources ? ` of ${resources.join(', ')}` : ''} in ${placeOf(options)} at least ${quota} % free`,
      node === undefined ? '' : `processors and memory of the nodes at least ${node} % free`,
    ]
    return parts.filter(Boolean).join('; ')
  },

  run: (options, context) => look(context, () => lookForRoom(options, context)),
})

async function lookForRoom(options: Options, context: CheckContext): Promise<Outcome> {
  const { quotaHeadroomPercentMin: quota, nodeHeadroomPercentMin: node } = options
  const rooms: Room[] = []
  if (quota !== undefined) {
    const found = await list(context, options, 'resourcequotas', quotaSchema)
    if (!found.ok) return couldNotLook(found)
    const ofQuotas = quotaRooms(found.value, quota)
    if (!ofQuotas.ok) return couldNotLook(ofQuotas)
    const chosen = ofQuotas.value.filter(({ resource }) => options.resources?.includes(resource) ?? true)
    const absent = (options.resources ?? []).find((name) => !chosen.some(({ resource }) => resource === name))
    if (chosen.length === 0 || absent)
      return unverified(`no resource quota${absent ? ` of ${absent}` : ''} in ${placeOf(options)}`, {
        remedy: 'create a resource quota, or correct the namespace and the resources',
      })
    rooms.push(...chosen)
  }
  if (node !== undefined) {
    const ofNodes = await nodeRooms(options, context, node)
    if (!ofNodes.ok) return couldNotLook(ofNodes)
    rooms.push(...ofNodes.value)
  }
  return judge(rooms)
}

/** A quota of nothing forbids a thing: that is no room to be judged. */
function quotaRooms(
  quotas: readonly z.infer<typeof quotaSchema>[],
  wantedPercent: number,
): Answer<(Room & { resource: string })[]> {
  const rooms: (Room & { resource: string })[] = []
  for (const { metadata, status } of quotas)
    for (const [resource, text] of Object.entries(status?.hard ?? {})) {
      const [hard, used] = [parseQuantity(String(text)), parseQuantity(String(status?.used?.[resource] ?? ''))]
      if (hard === null || used === null)
        return nonsense('kubectl', `quota ${metadata.name} does not say how much ${resource} is used`)
      if (hard > 0) rooms.push({ name: `${metadata.name}: ${resource}`, resource, hard, used, wantedPercent })
    }
  return { ok: true, value: rooms }
}

const NODE_RESOURCES = ['cpu', 'memory'] as const

async function nodeRooms(options: Options, context: CheckContext, wantedPercent: number): Promise<Answer<Room[]>> {
  const nodes = await list(context, { ...options, namespace: undefined }, 'nodes', nodeSchema)
  if (!nodes.ok) return nodes
  const usable = nodes.value.filter(
    ({ spec, status }) =>
      !spec?.unschedulable && status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  )
  if (usable.length === 0) return nonsense('kubectl', 'no node is ready and takes pods')
  const names = new Set(usable.map(({ metadata }) => metadata.name))
  const pods = await list(context, { ...options, allNamespaces: true }, 'pods', podSchema)
  if (!pods.ok) return pods
  const placed = pods.value.filter(
    ({ spec, status }) => names.has(spec.nodeName ?? '') && status.phase !== 'Succeeded' && status.phase !== 'Failed',
  )
  const rooms: Room[] = []
  for (const resource of NODE_RESOURCES) {
    const has = usable.map(({ status }) => parseQuantity(String(status.allocatable[resource] ?? '')))
    if (has.includes(null)) return nonsense('kubectl', `a node does not say how much ${resource} it has`)
    const hard = sum(has as number[])
    const used = sum(placed.map((pod) => requestOf(pod, resource)))
    rooms.push({ name: `${plural(usable.length, 'node')}: ${resource}`, hard, used, wantedPercent })
  }
  return { ok: true, value: rooms }
}

/** What a pod is given room for: its containers together, or its largest init container; those that stay count with the others. */
function requestOf({ spec }: Pod, resource: (typeof NODE_RESOURCES)[number]): number {
  const ask = ({ resources }: Pod['spec']['containers'][number]): number =>
    parseQuantity(String(resources?.requests?.[resource] ?? resources?.limits?.[resource] ?? 0)) ?? 0
  const starters = spec.initContainers ?? []
  const staying = sum(
    [...spec.containers, ...starters.filter(({ restartPolicy }) => restartPolicy === 'Always')].map(ask),
  )
  return Math.max(staying, ...starters.map(ask))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function judge(rooms: readonly Room[]): Outcome {
  const free = rooms.map((room) => ({ ...room, percent: Math.round((1 - room.used / room.hard) * 1000) / 10 }))
  const least = free.reduce((a, b) => (b.percent < a.percent ? b : a))
  const measurements: Measurement[] = [{ name: 'least free', value: least.percent, unit: 'percent' }]
  return outcomeOf({
    seen: `least room: ${excerpt(least.name, 200)} ${least.percent} % free`,
    complaints: free
      .filter(({ percent: has, wantedPercent }) => has < wantedPercent)
      .map(({ name, percent: has, wantedPercent }) => `${name} is ${has} % free, at least ${wantedPercent} % wanted`),
    lines: free.map(({ name, used, hard, percent: has }) => `${name}: ${used} of ${hard}, ${has} % free`),
    measurements,
  })
}
