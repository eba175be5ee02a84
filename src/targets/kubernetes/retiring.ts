// Taking a version away: its pods end, and its objects are kept at 0 or deleted.
import { poll } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { nameOf, type Workload } from '../../lib/kubernetes/workload.ts'
import { plural } from '../../lib/plural.ts'
import { run, type Besides } from './besides.ts'
import { isRetired, versionOf, workloadOf, workloadsOf } from './cluster-objects.ts'
import { deleteCommand, scaleCommand } from './commands.ts'
import type { KubeObject } from './manifest.ts'
import { namingOf, versionObjects, versionSelector, type Naming } from './objects.ts'

const LOOK_MS = 500

/** Nothing of the version runs afterwards. */
export async function retire(besides: Besides, version: string, signal: AbortSignal): Promise<void> {
  const { kubectl, options, name } = besides
  const found = await workloadOf(kubectl, name, version, signal)
  if (found && options.retire === 'delete') await deleteVersion(besides, found, signal)
  else if (found) await run(kubectl, scaleCommand(nameOf(found), 0, true), signal)
  await awaitPods(besides, version, 0, signal)
  if (options.retire === 'scale' && !options.slots) await tidyUp(besides, signal)
}

/** The oldest retired versions are deleted. */
async function tidyUp(besides: Besides, signal: AbortSignal): Promise<void> {
  const retired = (await workloadsOf(besides.kubectl, besides.name, signal))
    .filter(isRetired)
    .toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
  for (const workload of retired.slice(besides.options.keepRetired)) await deleteVersion(besides, workload, signal)
}

async function deleteVersion(besides: Besides, workload: Workload, signal: AbortSignal): Promise<void> {
  const { options, name, documents } = besides
  const version = versionOf(workload) ?? ''
  const slot =
    options.slots?.find((one) => namingOf(options, name, version, one).name === workload.metadata.name) ?? null
  const naming = namingOf(options, name, version, slot)
  await takeAway(besides, naming, versionObjects(await documents(signal), naming, options), signal)
}

/** Deletes these objects of a version, and waits until no pod of it is left. */
export async function takeAway(
  besides: Besides,
  { version }: Naming,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  await run(besides.kubectl, deleteCommand(objects), signal)
  await awaitPods(besides, version, 0, signal)
}

/** Waits until so many pods of a version are left, those that are ending included. @throws OutsideError */
export async function awaitPods(besides: Besides, version: string, pods: number, signal: AbortSignal): Promise<void> {
  const { kubectl, options, name, system } = besides
  const args = ['get', 'pods', `--selector=${versionSelector(name, version)}`, '--output=name']
  let left: string[] = []
  const look = async (): Promise<true | null> => {
    left = (await run(kubectl, { args }, signal)).split('\n').filter(Boolean)
    return left.length <= pods ? true : null
  }
  if (await poll(look, { everyMs: LOOK_MS, timeoutMs: options.stopTimeoutMs, signal })) return
  const why = signal.aborted ? 'the wait was cancelled' : `not within ${options.stopTimeoutMs / 1000} s`
  throw new OutsideError(
    system,
    `${plural(left.length, 'pod')} of ${version} did not end, ${why}: ${left.slice(0, 3).join(', ')}`,
    {
      retryable: true,
      hint: 'does their node answer? `kubectl get pods --output=wide` shows it',
    },
  )
}
