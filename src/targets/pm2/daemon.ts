// Asking and telling the daemon of pm2.
import { readFileSync } from 'node:fs'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { parsePm2List, PM2_LIST_BYTES_MAX, pm2PidFile, type Pm2Process } from '../../lib/pm2-list.ts'
import { identify } from '../../lib/process-identity.ts'
import { runProgram, type Program } from '../../lib/program.ts'
import type { Backend } from '../../plan/traffic.ts'
import { lastLines } from '../log-file.ts'
import type { TargetContext } from '../target.ts'
import type { Seen } from '../waiting.ts'
import { INSTALL, listProgram } from './programs.ts'

const LAST_LINES = 5

export interface Daemon {
  run(program: Program, signal: AbortSignal): Promise<string>
  /** Its processes of these names, in the order they were started; none where it does not run: asking would start it. */
  list(names: readonly string[], signal: AbortSignal): Promise<Pm2Process[]>
}

export function createDaemon(context: TargetContext, timeoutMs: number): Daemon {
  const system = `target ${context.name}`
  // pm2's news and colours are of no use here.
  const env = { ...context.env, PM2_DISABLE_VERSION_CHECK: 'true', NO_COLOR: '1' }
  const run = (program: Program, signal: AbortSignal): Promise<string> =>
    runProgram(program, { system, env, timeoutMs, signal, install: INSTALL, outputBytesMax: PM2_LIST_BYTES_MAX })
  return {
    run,
    async list(names, signal) {
      if (!isDaemonAlive(context.env)) return []
      const list = parsePm2List(await run(listProgram(), signal))
      if (!list) throw new OutsideError(system, '`pm2 jlist` printed no list of processes', { hint: 'run it by hand' })
      return list.filter(({ name }) => names.includes(name)).toSorted((a, b) => a.pm_id - b.pm_id)
    },
  }
}

function isDaemonAlive(env: TargetContext['env']): boolean {
  try {
    return identify(Number(readFileSync(pm2PidFile(env), 'utf8'))) !== null
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** As a target tells an instance. */
export function seenOf({ pid, pm2_env: state }: Pm2Process, backend: Backend): Seen {
  const isUp = state.status === 'online'
  return {
    backend,
    pid: pid ? pid : null,
    isUp,
    restarts: state.restart_time ?? 0,
    upMs: isUp && state.pm_uptime !== undefined ? Math.max(0, Date.now() - state.pm_uptime) : null,
    status: state.status,
  }
}

/** What the one that is worst off wrote last. */
export function lastLinesOf(processes: readonly Pm2Process[]): string[] {
  const isUp = ({ pm2_env: { status } }: Pm2Process): number => (status === 'online' ? 1 : 0)
  const worstFirst = processes.toSorted((a, b) => isUp(a) - isUp(b)).map(({ pm2_env: environment }) => environment)
  // What any of them complained of says more than what the worst one, just started again, has said so far.
  const paths = [
    ...worstFirst.map(({ pm_err_log_path: path }) => path),
    ...worstFirst.map(({ pm_out_log_path: path }) => path),
  ]
  return (
    paths
      .filter((path) => path !== undefined)
      .map((path) => lastLines(path, LAST_LINES))
      .find((lines) => lines.length > 0) ?? []
  )
}
