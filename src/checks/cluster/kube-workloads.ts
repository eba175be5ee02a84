// Whether what runs in a namespace is what was wanted: rolled out whole, available, no pod in trouble.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { clusterFields, list, namespaceField, placeOf, workloadsField } from './kubernetes/kubectl.ts'
import { namespaceIn } from './kubernetes/namespace-words.ts'
import { podTroubles, readySinceMs, restartsOf } from '../../lib/kubernetes/pod-state.ts'
import { rolloutTroubles, wantedOf, availableOf } from '../../lib/kubernetes/rollout.ts'
import { selects } from '../../lib/kubernetes/selector.ts'
import { isNamed, nameOf, podSchema, workloadSchema, type Pod, type Workload } from '../../lib/kubernetes/workload.ts'
import { couldNotLook } from './program.ts'
import { outcomeOf } from './report.ts'

const schema = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  allNamespaces: z.boolean().default(false).describe('whether all namespaces are looked at'),
  ...workloadsField,
  image: z
    .string()
    .min(1)
    .optional()
    .describe('image that one container of each must run: "registry/shop:1.4.2", or only its end, as ":1.4.2"'),
  availableMin: z.number().int().min(0).default(1).describe('pods of each workload that must be available, at least'),
  restartsMax: z.number().int().min(0).optional().describe('restarts of any one container, at most'),
  readyForMin: durationOption.optional().describe('how long every pod must have been ready by now, as "5 min"'),
})

type Options = z.infer<typeof schema>

const eitherSchema = z.union([podSchema, workloadSchema])

export const kubeWorkloads = defineCheck({
  id: 'kube-workloads',
  summary:
    'judges deployments, stateful sets and daemon sets: rolled out, available, the right image, no pod in trouble',
  options: schema,
  example: { namespace: 'shop', workloads: ['deployment/api'], image: ':1.4.2', availableMin: 2, restartsMax: 3 },
  failingExample: { namespace: 'shop', workloads: ['deployment/no-such-workload'] },
  secretFields: [],
  remedy: 'read `kubectl describe` and the log of the pods it names, and wait for the rollout to end',
  needs: 'kubectl',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\b(?:all |every )?(?:[\w-]+ ){0,3}pods?(?:\(s\))?\b(?:[^.\n]{0,15}\b)?(?:are |is )?(?:running|healthy|ready|up)\b|\bno (?:pods? in )?(?:CrashLoopBackOff|ImagePullBackOff|crash ?loops?)\b[^.\n]{0,40}|\bno pod restarts\b|\b(?:deployments?|statefulsets?|daemonsets?) (?:are |is )?(?:rolled out|available|fully available)\b|\bkubectl rollout status\b/i,
    )
    const otherwise =
      /\b(?:if|alerts?|monitor\w*|when|wait|scale|restart (?:the|all)|delete|metrics|memory|resource|after|before|should|until)\b/i
    if (!claim || otherwise.test(words)) return null
    const namespace = namespaceIn(words)
    const named = /\b(deployments?|statefulset|daemonset|deploy|sts|ds)\/([a-z0-9][\w-]*)/.exec(words)
    if (namespace === 'unclear' || (named && isPlaceholder(named[0]))) return null
    const options = { ...(namespace ? { namespace } : {}), ...(named ? { workloads: [named[0]] } : {}) }
    const restarts = /\bno (?:pod )?restarts\b/i.test(words) ? { restartsMax: 0 } : {}
    // "Frontend pods" are some of all: which, the words do not say.
    const isSome = !named && !/^(?:all|every|no|pods?)\b/i.test(claim)
    const remarks = [
      isSome ? 'all workloads are looked at: name the ones that are meant' : '',
      namespace ? '' : "no namespace in the words: the context's own is looked at",
    ]
    const confidence = isSome ? SURE.assumed : namespace ? SURE.said : SURE.likely
    const quotes = namespace ? [claim, namespace] : [claim]
    return propose(confidence, { ...options, ...restarts }, quotes, remarks.filter(Boolean).join('; ') || undefined)
  },

  describe(options) {
    const { workloads, image, availableMin, restartsMax, readyForMin } = options
    const bounds = [
      `rolled out, at least ${availableMin} available`,
      image === undefined ? '' : `image ${image}`,
      restartsMax === undefined ? '' : `at most ${plural(restartsMax, 'restart')} of a container`,
      readyForMin === undefined ? '' : `ready for ${formatDuration(readyForMin)}`,
    ]
    return `${workloads?.join(', ') ?? 'all workloads'} in ${placeOf(options)}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => lookAtWorkloads(options, context)),
})

async function lookAtWorkloads(options: Options, context: CheckContext): Promise<Outcome> {
  const found = await list(context, options, 'deployments,statefulsets,daemonsets,pods', eitherSchema)
  if (!found.ok) return couldNotLook(found)
  const all = found.value.filter((object): object is Workload => object.kind !== 'Pod')
  const pods = found.value.filter((object): object is Pod => object.kind === 'Pod')
  const { workloads: wanted } = options
  const missing = (wanted ?? []).filter((name) => !all.some((workload) => isNamed(workload, name)))
  const chosen = wanted
    ? all.filter((workload) => wanted.some((name) => isNamed(workload, name)))
    : all.filter((workload) => wantedOf(workload) !== 0)
  if (chosen.length === 0 && missing.length === 0)
    return unverified(`nothing runs in ${placeOf(options)}`, {
      remedy: 'correct context and namespace, or name the workloads',
    })
  const own = wanted ? pods.filter((pod) => chosen.some((workload) => isOf(pod, workload))) : pods
  return judge(options, chosen, own, missing)
}

function isOf({ metadata }: Pod, workload: Workload): boolean {
  return metadata.namespace === workload.metadata.namespace && selects(workload.spec.selector, metadata.labels ?? {})
}

function judge(
  options: Options,
  workloads: readonly Workload[],
  pods: readonly Pod[],
  missing: readonly string[],
): Outcome {
  const { image, availableMin, restartsMax, readyForMin } = options
  const restarts = pods.flatMap((pod) => restartsOf(pod))
  const most = Math.max(0, ...restarts.map(({ count }) => count))
  const complaints = [
    ...missing.map((name) => `there is no ${name}`),
    ...workloads.flatMap((workload) => {
      const troubles = [...rolloutTroubles(workload, availableMin), ...imageTroubles(workload, image)]
      return troubles.map((trouble) => `${nameOf(workload)} ${trouble}`)
    }),
    ...pods.flatMap((pod) => podTroubles(pod).map((trouble) => `pod ${pod.metadata.name} ${trouble}`)),
    ...restarts
      .filter(({ count }) => restartsMax !== undefined && count > restartsMax)
      .map(({ name, count }) => `${name} restarted ${count} times, at most ${restartsMax} wanted`),
    ...(readyForMin === undefined ? [] : pods.flatMap((pod) => tooFresh(pod, readyForMin))),
  ]
  const lines = [
    ...workloads.map((workload) => `${nameOf(workload)}: ${availableOf(workload)} of ${wantedOf(workload)} available`),
    ...pods.map(({ metadata, status }) => `pod ${metadata.name}: ${status.phase ?? 'no phase'}`),
  ]
  const measurements = [
    { name: 'workloads', value: workloads.length, unit: 'count' },
    { name: 'pods', value: pods.length, unit: 'count' },
    { name: 'most restarts of a container', value: most, unit: 'count' },
  ]
  const seen = `${plural(workloads.length, 'workload')} with ${plural(pods.length, 'pod')} in ${placeOf(options)}`
  return outcomeOf({ seen, complaints, lines, measurements })
}

function imageTroubles({ spec }: Workload, image: string | undefined): string[] {
  if (image === undefined) return []
  const images = spec.template.spec.containers.map((container) => container.image ?? 'no image')
  const isRight = images.some(
    (one) => one === image || (/^[:@/]/.test(image) ? one.endsWith(image) : one.endsWith(`/${image}`)),
  )
  return isRight ? [] : [`runs ${images.join(', ')}; ${image} wanted`]
}

function tooFresh(pod: Pod, readyForMin: number): string[] {
  const readyMs = readySinceMs(pod)
  // Not ready at all is told as a trouble of the pod.
  if (readyMs === null || readyMs >= readyForMin) return []
  return [`pod ${pod.metadata.name} is ready for ${formatDuration(readyMs)}, ${formatDuration(readyForMin)} wanted`]
}
