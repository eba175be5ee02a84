// How far a workload has come: what was wanted, what is new, what is available.
import { plural } from '../plural.ts'
import type { Workload } from './workload.ts'

/** Pods that are wanted; of a daemon set, as many as nodes take one. Unset replicas mean one. */
export function wantedOf({ kind, spec, status }: Workload): number {
  return kind === 'DaemonSet' ? (status?.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1)
}

export function availableOf({ kind, status }: Workload): number {
  if (kind === 'DaemonSet') return status?.numberAvailable ?? 0
  // Of stateful sets, older clusters count only the ready ones; of deployments, 0 is left out.
  return status?.availableReplicas ?? (kind === 'StatefulSet' ? status?.readyReplicas : 0) ?? 0
}

/** Pods of the newest version. A stateful set that has no other counts them only while it rolls. */
function updatedOf({ kind, status }: Workload): number {
  if (kind === 'DaemonSet') return status?.updatedNumberScheduled ?? 0
  const isOneVersion = Boolean(status?.updateRevision) && status?.updateRevision === status?.currentRevision
  return (kind === 'StatefulSet' && isOneVersion ? status?.replicas : status?.updatedReplicas) ?? 0
}

/** What is not yet as it was wanted, in words that follow the workload's name. */
export function rolloutTroubles(workload: Workload, availableMin: number): string[] {
  const { kind, metadata, status } = workload
  const [wanted, available] = [wantedOf(workload), availableOf(workload)]
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return ['was changed, and no controller has seen it yet']
  const updated = updatedOf(workload)
  // Daemon sets count their nodes, not their pods.
  const old = kind === 'DaemonSet' ? 0 : (status?.replicas ?? 0) - updated
  return [
    ...(updated < wanted ? [`has ${updated} of ${plural(wanted, 'pod')} of the new version`] : []),
    ...(old > 0 ? [`still has ${plural(old, 'pod')} of the old version`] : []),
    ...(available < wanted ? [`has ${available} of ${plural(wanted, 'pod')} available`] : []),
    ...(available >= wanted && available < availableMin
      ? [`has ${available} available, at least ${availableMin} wanted`]
      : []),
  ]
}
