// A SQLite file as the store of a folder of plain SQL, by way of a process of its own.
import { existsSync } from 'node:fs'
import { COMPILE_CACHE, entryPoint } from '../../lib/entry-point.ts'
import { lastLine } from '../../lib/excerpt.ts'
import type { MigrationPlace } from '../tool.ts'
import type { Applied, Change, Failure, Limits, Store } from './store.ts'

export interface SqliteRequest {
  path: string
  limits: Limits
  task: { type: 'applied' } | { type: 'change'; change: Change }
}

export type SqliteReply = { applied: Applied[] } | { done: true } | { failure: Failure }

/** The statement time-out is one of the whole migration: SQLite has none of its own, so the process is ended. */
export function openSqliteStore(path: string, place: MigrationPlace): Store {
  const ask = (task: SqliteRequest['task']): Promise<SqliteReply> =>
    askRunner({ path, limits: limitsOf(place), task }, place)
  return {
    async applied() {
      if (!existsSync(path)) return { kind: 'unreachable', message: `there is no file ${path}`, line: null }
      const reply = await ask({ type: 'applied' })
      return 'applied' in reply
        ? reply.applied
        : 'failure' in reply
          ? reply.failure
          : unclear('gave another answer than asked for')
    },
    async carryOut(change) {
      const reply = await ask({ type: 'change', change })
      return 'done' in reply ? null : 'failure' in reply ? reply.failure : unclear('gave another answer than asked for')
    },
  }
}

async function askRunner(request: SqliteRequest, place: MigrationPlace): Promise<SqliteReply> {
  const { lockTimeoutMs, statementTimeoutMs } = request.limits
  const limited = request.task.type === 'change' && statementTimeoutMs > 0
  const program = entryPoint(import.meta.url, './sqlite-runner')
  const result = await place.exec(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    input: JSON.stringify(request),
    env: COMPILE_CACHE,
    signal: place.signal,
    outputBytesMax: 16 << 20,
    ...(limited ? { timeoutMs: lockTimeoutMs + statementTimeoutMs } : {}),
  })
  if (result.ended === 'timed-out')
    return {
      failure: unclear(
        limited ? `was not done within ${statementTimeoutMs} ms and was stopped` : 'was not done in time',
      ),
    }
  if (result.ended !== 'exited' || result.exitCode !== 0)
    return { failure: unclear(`ended early: ${lastLine(result.stderr) || (result.signal ?? result.ended)}`) }
  try {
    return JSON.parse(result.stdout) as SqliteReply
  } catch {
    return { failure: unclear('gave no answer') }
  }
}

/** The process may have committed before it ended: whoever asked looks again. */
function unclear(how: string): Failure {
  return { kind: 'uncertain', message: `the migrating process ${how}`, line: null }
}

function limitsOf({ lockTimeoutMs, statementTimeoutMs }: MigrationPlace): Limits {
  return { lockTimeoutMs, statementTimeoutMs }
}
