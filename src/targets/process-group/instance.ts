// One instance under supervision: started, adopted, probed, started again when it is gone.
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, rmSync } from 'node:fs'
import { identify, isAlive, type ProcessIdentity } from '../../lib/process-identity.ts'
import { readIdentity } from './identity-file.ts'
import { identityFile, instanceLog, type Layout } from './layout.ts'
import { rotateLog } from '../log-file.ts'
import { findFreePort, isPortFree } from '../ports.ts'
import { probe } from '../probe.ts'
import { endGroups, isGroupAlive } from './process-groups.ts'
import { instanceId, readJson, type InstanceReport, type Spec, type State } from './spec.ts'

const BACKOFF_FIRST_MS = 200
const BACKOFF_MAX_MS = 5000
/** One that lived so long starts with the first backoff again. */
const SETTLED_MS = 10_000
/** An instance that is coming up is asked more often. */
const STARTING_INTERVAL_MS = 50

/**
 * Writes its own identity before it becomes the command, so that a supervisor killed at any moment leaves no unknown process; and
 * looks for the hold after that, so that whoever holds sees either its identity or its end.
 */
const LAUNCH = `
file=$1 hold=$2; shift 2
{ read -r stat < "/proc/$$/stat"; } 2>/dev/null || stat=
note() { printf '%s %s\\n' "$$" "\${20:--}" > "$file"; }
note \${stat##*) }
[ ! -e "$hold" ] || exit 75
exec "$@"
`

export interface Instance {
  report: InstanceReport
  /** Does what is due now; called every tick, never overlapping itself. Not wanted: it is ended gracefully and not started again. */
  tend(isHeld: boolean, isWanted: boolean): Promise<void>
}

export interface Supervision {
  spec: Spec
  layout: Layout
  /** Called when the report has changed. */
  onChange: () => void
  /** Aborts when all is to be stopped: nothing is started from then on. */
  signal: AbortSignal
}

/** Instance `number` (from 1). If its process still runs, from an earlier supervisor, it is adopted. */
export function createInstance({ spec, layout, onChange, signal }: Supervision, number: number): Instance {
  const idFile = identityFile(layout, number)
  const report = adopt(spec, layout, number)
  let wasHealthy = report.identity !== null
  let isRestart = false
  let startedAt = 0
  let startAt = 0
  let backoffMs = BACKOFF_FIRST_MS
  let probeAt = 0
  let streak = 0
  /** Until an instance that makes way has ended. */
  let ending: Promise<unknown> | null = null

  async function start(): Promise<void> {
    startAt = performance.now() + backoffMs
    if (!spec.portsAreFixed && !wasHealthy && !(await isPortFree(report.port)))
      report.port = await findFreePort(new Set(spec.ports))
    if (signal.aborted) return
    if (isRestart) report.restarts++
    startedAt = performance.now()
    const child = launch(spec, layout, number, report.port)
    child.on('error', (error) => (report.lastExit = error.message))
    child.on('exit', (code, cause) => (report.lastExit = cause ?? `exit code ${code}`))
    // One that is gone already is cleared away on the next tick, like any other.
    if (child.pid !== undefined) report.identity = identify(child.pid) ?? { pid: child.pid, startTicks: null }
  }

  async function clearAway(gone: ProcessIdentity, isHeld: boolean): Promise<void> {
    await endGroups([gone], { signal: 'SIGKILL', graceMs: 0 })
    rmSync(idFile, { force: true })
    report.identity = null
    report.healthy = false
    streak = 0
    isRestart = !isHeld
    if (isHeld || performance.now() - startedAt > SETTLED_MS) backoffMs = BACKOFF_FIRST_MS
    startAt = isHeld ? 0 : performance.now() + backoffMs
    if (!isHeld) backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS)
  }

  async function look(identity: ProcessIdentity): Promise<void> {
    const { healthy, said } = await probe({ host: '127.0.0.1', port: report.port }, spec.health, signal)
    const { intervalMs, consecutive } = spec.health
    probeAt = performance.now() + (report.healthy ? intervalMs : Math.min(intervalMs, STARTING_INTERVAL_MS))
    if (report.identity !== identity) return
    report.lastProbe = said
    streak = healthy === report.healthy ? 0 : streak + 1
    if (streak < consecutive) return
    streak = 0
    report.healthy = healthy
    wasHealthy ||= healthy
  }

  return {
    report,
    async tend(isHeld, isWanted) {
      const before = JSON.stringify(report)
      const { identity } = report
      if (identity && !isAlive(identity)) await clearAway(identity, isHeld || !isWanted)
      else if (!isWanted) {
        // It may take its time to finish what it does; the others are tended meanwhile.
        if (identity) ending ??= endGroups([identity], spec.stop).finally(() => (ending = null))
      } else if (identity && performance.now() >= probeAt) await look(identity)
      else if (!identity && !isHeld && performance.now() >= startAt) await start()
      if (JSON.stringify(report) !== before) onChange()
    },
  }
}

/** The report to begin with: that of the last supervisor where the process still runs. */
function adopt(spec: Spec, layout: Layout, number: number): InstanceReport {
  const id = instanceId(spec.version, number)
  const port = spec.ports[number - 1] ?? 0
  const identity = readIdentity(identityFile(layout, number))
  const fresh = { id, port, identity: null, healthy: false, restarts: 0, lastProbe: null, lastExit: null }
  if (!identity || !isGroupAlive(identity)) return fresh
  const last = readJson<State>(layout.state)?.instances.find((instance) => instance.id === id)
  return { ...fresh, ...last, identity }
}

function launch(spec: Spec, layout: Layout, number: number, port: number): ChildProcess {
  const path = instanceLog(layout, number)
  rotateLog(path)
  const log = openSync(path, 'a', 0o600)
  try {
    return spawn('sh', ['-c', LAUNCH, 'sh', identityFile(layout, number), layout.hold, ...spec.command], {
      cwd: spec.cwd,
      env: {
        ...process.env,
        ...spec.env,
        [spec.portEnv]: String(port),
        GONOGO_VERSION: spec.version,
        GONOGO_INSTANCE: instanceId(spec.version, number),
      },
      detached: true,
      stdio: ['ignore', log, log],
    })
  } finally {
    closeSync(log)
  }
}
