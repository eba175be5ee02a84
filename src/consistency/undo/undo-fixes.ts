// Undoing a fix, listing what was fixed, and forgetting it.
import type { Database } from '../../databases/database.ts'
import { PlanError } from '../../lib/errors.ts'
import type { Rule } from '../rule.ts'
import { referencesOf } from '../fix/references.ts'
import { dropRun, readChanges, readRun, readRuns, type LoggedRun } from '../fix/shadow-log.ts'
import { sqlSession } from '../fix/sql.ts'
import { inTransaction } from '../fix/transaction.ts'
import { undoRun, type UndoneRun } from './undo-run.ts'

export interface UndoOptions {
  signal: AbortSignal
  /** Rules declare references that no foreign key does. */
  rules?: readonly Rule[]
  /** Default: `transaction`. A killed undo in chunks goes on when it is asked for again. */
  mode?: 'transaction' | 'chunks'
  /** Longest a chunk's transaction should last, in milliseconds. Default: 100. */
  chunkMs?: number
  now?: () => number
  progress?: (progress: { rowsDone: number; rowsTotal: number }) => void
}

export interface UndoReport extends UndoneRun {
  database: string
  run: number
  outcome: 'undone' | 'undone-with-conflicts'
  /** Changes taken back: rows put back as they were. */
  restored: number
  durationMs: number
}

const CHUNK_MS = 100

/**
 * Puts back what a run changed. Rows that were edited or deleted since are left as they are and reported.
 * @throws PlanError for a run that is not there, is undone, or stands below a later one; OutsideError
 */
export async function undoFixes(database: Database, run: number, options: UndoOptions): Promise<UndoReport> {
  const { signal, now = Date.now } = options
  const schema = await database.schema(signal)
  const began = performance.now()
  const undone = await database.write(signal, async (plain) => {
    const session = sqlSession(database.engine, plain)
    return undoRun(session, await readRun(session, run), {
      schema,
      references: referencesOf(schema, options.rules ?? []),
      chunkMs: options.mode === 'chunks' ? (options.chunkMs ?? CHUNK_MS) : null,
      now,
      progress: options.progress ?? (() => undefined),
    })
  })
  const { count } = undone.conflicts
  return {
    database: database.identity,
    run,
    outcome: count === 0 ? 'undone' : 'undone-with-conflicts',
    restored: undone.changes.reduce((sum, { restored }) => sum + restored, 0),
    durationMs: Math.round(performance.now() - began),
    ...undone,
  }
}

export interface FixRun extends LoggedRun {
  /** Rows changed. */
  rows: number
  tables: string[]
}

/** Every run that was not pruned, the oldest first. @throws OutsideError */
export function listFixRuns(database: Database, signal: AbortSignal): Promise<FixRun[]> {
  return database.snapshot(1, signal, async ({ sessions: [plain] }) => {
    if (!plain) return []
    const session = sqlSession(database.engine, plain)
    const runs: FixRun[] = []
    for (const run of await readRuns(session)) {
      const changes = await readChanges(session, run.run)
      const rows = changes.reduce((sum, change) => sum + change.rows, 0)
      runs.push({ ...run, rows, tables: [...new Set(changes.map(({ table }) => table))] })
    }
    return runs
  })
}

/** Removes what is kept of a run: it can no longer be undone. @throws PlanError for a run that is not there or not finished. */
export async function pruneFixRun(database: Database, run: number, signal: AbortSignal): Promise<void> {
  await database.write(signal, async (plain) => {
    const session = sqlSession(database.engine, plain)
    await inTransaction(session, [], async () => {
      const { state } = await readRun(session, run)
      if (state === 'fixing' || state === 'undoing')
        throw new PlanError(`run ${run} is not finished (${state})`, { hint: `gonogo data undo ${run}` })
      await dropRun(session, run)
    })
  })
}
