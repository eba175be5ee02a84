// What `pm2 jlist` prints, and whether there is a daemon that could answer it: it would start one.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'

/** It prints the whole environment of each process. */
export const PM2_LIST_BYTES_MAX = 64 << 20

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
      pm_err_log_path: z.string().optional(),
      pm_out_log_path: z.string().optional(),
      env: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
)

export type Pm2Process = z.infer<typeof listSchema>[number]

/** File with the process id of the daemon that this environment names. */
export function pm2PidFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['PM2_HOME'] || join(env['HOME'] || homedir(), '.pm2'), 'pm2.pid')
}

/** The list stands in one line; news of pm2 may stand before it. Null where there is none. */
export function parsePm2List(stdout: string): Pm2Process[] | null {
  const lines = stripVTControlCharacters(stdout)
    .split('\n')
    .filter((line) => /^\[(?:\{|\])/.test(line.trim()))
  try {
    return listSchema.parse(JSON.parse(lines.at(-1) ?? ''))
  } catch {
    return null
  }
}
