// What pm2 says of its processes. It is asked only where its daemon runs: it would start one to answer.
import { dirname } from 'node:path'
import { lastLine } from '../../../lib/excerpt.ts'
import { parsePm2List, PM2_LIST_BYTES_MAX, pm2PidFile } from '../../../lib/pm2-list.ts'
import type { CheckContext } from '../../check.ts'
import { readPid, running } from '../running.ts'
import type { States } from './process-state.ts'

/** All processes of this name. */
export async function pm2States(name: string, context: CheckContext, timeoutMs: number): Promise<States> {
  const pidFile = pm2PidFile(context.env)
  const daemon = await readPid(pidFile)
  if (typeof daemon === 'object' && !daemon.missing)
    return {
      untold: `the process id of pm2's daemon cannot be read: ${daemon.error}`,
      remedy: 'run gonogo as the user of pm2',
    }
  if (typeof daemon === 'object' || !(await running(daemon)))
    return { down: `pm2's daemon of ${dirname(pidFile)} does not run` }
  const result = await context.exec('pm2', ['jlist'], {
    timeoutMs,
    signal: context.signal,
    outputBytesMax: PM2_LIST_BYTES_MAX,
  })
  const remedy = 'install pm2 where gonogo runs, and set PM2_HOME to that of its user'
  if (result.ended === 'not-started') return { untold: 'pm2 is not installed', remedy }
  if (result.ended !== 'exited' || result.exitCode !== 0)
    return {
      untold: `pm2 jlist: ${result.ended === 'exited' ? lastLine(result.stderr) || `exit code ${result.exitCode}` : result.ended}`,
      remedy,
    }
  const list = parsePm2List(result.stdout)
  if (!list) return { untold: 'pm2 jlist printed no list of processes', remedy }
  const processes = list
    .filter((entry) => entry.name === name)
    .map(({ pm_id: id, pm2_env: state }) => ({
      name: `${name} (pm2 id ${id})`,
      isUp: state.status === 'online',
      status: state.status,
      restarts: state.restart_time ?? null,
      uptimeMs:
        state.status === 'online' && state.pm_uptime !== undefined ? Math.max(0, Date.now() - state.pm_uptime) : null,
      version: typeof state.version === 'string' && state.version !== 'N/A' ? state.version : null,
      command: state.pm_exec_path ?? null,
    }))
  return processes.length > 0 ? { processes } : { down: `pm2 knows no process ${name}` }
}
