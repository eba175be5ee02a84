// Bringing a version up: one supervisor, ports nobody else has, and the wait for health.
import { mkdirSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { poll } from '../../lib/deadline.ts'
import { entryPoint, spawnDetached } from '../../lib/entry-point.ts'
import { OutsideError } from '../../lib/errors.ts'
import { isAlive } from '../../lib/process-identity.ts'
import type { Backend } from '../../plan/traffic.ts'
import { readAlive } from './identity-file.ts'
import { instanceLog, knownVersions, layoutOf, type Layout } from './layout.ts'
import { withLock } from '../lock.ts'
import { lastLines } from '../log-file.ts'
import { allocatePorts } from '../ports.ts'
import { countWanted, instanceId, readJson, type InstanceReport, type Spec, type State } from './spec.ts'
import { endVersion, portsInUse, runningLeaders } from './versions.ts'

const LOCK_TIMEOUT_MS = 60_000
const SUPERVISOR_TIMEOUT_MS = 15_000
const LOOK_MS = 50
/** Exit codes of a shell that found no such program, or none it may run: trying again is no use. */
const NO_PROGRAM = ['exit code 126', 'exit code 127']

export interface Start {
  layout: Layout
  /** Everything but the ports. */
  spec: Omit<Spec, 'ports'>
  instances: number
  /** So many of them run; null: all. */
  count: number | null
  /** First port, or null for free ones. */
  portsFrom: number | null
  /** For errors: `target app`. */
  system: string
  /** Environment of the supervisor, added to this process's own. */
  env: Readonly<Record<string, string>>
}

/**
 * Starts the version unless it runs, and waits until all instances that shall run are healthy. A version that runs stays as it was
 * started, but for how many of its instances run.
 * @throws OutsideError when that does not come about in time or is cancelled; what this call started is stopped again.
 */
export async function prepare(start: Start, signal: AbortSignal): Promise<Backend[]> {
  const { layout, system } = start
  const lockFile = join(dirname(layout.directory), 'prepare.lock')
  const started = await withLock(lockFile, { timeoutMs: LOCK_TIMEOUT_MS, signal }, () =>
    ensureSupervisor(start, signal),
  )
  if (!started)
    throw new OutsideError(system, signal.aborted ? 'starting was cancelled' : 'another gonogo is starting a version', {
      retryable: true,
    })
  const { spec, isNew } = started.value
  const outcome = await awaitHealth(layout, { ...spec, startTimeoutMs: start.spec.startTimeoutMs }, signal)
  if (Array.isArray(outcome)) return outcome
  if (isNew) await endVersion(layout, system)
  throw new OutsideError(system, `${outcome.why}${isNew ? '; it was stopped again' : ''}`, {
    retryable: signal.aborted,
    hint: outcome.hint,
  })
}

/** Under the target's lock: the version has a supervisor afterwards. */
async function ensureSupervisor(start: Start, signal: AbortSignal): Promise<{ spec: Spec; isNew: boolean }> {
  const { layout, system } = start
  mkdirSync(layout.directory, { recursive: true, mode: 0o700 })
  await releaseHold(layout, system, signal)
  setCount(start)
  const known = readJson<Spec>(layout.spec)
  if (known && readAlive(layout.supervisor)) return { spec: known, isNew: false }
  if (known && runningLeaders(layout, known).length > 0) {
    await startSupervisor(start)
    return { spec: known, isNew: false }
  }
  const target = dirname(layout.directory)
  const others = knownVersions(target).flatMap((version) => portsInUse(layoutOf(target, version)))
  const ports = await allocatePorts(start.instances, { system, from: start.portsFrom, others })
  const spec: Spec = { ...start.spec, ports }
  for (const file of [layout.state, layout.ready]) rmSync(file, { force: true })
  writeFileAtomic(layout.spec, JSON.stringify(spec, null, 2), 0o600)
  await startSupervisor(start)
  return { spec, isNew: true }
}

/** Before anything is started: a supervisor that comes up must not start too many. */
function setCount({ layout, count }: Start): void {
  if (count === null) rmSync(layout.count, { force: true })
  else writeFileAtomic(layout.count, String(count), 0o600)
}

/** A hold left by a data swap that is over, or was killed, is lifted; one whose maker still runs is waited for. */
async function releaseHold(layout: Layout, system: string, signal: AbortSignal): Promise<void> {
  const isOver = () => (readAlive(layout.hold) === null ? true : null)
  const over = await poll(isOver, { everyMs: LOOK_MS, timeoutMs: LOCK_TIMEOUT_MS, signal })
  if (!over)
    throw new OutsideError(
      system,
      `a data swap holds this version (process ${readFileSync(layout.hold, 'utf8').trim()})`,
      {
        retryable: true,
        hint: 'wait until it is over',
      },
    )
  rmSync(layout.hold, { force: true })
}

async function startSupervisor({ layout, system, env }: Start): Promise<void> {
  const script = entryPoint(import.meta.url, './supervisor')
  const logPath = layout.supervisorLog
  const pid = spawnDetached(script, [layout.directory], { cwd: layout.directory, logPath, env: { ...env } })
  const isUp = () => (readAlive(layout.supervisor) ? true : null)
  if (await poll(isUp, { everyMs: 10, timeoutMs: SUPERVISOR_TIMEOUT_MS })) return
  throw new OutsideError(system, `its supervisor (process ${pid}) did not come up: ${quote(logPath)}`, {
    hint: `see ${logPath}`,
  })
}

interface Failure {
  why: string
  hint: string
}

/** Backends when all are healthy, else why not. */
async function awaitHealth(layout: Layout, spec: Spec, signal: AbortSignal): Promise<Backend[] | Failure> {
  const supervisor = readAlive(layout.supervisor)
  const look = (): Backend[] | Failure | null => {
    const all = readJson<State>(layout.state)?.instances ?? []
    const reports = all.slice(0, countWanted(layout.count, spec))
    const isResized = all.slice(reports.length).every(({ identity }) => identity === null || !isAlive(identity))
    if (all.length === spec.ports.length && reports.every(isServing) && isResized)
      return reports.map(({ id, port }) => ({ id, version: spec.version, host: '127.0.0.1', port }))
    const hopeless = reports.find(({ lastExit }) => NO_PROGRAM.includes(lastExit ?? ''))
    if (hopeless) return failure(layout, spec, reports, `cannot run ${spec.command[0]} (${hopeless.lastExit})`)
    if (!supervisor || !isAlive(supervisor))
      return failure(
        layout,
        spec,
        reports,
        existsSync(layout.state) ? 'its supervisor was killed' : 'was stopped meanwhile',
      )
    return signal.aborted ? { why: `starting ${spec.version} was cancelled`, hint: 'start it again' } : null
  }
  const outcome = await poll(look, { everyMs: LOOK_MS, timeoutMs: spec.startTimeoutMs, signal })
  if (outcome) return outcome
  const reports = (readJson<State>(layout.state)?.instances ?? []).slice(0, countWanted(layout.count, spec))
  return failure(layout, spec, reports, `did not become healthy within ${spec.startTimeoutMs / 1000} s`)
}

/** Healthy, and not killed since its supervisor looked. */
function isServing({ healthy, identity }: InstanceReport): boolean {
  return healthy && identity !== null && isAlive(identity)
}

function failure(layout: Layout, spec: Spec, reports: InstanceReport[], what: string): Failure {
  const index = Math.max(
    0,
    reports.findIndex(({ healthy }) => !healthy),
  )
  const report = reports[index]
  const seen = [
    report?.lastExit ? `ended with ${report.lastExit}, started ${report.restarts + 1} times` : null,
    report?.lastProbe ? `${describeProbe(spec, report.port)} gives ${report.lastProbe}` : null,
  ].filter((part) => part !== null)
  const log = instanceLog(layout, index + 1)
  const details = seen.length > 0 ? ` (${seen.join('; ')})` : ''
  return {
    why: `${instanceId(spec.version, index + 1)} ${what}${details}; its last lines: ${quote(log)}`,
    hint: `see ${log}; try the command by hand with ${spec.portEnv}=${report?.port ?? spec.ports[index]}`,
  }
}

function describeProbe({ health }: Spec, port: number): string {
  return health.kind === 'http' ? `http://127.0.0.1:${port}${health.path}` : `TCP port ${port}`
}

function quote(log: string): string {
  const lines = lastLines(log, 5)
  return lines.length > 0 ? `\n  ${lines.join('\n  ')}\n` : 'none'
}
