// Whether the API server of a Kubernetes cluster answers, which version it is, and whether its nodes are ready.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { isInRange, parseVersion, parseVersionRange } from '../../lib/version-range.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { clusterFields, kubectl, list } from './kubernetes/kubectl.ts'
import { conditionsSchema, metadataSchema } from '../../lib/kubernetes/workload.ts'
import { ask, askJson, couldNotLook, nonsense } from './program.ts'
import { outcomeOf } from './report.ts'

const schema = z.strictObject({
  ...clusterFields,
  version: z
    .string()
    .refine((text) => parseVersionRange(text) !== null, 'not a version range; expected text like ">=1.30 <1.36"')
    .optional()
    .describe('versions of the API server that are right, as ">=1.30", ">=1.30 <1.36"'),
  nodes: z
    .boolean()
    .default(true)
    .describe('whether the nodes are looked at: each must be ready and under no pressure'),
  nodesReadyMin: z.number().int().min(1).default(1).describe('nodes that must be ready and take pods, at least'),
})

type Options = z.infer<typeof schema>

const nodeSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({ unschedulable: z.boolean().nullish() }).nullish(),
  status: z.object({ conditions: conditionsSchema }).nullish(),
})

type Node = z.infer<typeof nodeSchema>

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']

export const kubeReachable = defineCheck({
  id: 'kube-reachable',
  summary: 'asks a Kubernetes API server whether it is ready, and judges its version and its nodes',
  options: schema,
  example: { context: 'production', version: '>=1.30', nodesReadyMin: 3 },
  failingExample: { version: '<1.0' },
  secretFields: [],
  remedy: 'see that the cluster runs, that the context is the right one, and what `kubectl get nodes` says',
  needs: 'kubectl',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\b(?:kubernetes|k8s) (?:cluster|API|nodes)\b[^.\n]{0,30}\b(?:healthy|running|accessible|reachable|available|ready|responds|up)\b|\b(?:all )?(?:cluster|kubernetes|k8s|worker) nodes\b[^.\n]{0,20}\b(?:ready|healthy)\b|\ball nodes (?:(?:in|of) (?:the )?cluster )?(?:are )?ready\b|\bkubectl (?:cluster-info|get nodes)\b/i,
    )
    const otherwise =
      /\b(?:if|not|alerts?|monitor\w*|backups?|configured|scal\w+|drain\w*|after|DNS|database|redis|neo4j|elasticsearch|kafka)\b/i
    if (!claim || otherwise.test(words)) return null
    return propose(SURE.likely, {}, [claim], 'no context in the words: the current one is asked')
  },

  describe({ context, version, nodes, nodesReadyMin }) {
    const bounds = [
      'the API server is ready',
      version === undefined ? '' : `its version is ${version}`,
      nodes ? `every node is ready, ${nodesReadyMin} at least` : '',
    ]
    return `kubectl, context ${context ?? 'as it is now'}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => lookAtCluster(options, context)),
})

const versionSchema = z.object({ serverVersion: z.object({ gitVersion: z.string() }) })

async function lookAtCluster(options: Options, context: CheckContext): Promise<Outcome> {
  const ready = await ask(context, kubectl(options, context.directory, 'get', '--raw', '/readyz'))
  if (!ready.ok) {
    const outcome = couldNotLook(ready)
    // Not being let in, or no program to ask with, says nothing of the cluster.
    const isUnready = ready.why === 'refused' && /\breadyz\b|InternalError/i.test(ready.said)
    const isDown = ready.why === 'unreachable' || ready.why === 'late' || isUnready
    return isDown
      ? failed(`the API server is not ready: ${excerpt(ready.said, 200)}`, { evidence: outcome.evidence })
      : outcome
  }
  if (ready.value.trim() !== 'ok')
    return couldNotLook(nonsense('kubectl', `/readyz said ${excerpt(ready.value.trim(), 80)}`))
  const asked = await askJson(context, kubectl(options, context.directory, 'version', '--output=json'))
  if (!asked.ok) return couldNotLook(asked)
  const gitVersion = versionSchema.safeParse(asked.value).data?.serverVersion.gitVersion
  const version = gitVersion === undefined ? null : parseVersion(gitVersion)
  if (gitVersion === undefined || version === null)
    return couldNotLook(nonsense('kubectl', 'it named no version of the server'))
  const range = options.version === undefined ? null : parseVersionRange(options.version)
  const complaints = range && !isInRange(version, range) ? [`version ${options.version} wanted`] : []
  const seen = `the API server is ready, version ${excerpt(gitVersion, 40)}`
  if (!options.nodes) return outcomeOf({ seen, complaints, lines: [`version ${gitVersion}`] })
  const nodes = await list(context, options, 'nodes', nodeSchema)
  if (!nodes.ok) {
    const outcome = couldNotLook(nodes)
    return unverified(`${seen}; its nodes: ${outcome.summary}`, {
      ...outcome,
      remedy: 'let it list nodes, or set nodes: false',
    })
  }
  return judgeNodes(options, nodes.value, seen, complaints)
}

function judgeNodes(options: Options, nodes: readonly Node[], seen: string, before: readonly string[]): Outcome {
  const troubles = nodes.map(troublesOf)
  const usable = nodes.filter((node, index) => troubles[index]?.length === 0 && !node.spec?.unschedulable).length
  const complaints = [
    ...before,
    ...nodes.flatMap(({ metadata }, index) =>
      (troubles[index] ?? []).map((trouble) => `node ${metadata.name} ${trouble}`),
    ),
    ...(usable < options.nodesReadyMin
      ? [`${usable} of them are ready and take pods, at least ${options.nodesReadyMin} wanted`]
      : []),
  ]
  const lines = nodes.map(({ metadata, spec }, index) => {
    const state = troubles[index]?.join(', ') || 'ready'
    return `${metadata.name}: ${state}${spec?.unschedulable ? ', takes no pods' : ''}`
  })
  const measurements = [
    { name: 'nodes', value: nodes.length, unit: 'count' },
    { name: 'nodes ready', value: usable, unit: 'count' },
  ]
  return outcomeOf({
    seen: `${seen}, ${usable} of ${plural(nodes.length, 'node')} ready`,
    complaints,
    lines,
    measurements,
  })
}

/** A node that says nothing of being ready is not. */
function troublesOf({ status }: Node): string[] {
  const conditions = status?.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')
  const pressed = conditions.filter(({ type, status: state }) => PRESSURES.includes(type) && state === 'True')
  const notReady = ready?.status === 'True' ? [] : [`is not ready${ready?.reason ? ` (${ready.reason})` : ''}`]
  return [...notReady, ...pressed.map(({ type }) => `has ${type}`)]
}
