// Pods of a workload: which they are, what is the matter with them, and the last thing they said.
import { z } from 'zod'
import type { Kubectl } from '../../lib/kubectl.ts'
import { podTroubles } from '../../lib/kubernetes/pod-state.ts'
import type { Selector } from '../../lib/kubernetes/selector.ts'
import { nameOf, podSchema, type Pod, type Workload } from '../../lib/kubernetes/workload.ts'

const LOG_LINES = 5
const LOG_MS_MAX = 10_000

/** A selector as `kubectl --selector` takes it. */
export function selectorText(selector: Selector | null | undefined): string {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const others = (selector?.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${(values ?? []).join(',')})`
  })
  return [...equal, ...others].join(',')
}

export async function podsOf(kubectl: Kubectl, workload: Workload, signal?: AbortSignal): Promise<Pod[]> {
  return kubectl.list(podSchema, 'pods', selectorText(workload.spec.selector), signal)
}

/** Restarts of all its containers. */
export function restartCount({ status }: Pod): number {
  return (status.containerStatuses ?? []).reduce((sum, { restartCount: count }) => sum + count, 0)
}

export function isReady({ status, metadata }: Pod): boolean {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'True' && !metadata.deletionTimestamp
}

/** What hardly ends by itself: images that cannot be had, programs that end at once, pods that may not be created. In words; else null. */
export function lastingTrouble(workload: Workload, pods: readonly Pod[]): string | null {
  const refused = workload.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  if (refused) return `no pod can be created: ${refused.message ?? refused.reason ?? 'no reason is given'}`
  for (const pod of pods) {
    const trouble = podTroubles(pod).find((words) => words.startsWith('is in '))
    if (trouble) return `pod ${pod.metadata.name} ${trouble}${waitingMessage(pod)}`
  }
  return null
}

/** Why a workload is not there yet, with the last lines of a pod that is in trouble. Never throws: it explains another error. */
export async function explain(kubectl: Kubectl, workload: Workload, pods: readonly Pod[]): Promise<string> {
  const troubled = pods.find((pod) => podTroubles(pod).length > 0)
  const lasting = lastingTrouble(workload, pods)
  const words =
    lasting ??
    (troubled ? `pod ${troubled.metadata.name} ${podTroubles(troubled).join(', ')}` : await refusals(kubectl, workload))
  return `${words}${troubled ? await lastWords(kubectl, troubled) : ''}`
}

function waitingMessage({ status }: Pod): string {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const message = containers.find(({ state }) => state?.waiting?.message)?.state?.waiting?.message
  return message ? `: ${message}` : ''
}

const eventSchema = z.object({ message: z.string().nullish() })

/** Stateful sets say only in events that a pod may not be created. */
async function refusals(kubectl: Kubectl, workload: Workload): Promise<string> {
  const { name } = workload.metadata
  const fields = `--field-selector=involvedObject.name=${name},involvedObject.kind=${workload.kind},reason=FailedCreate`
  try {
    const text = await kubectl.run(kubectl.program(['get', 'events', fields, '--output=json']))
    const { items } = z.object({ items: z.array(eventSchema) }).parse(JSON.parse(text))
    const message = items.at(-1)?.message
    if (message) return `no pod can be created: ${message}`
  } catch {
    // Not everybody may read events.
  }
  return `nothing says why; see \`kubectl describe ${nameOf(workload)}\``
}

async function lastWords(kubectl: Kubectl, pod: Pod): Promise<string> {
  const { containerStatuses } = pod.status
  const container = containerStatuses?.find(({ restartCount: count }) => count > 0) ?? containerStatuses?.[0]
  if (!container || (container.restartCount === 0 && container.state?.waiting)) return ''
  // One that crashed said why in the run before.
  const previous = container.restartCount > 0 ? ['--previous'] : []
  const args = ['logs', pod.metadata.name, `--container=${container.name}`, `--tail=${LOG_LINES}`, ...previous]
  try {
    const text = await kubectl.run(kubectl.program(args), undefined, LOG_MS_MAX)
    const lines = text.trim().split('\n').filter(Boolean).slice(-LOG_LINES)
    return lines.length > 0 ? `; its last lines:\n  ${lines.join('\n  ')}\n` : '; it printed nothing'
  } catch {
    return '; its log could not be read'
  }
}
