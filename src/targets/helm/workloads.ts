// What a release brought into the cluster: its workloads and their pods, found by the annotation that helm puts on each object.
import { poll } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { Kubectl } from '../../lib/kubectl.ts'
import { rolloutTroubles } from '../../lib/kubernetes/rollout.ts'
import { workloadSchema, type Workload } from '../../lib/kubernetes/workload.ts'
import { plural } from '../../lib/plural.ts'
import { FULL_STRENGTH_NOTE } from '../cluster/capsule-shell.ts'
import { isReady, podsOf, restartCount } from '../cluster/pods.ts'
import { whyIncomplete } from '../cluster/rollout-wait.ts'
import type { Capacity, InstanceState } from '../target.ts'

const LOOK_MS = 500
const RELEASE_NOTE = 'meta.helm.sh/release-name'

/** Deployments and stateful sets of every release in the namespace, by release. */
export async function workloadsByRelease(kubectl: Kubectl, signal?: AbortSignal): Promise<Map<string, Workload[]>> {
  const found = new Map<string, Workload[]>()
  for (const workload of await kubectl.list(workloadSchema, 'deployments.apps,statefulsets.apps', undefined, signal)) {
    const release = workload.metadata.annotations?.[RELEASE_NOTE]
    if (release !== undefined) found.set(release, [...(found.get(release) ?? []), workload])
  }
  return found
}

export async function workloadsOf(kubectl: Kubectl, release: string, signal?: AbortSignal): Promise<Workload[]> {
  return (await workloadsByRelease(kubectl, signal)).get(release) ?? []
}

/** Pods that are ready, of those wanted at full strength. */
export function capacityOf(workloads: readonly Workload[]): Capacity {
  const sum = (count: (workload: Workload) => number): number => workloads.reduce((total, one) => total + count(one), 0)
  const wanted = ({ metadata, spec }: Workload): number =>
    spec.replicas === 0 ? Number(metadata.annotations?.[FULL_STRENGTH_NOTE] ?? 0) : (spec.replicas ?? 1)
  return { healthy: sum(({ status }) => status?.readyReplicas ?? 0), wanted: sum(wanted) }
}

/** Pods of a release that runs `version`. */
export async function instancesOf(
  kubectl: Kubectl,
  workloads: readonly Workload[],
  version: string,
): Promise<InstanceState[]> {
  const pods = (await Promise.all(workloads.map((workload) => podsOf(kubectl, workload)))).flat()
  return pods
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map((pod) => {
      const port = pod.spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort ?? 0
      const backend = { id: pod.metadata.name, version, host: pod.status.podIP ?? '', port }
      return { backend, pid: null, healthy: isReady(pod), restarts: restartCount(pod) }
    })
}

/** Why a release did not come up, for the end of a sentence; nothing where nothing is known. Never throws. */
export async function whyNotUp(kubectl: Kubectl, release: string): Promise<string> {
  try {
    const unfinished = (await workloadsOf(kubectl, release)).find((workload) => rolloutTroubles(workload, 0).length > 0)
    return unfinished ? `: ${await whyIncomplete(kubectl, unfinished)}` : ''
  } catch {
    return ''
  }
}

/** Waits until none of these workloads, which may be gone themselves, has a pod. @throws OutsideError */
export async function awaitNoPods(
  kubectl: Kubectl,
  workloads: readonly Workload[],
  { system, timeoutMs, signal }: { system: string; timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  let left: string[] = []
  const look = async (): Promise<true | null> => {
    const pods = await Promise.all(workloads.map((workload) => podsOf(kubectl, workload, signal)))
    left = pods.flat().map(({ metadata }) => metadata.name)
    return left.length === 0 ? true : null
  }
  if (await poll(look, { everyMs: LOOK_MS, timeoutMs, signal })) return
  throw new OutsideError(system, `${plural(left.length, 'pod')} did not end: ${left.slice(0, 3).join(', ')}`, {
    retryable: true,
    hint: 'does their node answer? `kubectl get pods --output=wide` shows it',
  })
}
