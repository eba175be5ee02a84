// Whether workloads have what they should have before they meet the world: probes, limits, budgets, no moving tags, no root.
import { z } from 'zod'
import { plural } from '../../lib/plural.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import {
  HARDENING_KINDS,
  hardeningSchema,
  RULE_NAMES,
  RULES,
  tooFewReplicas,
  type HardeningObject,
  type RuleName,
  type Surroundings,
} from './kubernetes/hardening.ts'
import { clusterFields, list, namespaceField, placeOf, workloadsField } from './kubernetes/kubectl.ts'
import { readManifests } from './kubernetes/manifest-files.ts'
import { namespaceIn } from './kubernetes/namespace-words.ts'
import { isNamed, nameOf, type Workload } from '../../lib/kubernetes/workload.ts'
import { couldNotLook, type Answer } from './program.ts'
import { outcomeOf } from './report.ts'

const schema = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  files: z
    .array(z.string().min(1))
    .min(1)
    .max(200)
    .optional()
    .describe('manifests (YAML or JSON files, or folders of them) that are judged in place of the cluster'),
  ...workloadsField,
  wants: z
    .array(z.enum(RULE_NAMES))
    .default(['liveness-probe', 'readiness-probe', 'cpu-request', 'memory-request', 'memory-limit', 'pinned-image'])
    .describe(`what each workload must have: ${RULE_NAMES.join(', ')}`),
  replicasMin: z.number().int().min(1).optional().describe("replicas of each, or its autoscaler's least, at least"),
})

type Options = z.infer<typeof schema>

/** What words of a checklist ask for; several may be said of one item. */
const SAID: readonly (readonly [pattern: RegExp, wants: readonly RuleName[]])[] = [
  [/\bliveness(?: (?:and|&|\/) readiness)? (?:probes?|checks?)\b|\bliveness\/readiness\b/i, ['liveness-probe']],
  [
    /\breadiness (?:probes?|checks?)\b|\breadiness (?:and|&|\/) liveness probes?\b|\bliveness\/readiness\b/i,
    ['readiness-probe'],
  ],
  [
    /\b(?:resource|cpu|memory|pod|container) (?:requests? and limits?|limits? and requests?)\b/i,
    ['cpu-request', 'memory-request', 'memory-limit'],
  ],
  [
    /\b(?:pod|container|kubernetes|k8s) resource limits\b|\b(?:pods|containers) have resource limits\b/i,
    ['memory-limit'],
  ],
  [/\b(?:HPA|horizontal pod autoscal(?:er|ing))\b/i, ['autoscaler']],
  [/\b(?:PDBs?|pod ?disruption ?budgets?)\b/i, ['disruption-budget']],
  [/\bnetwork ?polic(?:y|ies)\b/i, ['network-policy']],
  [
    /\b(?:pods?|containers?) (?:do not run|don't run|are not running|not running) as root\b|\b(?:pods?|containers?) (?:run|runs|running|are running) as (?:a )?non-?root\b|\brunAsNonRoot\b/i,
    ['non-root'],
  ],
  [/\bno (?:image uses )?`?:?latest`? tags?\b/i, ['pinned-image']],
]

export const kubeHardening = defineCheck({
  id: 'kube-hardening',
  summary:
    'judges what workloads have, in the cluster or in manifests: probes, requests, limits, autoscaler, budgets, policies',
  options: schema,
  example: {
    files: ['deploy/kubernetes'],
    wants: ['liveness-probe', 'readiness-probe', 'memory-limit'],
    replicasMin: 2,
  },
  failingExample: { namespace: 'shop', workloads: ['deployment/no-such-workload'] },
  secretFields: [],
  remedy: "add what is missing to the workload's manifest, and apply it",
  needs: 'kubectl, where no files are given',

  recognise(item) {
    const words = allWordsOf(item)
    const otherwise =
      /\b(?:if|no (?:network|pod|HPA|PDB|horizontal)|alerts?|monitor\w*|test\w*|review|document\w*|appropriate|load|endpoint|rate|api gateway|databases?|firewall|working|triggers?)\b/i
    const claim = find(
      words,
      /\b(?:configured|set|defined|exists?|in place|applied|enabled|present|specified|created|for all|for every|on all|on every|have|has|as root|as (?:a )?non-?root|no)\b|runAsNonRoot/i,
    )
    const said = SAID.flatMap(([pattern, wants]) => {
      const quote = find(words, pattern)
      return quote ? [{ quote, wants }] : []
    })
    if (!claim || said.length === 0 || otherwise.test(words)) return null
    const wants = [...new Set(said.flatMap((one) => one.wants))]
    const quotes = said.map(({ quote }) => quote)
    const namespace = namespaceIn(words)
    if (namespace === 'unclear') return null
    if (namespace) return propose(SURE.said, { namespace, wants }, [...quotes, namespace])
    return propose(
      SURE.likely,
      { wants },
      quotes,
      "no namespace and no files in the words: the context's own namespace is looked at",
    )
  },

  describe(options) {
    const { workloads, files, wants, replicasMin } = options
    const where = files ? files.join(', ') : placeOf(options)
    const least = replicasMin === undefined ? '' : `, at least ${plural(replicasMin, 'replica')}`
    return `${workloads?.join(', ') ?? 'all workloads'} in ${where}: ${wants.join(', ')}${least}`
  },

  run: (options, context) => look(context, () => lookAtWorkloads(options, context)),
})

async function lookAtWorkloads(options: Options, context: CheckContext): Promise<Outcome> {
  const { files, workloads: wanted } = options
  const found = files ? await fromFiles(files, context.directory) : await fromCluster(options, context)
  if (!found.ok) return 'outcome' in found ? found.outcome : couldNotLook(found)
  const { chosen, around } = sort(found.value, wanted)
  const missing = (wanted ?? []).filter((name) => !chosen.some((workload) => isNamed(workload, name)))
  const where = files ? files.join(', ') : placeOf(options)
  if (chosen.length === 0 && missing.length === 0)
    return unverified(`there are no workloads in ${where}`, {
      remedy: 'correct namespace or files, or name the workloads',
    })
  const complaints = [
    ...missing.map((name) => `there is no ${name}`),
    ...chosen.flatMap((workload) => lacks(workload, around, options)),
  ]
  return outcomeOf({
    seen: `${plural(chosen.length, 'workload')} in ${where}, ${plural(options.wants.length, 'rule')}`,
    complaints,
    lines: chosen.map((workload) => `looked at ${nameOf(workload)}`),
    measurements: [{ name: 'workloads', value: chosen.length, unit: 'count' }],
  })
}

function lacks(workload: Workload, around: Surroundings, { wants, replicasMin }: Options): string[] {
  const troubles = [
    ...wants.flatMap((name) => RULES[name](workload, around)),
    ...(replicasMin === undefined ? [] : tooFewReplicas(workload, around, replicasMin)),
  ]
  return troubles.map((trouble) => `${nameOf(workload)} ${trouble}`)
}

function sort(objects: readonly HardeningObject[], wanted: readonly string[] | undefined) {
  const chosen: Workload[] = []
  const around = {
    autoscalers: objects.filter((object) => object.kind === 'HorizontalPodAutoscaler'),
    budgets: objects.filter((object) => object.kind === 'PodDisruptionBudget'),
    policies: objects.filter((object) => object.kind === 'NetworkPolicy'),
  }
  for (const object of objects) {
    if (object.kind !== 'Deployment' && object.kind !== 'StatefulSet' && object.kind !== 'DaemonSet') continue
    if (!wanted || wanted.some((name) => isNamed(object, name))) chosen.push(object)
  }
  return { chosen, around }
}

/** Only what the rules need is asked for: who may not list policies can still be judged by probes. */
function fromCluster(options: Options, context: CheckContext): Promise<Answer<HardeningObject[]>> {
  const { wants, replicasMin } = options
  const kinds = [
    'deployments,statefulsets,daemonsets',
    ...(wants.includes('autoscaler') || replicasMin !== undefined ? ['horizontalpodautoscalers'] : []),
    ...(wants.includes('disruption-budget') ? ['poddisruptionbudgets'] : []),
    ...(wants.includes('network-policy') ? ['networkpolicies.networking.k8s.io'] : []),
  ]
  return list(context, options, kinds.join(','), hardeningSchema)
}

async function fromFiles(
  files: readonly string[],
  directory: string,
): Promise<{ ok: true; value: HardeningObject[] } | { ok: false; outcome: Outcome }> {
  const read = await readManifests(files, directory)
  const remedy = 'correct the files, or name others'
  if (!read.ok) return { ok: false, outcome: unverified(`the manifests could not be read: ${read.said}`, { remedy }) }
  const value: HardeningObject[] = []
  for (const { file, object } of read.objects) {
    if (!HARDENING_KINDS.includes(String((object as { kind?: unknown }).kind))) continue
    const parsed = hardeningSchema.safeParse(object)
    if (!parsed.success)
      return {
        ok: false,
        outcome: failed(`${file}: what it says is no ${String((object as { kind?: unknown }).kind)}`),
      }
    value.push(parsed.data)
  }
  return { ok: true, value }
}
