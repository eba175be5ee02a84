// One version as it stands on this machine: who supervises it, what runs, how it is ended.
import { existsSync, rmSync } from 'node:fs'
import { poll } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { isAlive, type ProcessIdentity } from '../../lib/process-identity.ts'
import type { InstanceState } from '../target.ts'
import { readAlive, readIdentity } from './identity-file.ts'
import { identityFile, type Layout } from './layout.ts'
import { probe } from '../probe.ts'
import { endGroups, isGroupAlive } from './process-groups.ts'
import { countWanted, instanceId, readJson, type Spec, type State } from './spec.ts'

/** On top of the grace period: for the supervisor to notice, and to kill what did not go. */
const SUPERVISOR_EXTRA_MS = 8000

/** Instances of a version that run now; empty when it does not run. */
export async function runningInstances(layout: Layout): Promise<InstanceState[]> {
  const spec = readJson<Spec>(layout.spec)
  if (!spec) return []
  const reports = readJson<State>(layout.state)?.instances
  const isSupervised = readAlive(layout.supervisor) !== null
  const wanted = countWanted(layout.count, spec)
  const states = await Promise.all(
    spec.ports.map(async (firstPort, index): Promise<InstanceState | null> => {
      const report = reports?.[index]
      const identity = readAlive(identityFile(layout, index + 1))
      if (!identity && (!isSupervised || index >= wanted)) return null
      const port = report?.port ?? firstPort
      // What a dead supervisor said last is no news.
      const healthy =
        identity !== null &&
        (isSupervised ? (report?.healthy ?? false) : (await probe({ host: '127.0.0.1', port }, spec.health)).healthy)
      const backend = { id: instanceId(spec.version, index + 1), version: spec.version, host: '127.0.0.1', port }
      return { backend, pid: identity?.pid ?? null, healthy, restarts: report?.restarts ?? 0 }
    }),
  )
  return states.filter((state) => state !== null)
}

/** Ports a version has or will have; empty when it does not run. */
export function portsInUse(layout: Layout): number[] {
  const spec = readJson<Spec>(layout.spec)
  if (!spec || (!readAlive(layout.supervisor) && runningLeaders(layout, spec).length === 0)) return []
  const moved = readJson<State>(layout.state)?.instances.map(({ port }) => port) ?? []
  return [...spec.ports, ...moved]
}

/**
 * Ends supervisor and instances, gracefully, then forcibly. Nothing running is fine.
 * @throws OutsideError when something would not go, or the signal aborted before all were gone.
 */
export async function endVersion(layout: Layout, system: string, signal?: AbortSignal): Promise<void> {
  const spec = readJson<Spec>(layout.spec)
  if (!spec) return
  const supervisor = readAlive(layout.supervisor)
  if (supervisor) await endSupervisor(supervisor, spec.stop.graceMs + SUPERVISOR_EXTRA_MS, signal)
  if (signal?.aborted) throw new OutsideError(system, `stopping ${spec.version} was cancelled`, { retryable: true })
  // A supervisor that was killed left them; one that ended by itself left none.
  const isGone = await endGroups(runningLeaders(layout, spec), spec.stop)
  if (!isGone)
    throw new OutsideError(system, `${spec.version} could not be stopped`, {
      retryable: true,
      hint: `see ${layout.directory}: instance-*.pid name the processes`,
    })
  for (const index of spec.ports.keys()) rmSync(identityFile(layout, index + 1), { force: true })
  for (const file of [layout.supervisor, layout.state, layout.ready, layout.hold, layout.count])
    rmSync(file, { force: true })
}

/** Group leaders of a version, of which something still runs. */
export function runningLeaders(layout: Layout, spec: Spec): ProcessIdentity[] {
  const files = [...spec.ports.keys()].map((index) => identityFile(layout, index + 1))
  return files
    .filter((file) => existsSync(file))
    .map(readIdentity)
    .filter((identity) => identity !== null)
    .filter(isGroupAlive)
}

async function endSupervisor(supervisor: ProcessIdentity, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const isGone = () => (isAlive(supervisor) ? null : true)
  process.kill(supervisor.pid, 'SIGTERM')
  const gone = await poll(isGone, { everyMs: 20, timeoutMs, ...(signal ? { signal } : {}) })
  if (gone || signal?.aborted) return
  process.kill(supervisor.pid, 'SIGKILL')
  await poll(isGone, { everyMs: 20, timeoutMs: 1000 })
}
