// Reading a SQLite file in a process of its own: a long scan blocks nobody here and ends when it is cancelled.
import { resolve } from 'node:path'
import { COMPILE_CACHE, entryPoint } from '../../lib/entry-point.ts'
import { lastLine } from '../../lib/excerpt.ts'
import type { CheckContext } from '../check.ts'

export type SqliteTask =
  | { type: 'integrity'; quick: boolean; foreignKeys: boolean }
  /** Pragmas that the file itself keeps, and its schema; `schemaSql` makes the schema that is expected. */
  | { type: 'state'; pragmas: readonly string[]; schemaSql: string | null }
  /** A query whose answer is one number. */
  | { type: 'number'; query: string }

export interface SqliteRequest {
  path: string
  /** How long to wait for a writer's lock. */
  lockTimeoutMs: number
  task: SqliteTask
}

export interface SqliteState {
  pragmas: Record<string, string | null>
  pages: number
  freePages: number
  pageBytes: number
  /** Objects by name, as "table orders", and the SHA-256 of their statements, white space aside. */
  schema: Record<string, string>
  /** The same of the expected schema. */
  expected: Record<string, string> | null
}

/** What the reading process says: problems found (none: `[]`), the query's first rows, or SQLite's own error. */
export type SqliteReply =
  | { problems: string[]; foreignKeyViolations: number | null }
  /** Rows as text, numbers in full; at most two are read. */
  | { rows: (string | null)[][] }
  | SqliteState
  | { error: { code: number | null; message: string } }

/** SQLite's result codes that say something about the file itself. */
export const SQLITE_CORRUPT = 11
export const SQLITE_NOT_A_DATABASE = 26

/** Asks the reading process; whatever keeps it from answering is an `error` with code null. */
export async function readSqlite(
  options: { path: string; timeoutMs: number },
  task: SqliteTask,
  context: CheckContext,
): Promise<SqliteReply> {
  const path = options.path === ':memory:' ? options.path : resolve(context.directory, options.path)
  const request: SqliteRequest = { path, lockTimeoutMs: options.timeoutMs, task }
  const program = entryPoint(import.meta.url, './sqlite-reader')
  const result = await context.exec(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    input: JSON.stringify(request),
    env: COMPILE_CACHE,
    timeoutMs: options.timeoutMs,
    signal: context.signal,
  })
  if (result.ended === 'timed-out') return trouble(`not read through within ${options.timeoutMs} ms`)
  if (result.ended !== 'exited' || result.exitCode !== 0)
    return trouble(`the reading process ended early: ${lastLine(result.stderr) || (result.signal ?? result.ended)}`)
  try {
    return JSON.parse(result.stdout) as SqliteReply
  } catch {
    return trouble('the reading process gave no answer')
  }
}

function trouble(message: string): SqliteReply {
  return { error: { code: null, message } }
}
