// Mode `beside`: each version is a release, named after it or after the slot it is in.
import { z } from 'zod'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import type { Kubectl } from '../../lib/kubectl.ts'
import type { Backend } from '../../plan/traffic.ts'
import { awaitRollout } from '../cluster/rollout-wait.ts'
import { wakeSuspended } from '../cluster/waking.ts'
import type { Capacity, InstanceState } from '../target.ts'
import { filled, releaseOf, uninstallProgram, upgradeProgram } from './commands.ts'
import { historyOf, isPending, notedVersion, runHelm, settled, type Helm } from './release.ts'
import { awaitNoPods, capacityOf, instancesOf, whyNotUp, workloadsByRelease, workloadsOf } from './workloads.ts'

/** Longest with a trouble that hardly ends by itself. */
const PATIENCE_MS = 20_000
const UNDO_MS_MAX = 180_000

export interface Releases {
  helm: Helm
  kubectl: Kubectl
}

/** A release that is there, or the name it will have. */
interface Found {
  release: string
  slot: string | null
  isThere: boolean
}

/**
 * The release of the version is deployed afterwards, its pods available. One that is deployed stays as it is.
 * @throws OutsideError when that does not come about; what was installed is uninstalled again.
 */
export async function bringUp(releases: Releases, version: string, signal: AbortSignal): Promise<Backend[]> {
  const { helm, kubectl } = releases
  const { system, options } = helm
  const { release, slot, isThere } = await findRelease(releases, version, signal)
  if (isThere) {
    await wakeSuspended(kubectl, await workloadsOf(kubectl, release, signal), signal)
    const look = async (asked?: AbortSignal) => workloadsOf(kubectl, release, asked)
    const trouble = await awaitRollout(kubectl, look, { timeoutMs: options.timeoutMs, patienceMs: PATIENCE_MS, signal })
    if (trouble !== null) throw new OutsideError(system, `release ${release} ${trouble}`, { retryable: signal.aborted })
    return [await backendOf(releases, release, version, signal)]
  }
  try {
    await runHelm(helm, upgradeProgram(helm, { release, version, slot }), signal, options.timeoutMs)
    return [await backendOf(releases, release, version, signal)]
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    const why = await whyNotUp(kubectl, release)
    const { retryable, hint } = error
    const end = await uninstall(releases, release, AbortSignal.timeout(UNDO_MS_MAX)).then(
      () => '; nothing of it is left',
      (problem: unknown) => `; uninstalling it failed: ${messageOf(problem)}`,
    )
    throw new OutsideError(system, `${error.message}${why}${end}`, {
      retryable,
      ...(hint ? { hint } : {}),
      cause: error,
    })
  }
}

/** Where the version is, or will be. What was left half-installed is uninstalled. @throws OutsideError where there is no place for it. */
async function findRelease(releases: Releases, version: string, signal: AbortSignal): Promise<Found> {
  const { helm } = releases
  const { system, options } = helm
  const taken: string[] = []
  let free: Found | null = null
  for (const slot of options.slots ?? [null]) {
    const release = releaseOf(options, version, slot)
    const history = await settled(helm, release, signal)
    const [newest] = history
    const noted = notedVersion(newest, history)
    if (newest?.status === 'deployed' && noted === version) return { release, slot, isThere: true }
    const isAbandoned = newest && (isPending(newest) || newest.status === 'failed')
    if (isAbandoned && (slot === null || noted === version || newest.revision === 1))
      await uninstall(releases, release, signal)
    if (!newest || isAbandoned || newest.status === 'uninstalled') free ??= { release, slot, isThere: false }
    else taken.push(`${release} is ${newest.status}${noted === null ? ' and not made by gonogo' : ` with ${noted}`}`)
  }
  if (free) return free
  throw new OutsideError(system, `there is no place for ${version}: ${taken.join(', ')}`, {
    hint: options.slots
      ? 'retire a version that is not needed, or give the target more `slots`'
      : 'give it another `release`',
  })
}

const serviceSchema = z.object({ metadata: z.object({ name: z.string(), namespace: z.string().nullish() }) })

async function backendOf(
  { helm, kubectl }: Releases,
  release: string,
  version: string,
  signal: AbortSignal,
): Promise<Backend> {
  const { service } = helm.options
  if (service === 'none') return { id: version, version, host: release, port: 0 }
  const name = filled(service.name, { release })
  const found = await kubectl.get(serviceSchema, 'services', name, signal)
  if (!found)
    throw new OutsideError(helm.system, `the chart made no Service ${name} for release ${release}`, {
      hint: "say under `service.name` what the chart calls it; `{release}` is the release's name",
    })
  const host = [name, found.metadata.namespace, 'svc'].filter(Boolean).join('.')
  return { id: version, version, host, port: service.port, service: name }
}

/** The release that has the version now; null where none has. */
async function releaseNow({ helm }: Releases, version: string, signal?: AbortSignal): Promise<string | null> {
  for (const slot of helm.options.slots ?? [null]) {
    const release = releaseOf(helm.options, version, slot)
    const history = await historyOf(helm, release, signal)
    // Without slots the name says it, even of one that is half installed.
    if (history[0] && (slot === null || notedVersion(history[0], history) === version)) return release
  }
  return null
}

export async function retire(releases: Releases, version: string, signal: AbortSignal): Promise<void> {
  const release = await releaseNow(releases, version, signal)
  if (release !== null) await uninstall(releases, release, signal)
}

async function uninstall({ helm, kubectl }: Releases, release: string, signal: AbortSignal): Promise<void> {
  const { system, options } = helm
  const workloads = await workloadsOf(kubectl, release, signal)
  await runHelm(helm, uninstallProgram(helm, release), signal, options.stopTimeoutMs)
  await awaitNoPods(kubectl, workloads, { system, timeoutMs: options.stopTimeoutMs, signal })
}

export async function readiness(releases: Releases, version: string): Promise<Capacity> {
  const release = await releaseNow(releases, version)
  return release === null ? { healthy: 0, wanted: 1 } : capacityOf(await workloadsOf(releases.kubectl, release))
}

/** Pods of each version: of the releases whose names are as this target makes them. */
export async function runningVersions({ helm, kubectl }: Releases): Promise<Record<string, InstanceState[]>> {
  const { release: pattern, slots } = helm.options
  const isOurs = new RegExp(
    `^${pattern.replace('{version}', '[a-z0-9-]+').replace('{slot}', `(?:${(slots ?? []).join('|')})`)}$`,
  )
  const found: Record<string, InstanceState[]> = {}
  for (const [release, workloads] of await workloadsByRelease(kubectl)) {
    if (!isOurs.test(release)) continue
    const history = await historyOf(helm, release)
    const version = notedVersion(history[0], history)
    const instances = version === null ? [] : await instancesOf(kubectl, workloads, version)
    if (version !== null && instances.length > 0) found[version] = instances
  }
  return found
}
