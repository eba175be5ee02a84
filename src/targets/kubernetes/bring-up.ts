// Bringing a version up beside the others: made, or given its pods, and waited for.
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { nameOf, type Workload } from '../../lib/kubernetes/workload.ts'
import { plural } from '../../lib/plural.ts'
import type { Backend } from '../../plan/traffic.ts'
import { awaitRollout } from '../cluster/rollout-wait.ts'
import type { Capacity } from '../target.ts'
import { run, type Besides } from './besides.ts'
import { backendOf, fullStrength, isRetired, versionOf, workloadOf, workloadsOf } from './cluster-objects.ts'
import { applyCommand, scaleCommand } from './commands.ts'
import { isWorkload } from './manifest.ts'
import { namingOf, replicasOf, versionObjects, withReplicas } from './objects.ts'
import { existing, keyOf, refuseLeaks, slotFor } from './placing.ts'
import { awaitPods, retire, takeAway } from './retiring.ts'

const UNDO_MS_MAX = 60_000

/**
 * The version runs afterwards, all its pods available. One that runs stays as it was made; one that was retired is made anew, as the
 * configuration says now.
 * @param pods exactly so many, or null for full strength at least.
 * @throws OutsideError when that does not come about; what this call started is undone.
 */
export async function bringUp(
  besides: Besides,
  version: string,
  pods: number | null,
  signal: AbortSignal,
): Promise<Backend[]> {
  const { kubectl, options, name, system } = besides
  const found = await workloadOf(kubectl, name, version, signal)
  const undo =
    found && !isRetired(found)
      ? await scaleTo(besides, found, pods, signal)
      : await create(besides, version, pods, signal)
  const look = async (asked?: AbortSignal): Promise<Workload[]> => {
    const workload = await workloadOf(kubectl, name, version, asked)
    if (workload) return [workload]
    throw new OutsideError(system, `the workload of ${version} was deleted meanwhile`, { retryable: true })
  }
  const { readyTimeoutMs: timeoutMs, patienceMs } = options
  try {
    const trouble = await awaitRollout(kubectl, look, { timeoutMs, patienceMs, signal })
    if (trouble !== null) throw new OutsideError(system, `${version} ${trouble}`, { retryable: signal.aborted })
    const [workload] = await look(signal)
    if (pods !== null) await awaitPods(besides, version, pods, signal)
    return [await backendOf(kubectl, name, workload as Workload, signal)]
  } catch (error) {
    throw await afterUndo(undo, error, system)
  }
}

type Undo = { words: string; work: (signal: AbortSignal) => Promise<unknown> } | null

/** The error, with what became of what was started. */
async function afterUndo(undo: Undo, error: unknown, system: string): Promise<unknown> {
  if (!undo || !(error instanceof OutsideError)) return error
  const { retryable, hint } = error
  const end = await undo.work(AbortSignal.timeout(UNDO_MS_MAX)).then(
    () => `; ${undo.words} again`,
    (problem: unknown) => `; that it is ${undo.words} again failed: ${messageOf(problem)}`,
  )
  return new OutsideError(system, `${error.message}${end}`, { retryable, ...(hint ? { hint } : {}), cause: error })
}

/** One that runs gets pods, never fewer than it has unless a number is told. */
async function scaleTo({ kubectl }: Besides, found: Workload, pods: number | null, signal: AbortSignal): Promise<Undo> {
  const before = found.spec.replicas ?? 1
  const wanted = pods ?? Math.max(before, fullStrength(found))
  if (wanted === before) return null
  await run(kubectl, scaleCommand(nameOf(found), wanted, null), signal)
  const back = (asked: AbortSignal): Promise<string> => run(kubectl, scaleCommand(nameOf(found), before, null), asked)
  return { words: `it has ${plural(before, 'pod')}`, work: back }
}

async function create(besides: Besides, version: string, pods: number | null, signal: AbortSignal): Promise<Undo> {
  const { kubectl, options, name, documents } = besides
  const sources = await documents(signal)
  const others = (await workloadsOf(kubectl, name, signal)).filter((workload) => versionOf(workload) !== version)
  const naming = namingOf(options, name, version, await slotFor(besides, version, signal))
  const full = versionObjects(sources, naming, options)
  const objects = pods === null ? full : withReplicas(full, pods)
  const there = await existing(besides, naming, objects, signal)
  if (others.length > 0) await refuseLeaks(besides, sources, naming, objects, signal)
  // Tried first: the second of two objects may be refused when the first is made already.
  await run(kubectl, applyCommand(objects, true), signal)
  const created = objects.filter((object) => !there.has(keyOf(object)))
  const undo: Undo = created.some(isWorkload)
    ? { words: 'it was deleted', work: (asked) => takeAway(besides, naming, created, asked) }
    : { words: 'it was scaled to 0', work: (asked) => retire(besides, version, asked) }
  try {
    await run(kubectl, applyCommand(objects), signal)
  } catch (error) {
    throw await afterUndo(undo, error, besides.system)
  }
  return undo
}

/** How much of it is there now. */
export async function readiness(besides: Besides, version: string): Promise<Capacity> {
  const { kubectl, options, name, documents } = besides
  const found = await workloadOf(kubectl, name, version)
  if (found) return { healthy: isRetired(found) ? 0 : (found.status?.readyReplicas ?? 0), wanted: fullStrength(found) }
  const naming = namingOf(options, name, version, options.slots?.[0] ?? null)
  const sources = await documents(AbortSignal.timeout(options.timeoutMs))
  return { healthy: 0, wanted: replicasOf(versionObjects(sources, naming, options)) }
}
