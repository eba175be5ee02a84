// Fixes what breaks the rules, in one transaction or in short ones, with a log in the same database from which it can be undone.
import type { Database } from '../../databases/database.ts'
import type { DatabaseSchema } from '../../databases/schema.ts'
import { PlanError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { bindRule } from '../bind.ts'
import type { Rule } from '../rule.ts'
import { undoRun } from '../undo/undo-run.ts'
import { triggersOf } from './engine-catalogue.ts'
import { fixAtOnce, type FixedAtOnce } from './fix-at-once.ts'
import { fixInChunks } from './fix-in-chunks.ts'
import { isWithin, type FixJob, type FixProgress } from './fix-job.ts'
import type { FixKind } from './fix.ts'
import { setForeignKeys } from './foreign-keys.ts'
import { prepareFix, tablesOf } from './prepared-fix.ts'
import { referencesOf } from './references.ts'
import { reportChange, type FixReport } from './report.ts'
import { moveRun, readRun, requireNoneUnfinished } from './shadow-log.ts'
import { sqlSession, type SqlSession } from './sql.ts'
import { inTransaction } from './transaction.ts'
import { violationsOf } from './violations.ts'

export interface FixOptions {
  /** Every kind of fix there is. */
  kinds: readonly FixKind[]
  signal: AbortSignal
  /** Default: `transaction`. */
  mode?: 'transaction' | 'chunks'
  /** Does all of it in one transaction, reports it, and keeps nothing. */
  dryRun?: boolean
  /** Kept with the run, so that its asker finds it again: see `listFixRuns`. */
  label?: string
  /** Keeps what was done although a rule is still over its threshold. */
  keepIncomplete?: boolean
  /** Longest a chunk's transaction should last, in milliseconds. Default: 100. */
  chunkMs?: number
  /** Goes on with a run in chunks that was killed. */
  resume?: number
  /** Rows shown of each change, before and after. Default: 3. */
  samples?: number
  now?: () => number
  progress?: (progress: FixProgress) => void
  /** The full check afterwards; it is awaited before the report is given. */
  afterwards?: (report: FixReport) => Promise<void>
}

const CHUNK_MS = 100
const SAMPLES = 3

/**
 * Repairs what breaks the rules that have a fix, in their order, and judges all of them afterwards.
 * @throws PlanError for a fix that does not fit (nothing is changed), OutsideError where the database fails: in one transaction nothing is
 * changed, in chunks the run can be resumed or undone.
 */
export async function applyFixes(database: Database, rules: readonly Rule[], options: FixOptions): Promise<FixReport> {
  const { signal, now = Date.now } = options
  const schema = await database.schema(signal)
  const startedAt = now()
  const began = performance.now()
  const report = await database.write(signal, async (plain) => {
    const session = sqlSession(database.engine, plain)
    const job = jobOf(session, schema, rules, { ...options, now })
    const notes = await notesOf(job)
    await setForeignKeys(session, true)
    await requireRunnable(session, options)
    const isChunked = options.mode === 'chunks' && options.dryRun !== true
    const came = isChunked
      ? await chunked(job, options)
      : { ...(await timed(() => fixAtOnce(job, { isDryRun: options.dryRun === true }))), notes: [] }
    return {
      database: database.identity,
      mode: isChunked ? ('chunks' as const) : ('transaction' as const),
      isDryRun: options.dryRun === true,
      startedAt,
      durationMs: Math.round(performance.now() - began),
      schemaHash: schema.hash,
      ...came,
      notes: [...notes, ...came.notes],
    }
  })
  await options.afterwards?.(report)
  return report
}

function jobOf(
  session: SqlSession,
  schema: DatabaseSchema,
  rules: readonly Rule[],
  options: FixOptions & { now: () => number },
): FixJob {
  for (const rule of rules) bindRule(rule, schema)
  const references = referencesOf(schema, rules)
  const { kinds, signal, now } = options
  const fixes = rules
    .filter((rule) => rule.fix !== null)
    .map((rule) => prepareFix(rule, { kinds, schema, references, now: now(), signal }))
  const unfixed = rules
    .filter((rule) => rule.fix === null && rule.kind.violations !== undefined)
    .map((rule) => ({ rule, violations: violationsOf(rule, schema, { now: now(), signal }) }))
  return {
    session,
    schema,
    references,
    rules,
    fixes,
    unfixed,
    tables: [...new Set(fixes.flatMap((fix) => fix.tables))],
    keepIncomplete: options.keepIncomplete === true,
    label: options.label ?? null,
    samples: options.samples ?? SAMPLES,
    now,
    progress: options.progress ?? (() => undefined),
  }
}

type Came = Pick<FixReport, 'run' | 'outcome' | 'rules' | 'changes' | 'chunks' | 'notes'>

async function timed(work: () => Promise<FixedAtOnce>): Promise<FixedAtOnce & { chunks: FixReport['chunks'] }> {
  const startedAt = performance.now()
  const result = await work()
  const durationMs = performance.now() - startedAt
  return { ...result, chunks: { count: result.changes.length > 0 ? 1 : 0, longestMs: durationMs } }
}

/** A fix that cannot be carried through is taken back again, in chunks as it was done; a killed one waits for `resume` or undo. */
async function chunked(job: FixJob, options: FixOptions): Promise<Came> {
  const chunkMs = options.chunkMs ?? CHUNK_MS
  let run: number | null = options.resume ?? null
  try {
    const fixed = await fixInChunks(job, { resumed: run, chunkMs, onRun: (begun) => (run = begun) })
    const { count, longestMs } = fixed.chunks
    const again = fixed.detectedAgain
    const notes =
      again === 0
        ? []
        : [`others wrote meanwhile: rows were looked for again in ${plural(again, 'chunk')}, which made them longer`]
    const came = { rules: fixed.rules, chunks: { count, longestMs }, notes }
    const isEnough = fixed.rules.every(isWithin)
    const changes = await Promise.all(fixed.changes.map((imaged) => reportChange(job.session, imaged, job.samples)))
    const touched = changes.filter(({ rows }) => rows > 0)
    if (fixed.run === null)
      return { ...came, run: null, changes: [], outcome: isEnough ? 'nothing-to-fix' : 'rolled-back' }
    if (!isEnough && !job.keepIncomplete) {
      await takeBack(job, fixed.run, chunkMs)
      return { ...came, run: null, changes: touched, outcome: 'rolled-back' }
    }
    const outcome = isEnough ? 'fixed' : 'incomplete'
    const finished = fixed.run
    await inTransaction(job.session, [], () =>
      moveRun(job.session, finished, { from: ['fixing'], to: outcome, at: job.now() }),
    )
    return { ...came, run: finished, changes: touched, outcome }
  } catch (error) {
    // What another process has ended or begun to undo is no longer this one's to take back.
    if (run !== null && error instanceof PlanError && (await readRun(job.session, run)).state === 'fixing')
      await takeBack(job, run, chunkMs)
    throw error
  }
}

async function takeBack(job: FixJob, run: number, chunkMs: number): Promise<void> {
  const { session, schema, references, now } = job
  await undoRun(session, await readRun(session, run), { schema, references, chunkMs, now, progress: () => undefined })
}

/** @throws PlanError for a run that cannot be resumed, or one that has to be finished first. */
async function requireRunnable(session: SqlSession, { resume }: FixOptions): Promise<void> {
  if (resume === undefined) return requireNoneUnfinished(session)
  const run = await readRun(session, resume)
  if (run.state !== 'fixing') throw new PlanError(`run ${resume} is ${run.state}, so there is nothing to resume`)
  if (run.mode !== 'chunks') throw new PlanError(`run ${resume} was one transaction`)
}

/** Triggers of the user's fire as for any other writer: what they change elsewhere is theirs to take back. */
async function notesOf({ session, fixes }: FixJob): Promise<string[]> {
  const tables = new Set(fixes.flatMap(({ plan }) => plan.changes.flatMap(tablesOf)))
  const notes: string[] = []
  for (const table of [...tables].toSorted()) {
    const triggers = await triggersOf(session, table)
    if (triggers.length > 0) notes.push(`triggers of ${table} fire on fix and on undo: ${triggers.join(', ')}`)
  }
  return notes
}
