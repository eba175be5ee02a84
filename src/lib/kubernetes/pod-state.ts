// What a pod tells of itself: in trouble, restarted, ready since.
import type { Pod } from './workload.ts'

/** Why a container waits, where waiting does not end by itself. */
const STUCK =
  /^(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|RegistryUnavailable|Create\w*Error|RunContainerError|ImageInspectError)$/

/** A pod that is on its way out, or did what it was for, is in no trouble; one that its controller has replaced neither. */
function isOver({ metadata, status }: Pod): boolean {
  const isReplaced = status.phase === 'Failed' && (metadata.ownerReferences ?? []).length > 0
  return Boolean(metadata.deletionTimestamp) || status.phase === 'Succeeded' || isReplaced
}

/** In words that follow the pod's name. */
export function podTroubles(pod: Pod): string[] {
  const { status, metadata } = pod
  if (isOver(pod)) return []
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const stuck = containers.flatMap(({ name, state }) => {
    const reason = state?.waiting?.reason ?? ''
    return STUCK.test(reason) ? [`is in ${reason} (container ${name})`] : []
  })
  if (stuck.length > 0) return stuck
  if (status.phase === 'Pending') {
    const unscheduled = status.conditions?.find(
      ({ type, status: state }) => type === 'PodScheduled' && state === 'False',
    )
    return [`is pending${unscheduled?.message ? `: ${unscheduled.message}` : ''}`]
  }
  if (status.phase !== 'Running') return [`is ${status.phase ?? 'in no phase'}`]
  // A job's pod need not be ready: it does its work and ends.
  const isOfJob = (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Job')
  return isOfJob || readyCondition(pod)?.status === 'True' ? [] : ['is not ready']
}

export function restartsOf(pod: Pod): { name: string; count: number }[] {
  const { metadata, status } = pod
  if (isOver(pod)) return []
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return containers.map(({ name, restartCount }) => ({ name: `pod ${metadata.name} (${name})`, count: restartCount }))
}

/** Null where it is not ready, or need not be. */
export function readySinceMs(pod: Pod): number | null {
  const ready = readyCondition(pod)
  if (isOver(pod) || ready?.status !== 'True') return null
  const since = Date.parse(ready.lastTransitionTime ?? '')
  return Number.isNaN(since) ? 0 : Date.now() - since
}

function readyCondition({ status }: Pod) {
  return status.conditions?.find(({ type }) => type === 'Ready')
}
