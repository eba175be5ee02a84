// Mode `in-place`: one release that is upgraded; going back is helm's own rollback to the revision of before.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import type { HelmRevision } from '../../lib/helm-history.ts'
import type { Kubectl } from '../../lib/kubectl.ts'
import { awaitRollout } from '../cluster/rollout-wait.ts'
import { wakeSuspended } from '../cluster/waking.ts'
import type { Capacity, InstanceState } from '../target.ts'
import { rollbackProgram, upgradeProgram } from './commands.ts'
import { historyOf, isPending, runHelm, seenVersion, settled, type Helm } from './release.ts'
import { capacityOf, instancesOf, whyNotUp, workloadsOf } from './workloads.ts'

const PATIENCE_MS = 20_000
const BACK_MS_MAX = 600_000

export interface OneRelease {
  helm: Helm
  kubectl: Kubectl
  /** Where it is remembered which revision had which version. */
  memoryFile: string
}

const memorySchema = z.object({
  /** Version → the revision that has it. */
  revisions: z.record(z.string(), z.number()),
  /** The version before the last switch. */
  previous: z.string().nullable(),
})

type Memory = z.infer<typeof memorySchema>

export function memoryFileOf(stateDirectory: string, name: string): string {
  return join(stateDirectory, 'targets', encodeURIComponent(name), 'revisions.json')
}

/** The revision that had the version when it was last seen; null when it never was. */
export function rememberedRevision({ memoryFile }: Pick<OneRelease, 'memoryFile'>, version: string): number | null {
  return readMemory(memoryFile).revisions[version] ?? null
}

function readMemory(file: string): Memory {
  const nothing: Memory = { revisions: {}, previous: null }
  if (!existsSync(file)) return nothing
  try {
    return memorySchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // It is written anew from what helm says.
    return nothing
  }
}

function remember(
  { memoryFile }: OneRelease,
  version: string,
  { revision }: HelmRevision,
  previous?: string | null,
): void {
  const before = readMemory(memoryFile)
  const revisions = { ...before.revisions, [version]: revision }
  writeFileAtomic(
    memoryFile,
    JSON.stringify({ revisions, previous: previous === undefined ? before.previous : previous }),
  )
}

/** The version of the deployed revision; null while somebody is at work on it, or after one failed. */
export async function servingVersion(one: OneRelease, signal?: AbortSignal): Promise<string | null> {
  const { release } = one.helm.options
  const [newest] = await historyOf(one.helm, release, signal)
  return newest?.status === 'deployed' ? seenVersion(one.helm, release, newest, signal) : null
}

/** Whether the switch would be taken; nothing is changed. What serves is remembered, so that there is a way back to it. @throws OutsideError */
export async function rehearse(one: OneRelease, version: string, signal: AbortSignal): Promise<void> {
  const { helm } = one
  const { release, timeoutMs } = helm.options
  const [newest, ...older] = await historyOf(helm, release, signal)
  if (!newest) throw noRelease(helm)
  if (isPending(newest)) {
    const back = older.find(({ status }) => status === 'deployed' || status === 'superseded')
    throw new OutsideError(
      helm.system,
      `release ${release} is ${newest.status} since ${newest.updated}: helm is at work on it, or was killed`,
      {
        retryable: true,
        hint: back
          ? `when no helm runs: helm rollback ${release} ${back.revision}`
          : `when no helm runs: helm uninstall ${release}`,
      },
    )
  }
  const serving = newest.status === 'deployed' ? await seenVersion(helm, release, newest, signal) : null
  if (serving !== null) remember(one, serving, newest)
  await runHelm(helm, upgradeProgram(helm, { release, version, slot: null }, true), signal, timeoutMs)
}

/**
 * The release is deployed with the version afterwards, its pods available.
 * @throws OutsideError when that does not come about; then it is rolled back to the revision of before.
 */
export async function switchTo(one: OneRelease, version: string, signal: AbortSignal): Promise<void> {
  const { helm, kubectl } = one
  const { release, timeoutMs } = helm.options
  const history = await settled(helm, release, signal)
  const [newest] = history
  if (!newest) throw noRelease(helm)
  await wakeSuspended(kubectl, await workloadsOf(kubectl, release, signal), signal)
  const serving = newest.status === 'deployed' ? await seenVersion(helm, release, newest, signal) : null
  if (serving === version) {
    const look = async (asked?: AbortSignal) => workloadsOf(kubectl, release, asked)
    const trouble = await awaitRollout(kubectl, look, { timeoutMs, patienceMs: PATIENCE_MS, signal })
    if (trouble !== null) throw new OutsideError(helm.system, `${version} ${trouble}`, { retryable: signal.aborted })
    return remember(one, version, newest)
  }
  const memory = readMemory(one.memoryFile)
  const back =
    memory.previous === version ? history.find(({ revision }) => revision === memory.revisions[version]) : undefined
  const before = history.find(({ status }) => status === 'deployed') ?? null
  if (serving !== null) remember(one, serving, newest)
  try {
    // helm upgrades nothing that it thinks somebody is at work on; it rolls it back.
    if (isPending(newest) && !back && before)
      await runHelm(helm, rollbackProgram(helm, release, before.revision), signal, timeoutMs)
    const program = back
      ? rollbackProgram(helm, release, back.revision)
      : upgradeProgram(helm, { release, version, slot: null })
    await runHelm(helm, program, signal, timeoutMs)
    const [made] = await historyOf(helm, release, signal)
    const now = made?.status === 'deployed' ? await seenVersion(helm, release, made, signal) : null
    if (!made || now !== version)
      throw new OutsideError(
        helm.system,
        `after the switch to ${version} release ${release} says it has ${now ?? 'no version'}`,
        {
          hint: 'does `versionFrom` name what really tells the version?',
        },
      )
    remember(one, version, made, back ? null : serving)
  } catch (error) {
    throw await afterFailure(one, error, before)
  }
}

/** The error with its reason, and what became of the release. */
async function afterFailure(
  { helm, kubectl }: OneRelease,
  error: unknown,
  before: HelmRevision | null,
): Promise<unknown> {
  if (!(error instanceof OutsideError)) return error
  const { release, timeoutMs } = helm.options
  const why = await whyNotUp(kubectl, release)
  const { retryable, hint } = error
  const end = before
    ? await runHelm(
        helm,
        rollbackProgram(helm, release, before.revision),
        AbortSignal.timeout(BACK_MS_MAX),
        timeoutMs,
      ).then(
        () => `; it was rolled back to revision ${before.revision}`,
        (problem: unknown) => `; rolling it back to revision ${before.revision} failed: ${messageOf(problem)}`,
      )
    : ''
  return new OutsideError(helm.system, `${error.message}${why}${end}`, {
    retryable,
    ...(hint ? { hint } : {}),
    cause: error,
  })
}

function noRelease({ system, options }: Helm): OutsideError {
  const { release, namespace } = options
  const place = namespace === undefined ? '' : ` in namespace ${namespace}`
  return new OutsideError(system, `there is no release ${release}${place}`, {
    hint: 'in place a release is upgraded that is there already: install it first, or correct `release` and `namespace`',
  })
}

export async function readinessInPlace(one: OneRelease, version: string): Promise<Capacity> {
  const { helm, kubectl } = one
  const capacity = capacityOf(await workloadsOf(kubectl, helm.options.release))
  return (await servingVersion(one)) === version ? capacity : { ...capacity, healthy: 0 }
}

export async function runningInPlace(one: OneRelease): Promise<Record<string, InstanceState[]>> {
  const { helm, kubectl } = one
  const version = await servingVersion(one)
  if (version === null) return {}
  return { [version]: await instancesOf(kubectl, await workloadsOf(kubectl, helm.options.release), version) }
}
