// What pm2 says of its processes. It is asked only where its daemon runs: it would start one to answer.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'
import { lastLine } from '../../../lib/excerpt.ts'
import type { CheckContext } from '../../check.ts'
import { readPid, running } from '../running.ts'
import type { States } from './process-state.ts'

/** It prints the whole environment of each process. */
const LIST_BYTES_MAX = 64 << 20

const listSchema = z.array(
  z.object({
    name: z.string(),
    pid: z.number().nullish(),
    pm_id: z.number(),
    pm2_env: z.object({
      status: z.string(),
      restart_time: z.number().optional(),
      pm_uptime: z.number().optional(),
      version: z.unknown(),
      pm_exec_path: z.string().optional(),
    }),
  }),
)

/** All processes of this name. */
export async function pm2States(name: string, context: CheckContext, timeoutMs: number): Promise<States> {
  const home = context.env['PM2_HOME'] || join(context.env['HOME'] || homedir(), '.pm2')
  const daemon = await readPid(join(home, 'pm2.pid'))
  if (typeof daemon === 'object' && !daemon.missing)
    return {
      untold: `the process id of pm2's daemon cannot be read: ${daemon.error}`,
      remedy: 'run gonogo as the user of pm2',
    }
  if (typeof daemon === 'object' || !(await running(daemon))) return { down: `pm2's daemon of ${home} does not run` }
  const result = await context.exec('pm2', ['jlist'], {
    timeoutMs,
    signal: context.signal,
    outputBytesMax: LIST_BYTES_MAX,
  })
  const remedy = 'install pm2 where gonogo runs, and set PM2_HOME to that of its user'
  if (result.ended === 'not-started') return { untold: 'pm2 is not installed', remedy }
  if (result.ended !== 'exited' || result.exitCode !== 0)
    return {
      untold: `pm2 jlist: ${result.ended === 'exited' ? lastLine(result.stderr) || `exit code ${result.exitCode}` : result.ended}`,
      remedy,
    }
  const list = parseList(result.stdout)
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

/** The list stands in one line; news of pm2 may stand before it. */
function parseList(stdout: string): z.infer<typeof listSchema> | null {
  const lines = stripVTControlCharacters(stdout)
    .split('\n')
    .filter((line) => /^\[(?:\{|\])/.test(line.trim()))
  try {
    return listSchema.parse(JSON.parse(lines.at(-1) ?? ''))
  } catch {
    return null
  }
}
