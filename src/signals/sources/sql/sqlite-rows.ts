// One query on a SQLite file, in a process of its own: a long one blocks nobody here and ends when it is cancelled.
import { resolve } from 'node:path'
import { COMPILE_CACHE, entryPoint } from '../../../lib/entry-point.ts'
import { lastLine } from '../../../lib/excerpt.ts'
import { exec } from '../../../lib/exec.ts'
import type { Rows } from './rows.ts'

export interface SqliteRequest {
  path: string
  query: string
  /** How long to wait for a writer that holds the database. */
  lockTimeoutMs: number
  rowsMax: number
}

export type SqliteReply = { rows: Rows } | { error: string }

/** @throws Error of SQLite, or of the process that asks it. */
export async function askSqlite(
  request: SqliteRequest,
  options: { directory: string; timeoutMs: number; signal: AbortSignal },
): Promise<Rows> {
  const { directory, timeoutMs, signal } = options
  const program = entryPoint(import.meta.url, './sqlite-reader')
  const result = await exec(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    input: JSON.stringify({ ...request, path: resolve(directory, request.path) }),
    env: COMPILE_CACHE,
    timeoutMs,
    signal,
  })
  if (result.ended === 'timed-out') throw new Error(`no answer within ${timeoutMs} ms`)
  if (result.ended !== 'exited' || result.exitCode !== 0)
    throw new Error(`the query was ${result.ended}: ${lastLine(result.stderr)}`)
  const reply = JSON.parse(result.stdout) as SqliteReply
  if ('error' in reply) throw new Error(reply.error)
  return reply.rows
}
