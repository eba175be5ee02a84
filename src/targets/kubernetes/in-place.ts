// Mode `in-place`: one workload, whose pods the cluster replaces; going back is going back to the revision of before.
import { OutsideError } from '../../lib/errors.ts'
import type { Kubectl } from '../../lib/kubectl.ts'
import { placeWords } from '../../lib/kubectl.ts'
import { podSchema, workloadSchema, type Workload } from '../../lib/kubernetes/workload.ts'
import { isReady, restartCount, selectorText } from '../cluster/pods.ts'
import { awaitRollout } from '../cluster/rollout-wait.ts'
import { wakeSuspended } from '../cluster/waking.ts'
import type { Capacity, InstanceState } from '../target.ts'
import { PREVIOUS_NOTE, updateCommand } from './commands.ts'
import { revisionOf, revisionsArgs, templateVersion, workloadWords } from './revisions.ts'
import type { KubernetesOptions } from './options.ts'

const BACK_MS_MAX = 120_000

export interface InPlace {
  kubectl: Kubectl
  options: KubernetesOptions
  /** For errors: `target web`. */
  system: string
}

/** @throws OutsideError where there is no such workload. */
async function workloadNow({ kubectl, options, system }: InPlace, signal?: AbortSignal): Promise<Workload> {
  const { kind, name } = workloadWords(options)
  const found = await kubectl.get(workloadSchema, `${kind.toLowerCase()}s.apps`, name, signal)
  if (found) return found
  throw new OutsideError(system, `there is no ${options.workload} in ${placeWords(kubectl.options)}`, {
    hint: 'in place a workload is updated that is there already: create it first, or correct `workload` and `namespace`',
  })
}

/** The version whose pods are all there are; null while two versions run, and where nobody can tell. */
export async function servingVersion(inPlace: InPlace): Promise<string | null> {
  const workload = await workloadNow(inPlace)
  return isWhole(workload) ? templateVersion(inPlace.options, workload.spec.template) : null
}

/** No pod of another revision is left or awaited; whether all are available is another question. */
function isWhole({ kind, metadata, spec, status }: Workload): boolean {
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false
  const pods = status?.replicas ?? 0
  if (kind === 'StatefulSet') return status?.currentRevision === status?.updateRevision && pods === (spec.replicas ?? 1)
  return (status?.updatedReplicas ?? 0) === pods && pods >= (spec.replicas ?? 1)
}

/** Whether the switch would be taken: nothing is changed. @throws OutsideError when it would not. */
export async function rehearse(inPlace: InPlace, version: string, signal: AbortSignal): Promise<void> {
  const { kubectl, options, system } = inPlace
  const workload = await workloadNow(inPlace, signal)
  if (workload.spec.paused)
    throw new OutsideError(system, `the rollout of ${options.workload} is paused: no change of it would take effect`, {
      hint: `kubectl rollout resume ${options.workload}`,
    })
  const { args, input } = updateCommand(options, containerOf(inPlace, workload), version, null, true)
  await kubectl.run(kubectl.program(args, input), signal)
}

/**
 * All pods are of `version` afterwards.
 * @throws OutsideError when that does not come about; then it is put back to the revision of before.
 */
export async function switchTo(inPlace: InPlace, version: string, signal: AbortSignal): Promise<void> {
  const { kubectl, options, system } = inPlace
  const workload = await workloadNow(inPlace, signal)
  const before = templateVersion(options, workload.spec.template)
  const revisionBefore = await currentRevision(inPlace, workload, signal)
  await wakeSuspended(kubectl, [workload], signal)
  if (workload.spec.paused) await kubectl.run(kubectl.program(['rollout', 'resume', options.workload ?? '']), signal)
  if (before !== version) await change(inPlace, workload, before, version, signal)
  const trouble = await complete(inPlace, signal)
  if (trouble === null) return
  const back = before === version || revisionBefore === null ? '' : await putBack(inPlace, revisionBefore)
  throw new OutsideError(system, `${version} ${trouble}${back}`, { retryable: signal.aborted })
}

/** Back to what ran before the last switch: exactly as it was. Else to what the configuration says. */
async function change(
  inPlace: InPlace,
  workload: Workload,
  before: string | null,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const { kubectl, options } = inPlace
  const isBack = workload.metadata.annotations?.[PREVIOUS_NOTE] === version
  const lines = isBack ? await kubectl.run(kubectl.program(revisionsArgs(options)), signal) : ''
  const revision = revisionOf(options, lines, version)
  if (revision !== null) return undo(inPlace, revision, signal)
  const { args, input } = updateCommand(options, containerOf(inPlace, workload), version, before)
  await kubectl.run(kubectl.program(args, input), signal)
}

async function undo({ kubectl, options }: InPlace, revision: number, signal: AbortSignal): Promise<void> {
  await kubectl.run(kubectl.program(['rollout', 'undo', options.workload ?? '', `--to-revision=${revision}`]), signal)
}

async function complete(inPlace: InPlace, signal: AbortSignal): Promise<string | null> {
  const { readyTimeoutMs: timeoutMs, patienceMs } = inPlace.options
  const look = async (asked?: AbortSignal): Promise<Workload[]> => [await workloadNow(inPlace, asked)]
  return awaitRollout(inPlace.kubectl, look, { timeoutMs, patienceMs, signal })
}

/** In words that follow what went wrong. */
async function putBack(inPlace: InPlace, revision: number): Promise<string> {
  const signal = AbortSignal.timeout(BACK_MS_MAX)
  try {
    await undo(inPlace, revision, signal)
    const trouble = await complete(inPlace, signal)
    return trouble === null
      ? `; it was put back to revision ${revision}`
      : `; put back to revision ${revision} it ${trouble}`
  } catch {
    return `; and it could not be put back: kubectl rollout undo ${inPlace.options.workload} --to-revision=${revision}`
  }
}

/** Number of the revision that its template is. */
async function currentRevision({ kubectl }: InPlace, workload: Workload, signal: AbortSignal): Promise<number | null> {
  const { kind, metadata, status } = workload
  if (kind === 'Deployment') return Number(metadata.annotations?.['deployment.kubernetes.io/revision']) || null
  if (!status?.updateRevision) return null
  const args = [
    'get',
    'controllerrevisions.apps',
    status.updateRevision,
    '--output=jsonpath={.revision}',
    '--ignore-not-found',
  ]
  return Number(await kubectl.run(kubectl.program(args), signal)) || null
}

function containerOf({ options, system }: InPlace, { spec }: Workload): string {
  const names = spec.template.spec.containers.map(({ name }) => name)
  const chosen = options.container ?? names[0] ?? ''
  if (names.includes(chosen)) return chosen
  throw new OutsideError(system, `${options.workload} has no container ${chosen}: it has ${names.join(', ')}`)
}

/** Its pods by version: two while one makes way for the other. */
export async function instancesInPlace(inPlace: InPlace): Promise<Record<string, InstanceState[]>> {
  const { kubectl, options } = inPlace
  const workload = await workloadNow(inPlace)
  const found: Record<string, InstanceState[]> = {}
  for (const pod of await kubectl.list(podSchema, 'pods', selectorText(workload.spec.selector))) {
    const version = templateVersion(options, pod) ?? 'unknown'
    if (pod.metadata.deletionTimestamp) continue
    const port = pod.spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort ?? 0
    const backend = { id: pod.metadata.name, version, host: pod.status.podIP ?? '', port }
    const state = { pid: null, healthy: isReady(pod), restarts: restartCount(pod) }
    found[version] = [...(found[version] ?? []), { backend, ...state }]
  }
  return found
}

/** How many pods of `version` are ready, of those wanted. */
export async function readinessInPlace(inPlace: InPlace, version: string): Promise<Capacity> {
  const [workload, pods] = [await workloadNow(inPlace), await instancesInPlace(inPlace)]
  return { healthy: (pods[version] ?? []).filter(({ healthy }) => healthy).length, wanted: workload.spec.replicas ?? 1 }
}
