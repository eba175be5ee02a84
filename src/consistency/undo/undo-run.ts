// Takes a run back, last change first: in one transaction, or in short ones that a killed undo goes on from.
import { sql } from 'kysely'
import type { DatabaseSchema } from '../../databases/schema.ts'
import { PlanError } from '../../lib/errors.ts'
import { relationOf } from '../terms.ts'
import { allOf } from '../compile.ts'
import { hasTriggers } from '../fix/engine-catalogue.ts'
import { setForeignKeys } from '../fix/foreign-keys.ts'
import { imagedAs, valueBefore, type Imaged } from '../fix/images.ts'
import { firstPace, nextPace } from '../fix/pace.ts'
import type { Reference } from '../fix/references.ts'
import { sameRow } from '../fix/row-key.ts'
import {
  imageTable,
  markUndone,
  moveRun,
  readChanges,
  readRun,
  readRuns,
  type LoggedChange,
  type LoggedRun,
} from '../fix/shadow-log.ts'
import { isSame, name, numbered, type SqlSession } from '../fix/sql.ts'
import { checkpoint, checkpointBetween, inTransaction } from '../fix/transaction.ts'
import {
  countConflicts,
  readConflicts,
  within,
  type ConflictContext,
  type Stretch,
  type UndoConflict,
} from './conflicts.ts'
import { putBack } from './put-back.ts'

export interface UndoJob {
  schema: DatabaseSchema
  references: readonly Reference[]
  /** Longest a chunk's transaction should last; null: one transaction. */
  chunkMs: number | null
  now(): number
  progress(progress: { rowsDone: number; rowsTotal: number }): void
}

export interface UndoneChange {
  rule: string
  table: string
  type: LoggedChange['type']
  rows: number
  /** Put back as they were. */
  restored: number
  conflicts: number
}

export interface UndoneRun {
  changes: UndoneChange[]
  conflicts: { count: number; rows: UndoConflict[] }
  chunks: { count: number; longestMs: number }
  notes: string[]
}

/** Conflicts shown row by row; the count is of all. */
const CONFLICTS_SHOWN_MAX = 100

/** So many chunks are moved from SQLite's log into the file at once. */
const CHUNKS_A_CHECKPOINT = 8

/** States from which a run can be taken back. */
const IN_FORCE = ['fixing', 'fixed', 'incomplete'] as const

/** @throws PlanError when it is undone already or a later run changed the same rows; OutsideError, after which it can be repeated. */
export async function undoRun(session: SqlSession, run: LoggedRun, job: UndoJob): Promise<UndoneRun> {
  if (run.state === 'undone') throw new PlanError(`run ${run.run} is undone already`)
  await setForeignKeys(session, false)
  const changes = (await readChanges(session, run.run)).map((change) =>
    imagedAs(change, job.schema.tables.get(change.table)),
  )
  const tables = changes.flatMap(({ table }) => [
    table.name,
    ...job.references.flatMap((one) =>
      one.table === table.name ? one.parent : one.parent === table.name ? one.table : [],
    ),
  ])
  const undoing = new Undoing(session, run, changes, job)
  if (job.chunkMs === null) {
    await undoing.transaction(tables, async () => {
      await undoing.begin()
      for (const at of changes.keys()) await undoing.wholeChange(changes.length - 1 - at)
      await undoing.end()
    })
  } else {
    await undoing.transaction(tables, () => undoing.begin())
    await undoing.inChunks(tables, job.chunkMs)
    await undoing.transaction(tables, () => undoing.end())
  }
  return undoing.result()
}

class Undoing {
  readonly #session: SqlSession
  readonly #run: LoggedRun
  readonly #changes: Imaged[]
  readonly #job: UndoJob
  readonly #chunks = { count: 0, longestMs: 0, lastMs: 0 }
  readonly #altered = new Map<string, number>()

  constructor(session: SqlSession, run: LoggedRun, changes: Imaged[], job: UndoJob) {
    this.#session = session
    this.#run = run
    this.#changes = changes
    this.#job = job
  }

  async transaction(tables: readonly string[], work: () => Promise<void>): Promise<void> {
    let lockedAt = 0
    await inTransaction(this.#session, tables, async () => {
      lockedAt = performance.now()
      await work()
    })
    this.#chunks.lastMs = performance.now() - lockedAt
    this.#chunks.count++
    this.#chunks.longestMs = Math.max(this.#chunks.longestMs, this.#chunks.lastMs)
  }

  async begin(): Promise<void> {
    if (this.#run.state === 'undoing') return
    await requireNewest(this.#session, this.#run, this.#changes)
    await moveRun(this.#session, this.#run.run, { from: IN_FORCE, to: 'undoing', at: this.#job.now() })
  }

  async end(): Promise<void> {
    await moveRun(this.#session, this.#run.run, { from: ['undoing'], to: 'undone', at: this.#job.now() })
  }

  async wholeChange(at: number): Promise<void> {
    const last = await this.#lastOf(at)
    if (last > 0) await this.#stretch(at, { first: 1, last })
  }

  async inChunks(tables: readonly string[], chunkMs: number): Promise<void> {
    await checkpointBetween(this.#session)
    const rowsTotal = this.#changes.reduce((sum, { change }) => sum + change.rows, 0)
    let rowsDone = 0
    for (let at = this.#changes.length - 1; at >= 0; at--) {
      // Rows of another change may take longer.
      let pace = firstPace
      for (let last = await this.#lastOf(at); last > 0;) {
        const first = Math.max(1, last - pace.rows + 1)
        await this.transaction(tables, async () => {
          const { state } = await readRun(this.#session, this.#run.run)
          if (state !== 'undoing') throw new PlanError(`run ${this.#run.run} was ended by another process`)
          await this.#stretch(at, { first, last })
        })
        const rows = last - first + 1
        pace = nextPace(pace, { rows, durationMs: this.#chunks.lastMs }, chunkMs)
        if (this.#chunks.count % CHUNKS_A_CHECKPOINT === 0) await checkpoint(this.#session)
        last = first - 1
        rowsDone += rows
        this.#job.progress({ rowsDone, rowsTotal })
      }
    }
  }

  async result(): Promise<UndoneRun> {
    const changes: UndoneChange[] = []
    const rows: UndoConflict[] = []
    for (const imaged of this.#changes.toReversed()) {
      const { left, reported: conflicts } = await countConflicts(this.#session, imaged)
      const { rule, table, type, rows: changed } = imaged.change
      changes.push({ rule, table, type, rows: changed, restored: changed - left, conflicts })
      const room = CONFLICTS_SHOWN_MAX - rows.length
      if (conflicts > 0 && room > 0) rows.push(...(await readConflicts(this.#session, imaged, room)))
    }
    const count = changes.reduce((sum, { conflicts }) => sum + conflicts, 0)
    const { count: chunks, longestMs } = this.#chunks
    const notes = [...this.#altered].map(
      ([table, altered]) => `triggers of ${table} changed ${altered} of the rows that were put back`,
    )
    return { changes, conflicts: { count, rows }, chunks: { count: chunks, longestMs }, notes }
  }

  /** Images up to this number are still to be put back. */
  async #lastOf(at: number): Promise<number> {
    const { change, images } = this.#changes[at] as Imaged
    if (change.undoneAbove !== null) return change.undoneAbove
    return this.#session.number(sql`SELECT coalesce(max(n), 0) AS n FROM ${images}`)
  }

  async #stretch(at: number, stretch: Stretch): Promise<void> {
    const imaged = this.#changes[at] as Imaged
    await putBack(this.#session, imaged, stretch, await this.#contextOf(at))
    const above = stretch.first - 1
    await markUndone(this.#session, imaged.change, above)
    this.#changes[at] = { ...imaged, change: { ...imaged.change, undoneAbove: above } }
    await this.#noteAltered(imaged, stretch)
  }

  async #contextOf(at: number): Promise<ConflictContext> {
    const { table } = this.#changes[at] as Imaged
    const later: Imaged[] = []
    for (const imaged of this.#changes.slice(at + 1))
      if (imaged.table.name === table.name && (await countAny(this.#session, imaged)) > 0) later.push(imaged)
    return { schema: this.#job.schema, references: this.#job.references, later }
  }

  /** Triggers fire for an undo as for any other writer, and may not leave what was put back as it is. */
  async #noteAltered(imaged: Imaged, stretch: Stretch): Promise<void> {
    const { change, table, columns, images, key } = imaged
    if (change.type === 'insert' || !(await hasTriggers(this.#session, table.name))) return
    const same = columns.map((column) =>
      isSame(this.#session.engine, column, name('row', column.name), valueBefore(imaged, column.name)),
    )
    const altered = await this.#session.number(sql`
      SELECT count(*) AS n FROM ${images} AS image JOIN ${relationOf(this.#session.engine, table.name)} AS "row" ON ${sameRow(key, 'row', 'image')}
      WHERE ${within(stretch)} AND image.conflict IS NULL AND NOT ${allOf(same)}`)
    if (altered > 0) this.#altered.set(table.name, (this.#altered.get(table.name) ?? 0) + altered)
  }
}

const countAny = (session: SqlSession, { images }: Imaged): Promise<number> =>
  session.number(
    sql`SELECT count(*) AS n FROM (SELECT 1 AS one FROM ${images} WHERE conflict IS NOT NULL LIMIT 1) AS found`,
  )

/** A later run that is in force and changed the same rows has to go first: by rows, not by runs. */
async function requireNewest(session: SqlSession, run: LoggedRun, changes: readonly Imaged[]): Promise<void> {
  const later = (await readRuns(session)).filter((one) => one.run > run.run && one.state !== 'undone')
  for (const other of later) {
    for (const theirs of await readChanges(session, other.run)) {
      for (const ours of changes.filter(({ table }) => table.name === theirs.table)) {
        const same = numbered('k', ours.key.columns).map((key) => sql`${name('ours', key)} = ${name('theirs', key)}`)
        const shared = await session.number(sql`
          SELECT count(*) AS n FROM ${ours.images} AS ours JOIN ${name(imageTable(theirs))} AS theirs ON ${allOf(same)}`)
        if (shared > 0)
          throw new PlanError(`run ${other.run} changed ${shared} of the same rows of ${theirs.table} later`, {
            hint: `undo run ${other.run} first`,
          })
      }
    }
  }
}
