// What a fix came to: plain data, to be printed and to be evidence.
import { sql } from 'kysely'
import type { Value } from '../../databases/database.ts'
import { afterColumns, valueAfter, valueBefore, type Imaged } from './images.ts'
import { list, name, numbered, type SqlSession } from './sql.ts'

export type FixOutcome =
  /** Every rule is within its threshold, and it is kept. */
  | 'fixed'
  /** No row broke a rule that has a fix. */
  | 'nothing-to-fix'
  /** A rule would still be over its threshold: nothing is kept. */
  | 'rolled-back'
  /** A rule is still over its threshold, and it is kept as asked. */
  | 'incomplete'
  /** A dry run in which every rule came within its threshold: nothing is kept. */
  | 'would-fix'

export interface FixReport {
  database: string
  /** Number to undo or to resume it by; null where nothing was kept. */
  run: number | null
  outcome: FixOutcome
  mode: 'transaction' | 'chunks'
  isDryRun: boolean
  /** Milliseconds since the epoch. */
  startedAt: number
  durationMs: number
  schemaHash: string
  rules: FixedRule[]
  changes: ReportedChange[]
  /** Transactions that changed rows, and the longest of them. */
  chunks: { count: number; longestMs: number }
  /** What a reader must know: triggers that fired, chunks that could not be short. */
  notes: string[]
}

export interface FixedRule {
  rule: string
  /** Id of the fix kind; null where the rule has no fix and was only counted. */
  fix: string | null
  max: number
  severity: 'error' | 'warning'
  /** Violations when its turn came. */
  found: number
  /** Violations after all fixes; null where that was not counted. */
  left: number | null
}

export interface ReportedChange {
  rule: string
  /** Id of the fix kind. */
  fix: string
  table: string
  type: 'delete' | 'update' | 'insert'
  rows: number
  /** The first few. */
  samples: ChangedRow[]
}

export interface ChangedRow {
  key: Record<string, Value>
  /** Null of an inserted row. */
  before: Record<string, Value> | null
  /** Null of a deleted row; of an updated one only what changed. */
  after: Record<string, Value> | null
}

/** The first `samples` images of a change, from the log. */
export async function reportChange(session: SqlSession, imaged: Imaged, samples: number): Promise<ReportedChange> {
  const { rule, kind, table, type, rows } = imaged.change
  return { rule, fix: kind, table, type, rows, samples: rows > 0 ? await readSamples(session, imaged, samples) : [] }
}

async function readSamples(session: SqlSession, imaged: Imaged, samples: number): Promise<ChangedRow[]> {
  const { change, images, columns } = imaged
  const keys = numbered('k', change.keyColumns)
  const shown = change.type === 'update' ? afterColumns(imaged).map(({ column }) => column) : columns
  const picked = [
    ...keys.map((key) => name('image', key)),
    ...shown.map(
      (column, index) =>
        sql`${change.type === 'insert' ? sql`NULL` : valueBefore(imaged, column.name)} AS ${name(`before${index}`)}`,
    ),
    ...shown.map((column, index) => sql`${valueAfter(imaged, column.name)} AS ${name(`after${index}`)}`),
  ]
  const rows = await session.all(
    sql`SELECT ${list(picked)} FROM ${images} AS image ORDER BY image.n LIMIT ${sql.lit(samples)}`,
  )
  return rows.map((row) => {
    const side = (prefix: string) =>
      Object.fromEntries(shown.map((column, index) => [column.name, row[`${prefix}${index}`] ?? null]))
    return {
      key: Object.fromEntries(change.keyColumns.map((column, index) => [column, row[keys[index] as string] ?? null])),
      before: change.type === 'insert' ? null : side('before'),
      after: change.type === 'delete' ? null : side('after'),
    }
  })
}
