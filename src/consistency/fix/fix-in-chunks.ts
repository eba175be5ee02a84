// Fixes in short transactions, between which others get the lock: each is committed with its log, so a killed fix can go on or be undone.
import { sql } from 'kysely'
import type { Column } from '../../databases/schema.ts'
import { PlanError } from '../../lib/errors.ts'
import { allOf } from '../compile.ts'
import { findTable } from '../terms.ts'
import { applySlice, type RowChange } from './apply-slice.ts'
import { countUnfixed, imagedColumns, judge, tell, type FixJob } from './fix-job.ts'
import { openImages, type Imaged } from './images.ts'
import { firstPace, nextPace, type Pace } from './pace.ts'
import { aim, detect, explainConstraint, TARGET, type PreparedFix } from './prepared-fix.ts'
import type { FixedRule } from './report.ts'
import { rowKey, isAmong } from './row-key.ts'
import { beginRun, nextSeq, readRun } from './shadow-log.ts'
import { isSame, list, name, numbered, type Sql } from './sql.ts'
import { applyStatement } from './statements.ts'
import { checkpoint, checkpointBetween, inTransaction, readWatermark, watermarkAfter } from './transaction.ts'
import { workTable } from './work-tables.ts'

/** Others may break a rule again while it is being fixed: it is looked at so often. */
const PASSES_MAX = 3
/** So many chunks are moved from SQLite's log into the file at once. */
const CHUNKS_A_CHECKPOINT = 8
/** Work table of the rows that are still to be changed, where all had to be looked for again. */
const FRESH = 'fresh'
/** Values of any type are compared as text. */
const ANY_COLUMN: Column = { name: '', type: '', notNull: false, isGenerated: false }

export interface FixedInChunks {
  run: number | null
  rules: FixedRule[]
  changes: Imaged[]
  chunks: { count: number; longestMs: number; lastMs: number }
  /** Chunks in which all was detected again because others had written. */
  detectedAgain: number
}

/** What a fix in chunks carries from transaction to transaction. */
interface Progress extends Omit<FixedInChunks, 'rules'> {
  pace: Pace
  /** What the next transaction sees if nobody else has written. */
  watermark: string
  /** Others have written since the rows were looked for: those not yet done are asked again. */
  isStale: boolean
  rulesDone: number
}

/** @param resumed the run to go on with; null begins one with the first rows that change. @throws PlanError, OutsideError */
export async function fixInChunks(
  job: FixJob,
  { resumed, chunkMs, onRun }: { resumed: number | null; chunkMs: number; onRun: (run: number) => void },
): Promise<FixedInChunks> {
  const progress: Progress = {
    run: resumed,
    changes: [],
    chunks: { count: 0, longestMs: 0, lastMs: 0 },
    detectedAgain: 0,
    pace: firstPace,
    watermark: '',
    isStale: false,
    rulesDone: 0,
  }
  const chunker = new Chunker(job, progress, chunkMs, onRun)
  await checkpointBetween(job.session)
  const found = await countUnfixed(job)
  for (const fix of job.fixes) {
    found.set(fix.rule.name, await chunker.fixRule(fix))
    progress.rulesDone++
  }
  return { ...progress, rules: await judge(job, found) }
}

class Chunker {
  readonly #job: FixJob
  readonly #progress: Progress
  readonly #chunkMs: number
  readonly #onRun: (run: number) => void

  constructor(job: FixJob, progress: Progress, chunkMs: number, onRun: (run: number) => void) {
    this.#job = job
    this.#progress = progress
    this.#chunkMs = chunkMs
    this.#onRun = onRun
  }

  /** @returns violations before. */
  async fixRule(fix: PreparedFix): Promise<number> {
    let first: number | null = null
    for (let pass = 1; pass <= PASSES_MAX; pass++) {
      tell(this.#job, { rule: fix.rule.name, rulesDone: this.#progress.rulesDone })
      const found = await this.#reading(true, () => detect(this.#job.session, fix, this.#job.schema))
      first ??= found
      if (found === 0) break
      let changed = 0
      for (const change of fix.plan.changes) changed += await this.#change(fix, change)
      // Nobody else wrote, or nothing more can be done: what is left is judged afterwards.
      if (changed === 0 || !this.#progress.isStale) break
    }
    return first ?? 0
  }

  async #change(fix: PreparedFix, change: PreparedFix['plan']['changes'][number]): Promise<number> {
    try {
      return change.type === 'statement' ? await this.#statement(fix, change) : await this.#rows(fix, change)
    } catch (error) {
      throw explainConstraint(error, fix)
    }
  }

  /** Its rows are known only afterwards, so it is one chunk. */
  async #statement(
    fix: PreparedFix,
    change: Extract<PreparedFix['plan']['changes'][number], { type: 'statement' }>,
  ): Promise<number> {
    const { session, schema, references } = this.#job
    return this.#chunk(fix, async (run) => {
      const changes = await applyStatement(session, change, {
        run,
        rule: fix.rule.name,
        kind: fix.kind.id,
        schema,
        references,
      })
      this.#progress.changes.push(...changes)
      return changes.reduce((sum, imaged) => sum + imaged.change.rows, 0)
    })
  }

  /** @returns rows changed. */
  async #rows(fix: PreparedFix, change: RowChange): Promise<number> {
    const { session, schema, references } = this.#job
    const total = await this.#reading(false, () => aim(session, change, schema, TARGET))
    let changed = 0
    let imaged: Imaged | null = null
    // Rows of another change may take longer.
    this.#progress.pace = firstPace
    for (let first = 1; first <= total;) {
      const last = Math.min(total, first + this.#progress.pace.rows - 1)
      let next: Imaged | null = imaged
      let askedMs = 0
      changed += await this.#chunk(fix, async (run) => {
        const askedAt = performance.now()
        const where = this.#progress.isStale ? await this.#still(fix, change, first, last) : sql`1 = 1`
        askedMs = performance.now() - askedAt
        next ??= await this.#open(fix, change, run)
        const before = next.change.rows
        next = await applySlice(
          session,
          change,
          next,
          { target: workTable(session.engine, TARGET), first, last, where },
          references,
        )
        return next.change.rows - before
      })
      const isNew = imaged === null
      imaged = next
      if (imaged) this.#keep(imaged, isNew)
      const rows = last - first + 1
      // Looking for all of them again takes as long for few rows as for many: fewer rows would only make it more often.
      const durationMs = this.#progress.chunks.lastMs - askedMs
      this.#progress.pace = nextPace(this.#progress.pace, { rows, durationMs }, this.#chunkMs)
      first = last + 1
      tell(this.#job, { rule: fix.rule.name, rulesDone: this.#progress.rulesDone, rowsDone: last, rowsTotal: total })
    }
    return changed
  }

  /**
   * Others have written since the rows were looked for. Condition that a row is still to be changed: asked of the rows of the slice where
   * the rule can be judged row by row, else by looking for all of them again. What is newly broken is left for the next pass.
   */
  async #still(fix: PreparedFix, change: RowChange, first: number, last: number): Promise<Sql> {
    const { session, schema } = this.#job
    const cheap = stillAmong(this.#job, fix, change, first, last)
    if (cheap) return cheap
    this.#progress.detectedAgain++
    await detect(session, fix, schema)
    await aim(session, change, schema, FRESH)
    const fresh = workTable(session.engine, FRESH)
    const names = change.type === 'insert' ? numbered('v', change.columns) : []
    if (change.type !== 'insert') {
      const key = rowKey(session.engine, findTable(schema, change.table))
      return isAmong(key, 'row', sql`SELECT ${list(numbered('k', key.columns).map((one) => name(one)))} FROM ${fresh}`)
    }
    const same = names.map((one) => isSame(session.engine, ANY_COLUMN, name('target', one), name('fresh', one)))
    return sql`EXISTS (SELECT 1 FROM ${fresh} AS fresh WHERE ${allOf(same)})`
  }

  #keep(imaged: Imaged, isNew: boolean): void {
    if (isNew) this.#progress.changes.push(imaged)
    else this.#progress.changes[this.#progress.changes.length - 1] = imaged
  }

  async #open(fix: PreparedFix, change: RowChange, run: number): Promise<Imaged> {
    const { session, schema } = this.#job
    const seq = await nextSeq(session, run)
    const table = findTable(schema, change.table)
    return openImages(
      session,
      { run, seq, rule: fix.rule.name, kind: fix.kind.id, table: table.name, type: change.type },
      { table, changed: await imagedColumns(session, change) },
    )
  }

  /** One short transaction with its log; the first begins the run. */
  async #chunk(fix: PreparedFix, work: (run: number) => Promise<number>): Promise<number> {
    const { session, schema, rules, label, now } = this.#job
    const begun = this.#progress.run
    let run = begun
    let lockedAt = 0
    const changed = await inTransaction(session, fix.tables, async () => {
      lockedAt = performance.now()
      if ((await readWatermark(session)).seen !== this.#progress.watermark) this.#progress.isStale = true
      if (run === null) {
        const names = rules.map((rule) => rule.name)
        run = await beginRun(session, {
          state: 'fixing',
          mode: 'chunks',
          rules: names,
          label,
          schemaHash: schema.hash,
          startedAt: now(),
        })
      } else if ((await readRun(session, run)).state !== 'fixing')
        throw new PlanError(`run ${run} was ended by another process`)
      const done = await work(run)
      this.#progress.watermark = (await watermarkAfter(session)).seen
      return done
    })
    if (begun === null && run !== null) {
      this.#progress.run = run
      this.#onRun(run)
    }
    const durationMs = performance.now() - lockedAt
    this.#progress.chunks.count++
    this.#progress.chunks.lastMs = durationMs
    this.#progress.chunks.longestMs = Math.max(this.#progress.chunks.longestMs, durationMs)
    if (this.#progress.chunks.count % CHUNKS_A_CHECKPOINT === 0) await checkpoint(session)
    return changed
  }

  /** Sees one moment and holds up nobody; what is laid aside is true of that moment. */
  async #reading(isAfresh: boolean, work: () => Promise<number>): Promise<number> {
    const { session } = this.#job
    await session.run(sql`BEGIN`)
    try {
      const { seen } = await readWatermark(session)
      const isOther = seen !== this.#progress.watermark
      const result = await work()
      this.#progress.isStale = !isAfresh && (this.#progress.isStale || isOther)
      this.#progress.watermark = (await watermarkAfter(session)).seen
      await session.run(sql`COMMIT`)
      return result
    } catch (error) {
      await session.run(sql`ROLLBACK`).catch(() => undefined)
      throw error
    }
  }
}

/** Condition on `row` that it still breaks the rule, asked of the rows of a slice only; null where that cannot be said of single rows. */
function stillAmong(
  { session, schema }: FixJob,
  fix: PreparedFix,
  change: RowChange,
  first: number,
  last: number,
): Sql | null {
  const { among } = fix.violations
  if (!among || change.type === 'insert' || !change.areViolating) return null
  const key = rowKey(session.engine, findTable(schema, change.table))
  const keys = list(numbered('k', key.columns).map((column) => name(column)))
  return isAmong(
    key,
    'row',
    among(sql`SELECT ${keys} FROM ${workTable(session.engine, TARGET)} WHERE n BETWEEN ${first} AND ${last}`),
  )
}
