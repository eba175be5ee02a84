// The shadow log: what a fix did, kept in the user's own database so that it is committed with the change or not at all.
import { sql } from 'kysely'
import { PlanError } from '../../lib/errors.ts'
import type { Row } from '../../databases/database.ts'
import { OWN_TABLES } from '../../databases/schema.ts'
import { name, type SqlSession } from './sql.ts'

/**
 * `fixing`: begun, and every chunk committed so far can be undone or gone on from. `fixed`: all rules within their thresholds.
 * `incomplete`: kept although a rule is not. `undoing`, `undone`: taken back, but for conflicts.
 */
export type RunState = 'fixing' | 'fixed' | 'incomplete' | 'undoing' | 'undone'

export interface LoggedRun {
  run: number
  state: RunState
  mode: 'transaction' | 'chunks'
  rules: string[]
  /** What its asker calls it, to find it again; null where nobody gave a name. */
  label: string | null
  schemaHash: string
  /** Milliseconds since the epoch. */
  startedAt: number
  endedAt: number | null
  undoneAt: number | null
}

export type ImageType = 'delete' | 'update' | 'insert'

/** One kind of change of one table's rows; its images are rows of `image`. */
export interface LoggedChange {
  run: number
  seq: number
  rule: string
  /** Id of the fix kind. */
  kind: string
  table: string
  type: ImageType
  /** Columns the images hold, in the order of their numbers. */
  columns: string[]
  /** Of those, the ones an update changed; all of an insertion, none of a deletion. */
  changed: string[]
  keyColumns: string[]
  isHiddenKey: boolean
  rows: number
  /** Images above this number are put back or in conflict; null before an undo. */
  undoneAbove: number | null
}

const RUNS = name(`${OWN_TABLES}runs`)
const CHANGES = name(`${OWN_TABLES}changes`)

/** The images of a change: `n`, the key `k1`..., values before `b1`... and after `a1`..., `dangling`, `conflict`. */
export const imageTable = ({ run, seq }: { run: number; seq: number }): string => `${OWN_TABLES}image_${run}_${seq}`

async function hasLog(session: SqlSession): Promise<boolean> {
  const query =
    session.engine === 'sqlite'
      ? sql`SELECT count(*) AS n FROM sqlite_schema WHERE name = ${`${OWN_TABLES}runs`}`
      : sql`SELECT count(*) AS n FROM pg_catalog.pg_class WHERE oid = to_regclass(${`${OWN_TABLES}runs`})`
  return (await session.number(query)) > 0
}

/** A killed fix has rows in a state between, a running one will have: a second one would mix the two. @throws PlanError */
export async function requireNoneUnfinished(session: SqlSession): Promise<void> {
  const first = (await readRuns(session)).find(({ state }) => state === 'fixing' || state === 'undoing')
  if (!first) return
  const next =
    first.state === 'fixing'
      ? `unless it still runs: gonogo data fix --resume ${first.run}, or gonogo data undo ${first.run}`
      : `unless it still runs: gonogo data undo ${first.run}`
  throw new PlanError(`run ${first.run} is not finished (${first.state})`, { hint: next })
}

/** Inside a transaction. @returns the number of the run. @throws PlanError where another one is not finished. */
export async function beginRun(
  session: SqlSession,
  run: Omit<LoggedRun, 'run' | 'endedAt' | 'undoneAt'>,
): Promise<number> {
  await session.run(sql`
    CREATE TABLE IF NOT EXISTS ${RUNS} (
      run BIGINT NOT NULL PRIMARY KEY, state TEXT NOT NULL, mode TEXT NOT NULL, rules TEXT NOT NULL, label TEXT,
      schema_hash TEXT NOT NULL, started_at BIGINT NOT NULL, ended_at BIGINT, undone_at BIGINT)`)
  await session.run(sql`
    CREATE TABLE IF NOT EXISTS ${CHANGES} (
      run BIGINT NOT NULL, seq BIGINT NOT NULL, change TEXT NOT NULL, row_count BIGINT NOT NULL, undone_above BIGINT,
      PRIMARY KEY (run, seq))`)
  if (session.engine === 'postgres') await session.run(sql`LOCK TABLE ${RUNS} IN EXCLUSIVE MODE`)
  await requireNoneUnfinished(session)
  const number = 1 + (await session.number(sql`SELECT coalesce(max(run), 0) AS n FROM ${RUNS}`))
  await session.run(sql`
    INSERT INTO ${RUNS} (run, state, mode, rules, label, schema_hash, started_at)
    VALUES (${number}, ${run.state}, ${run.mode}, ${JSON.stringify(run.rules)}, ${run.label}, ${run.schemaHash},
      ${run.startedAt})`)
  return number
}

/** Moves a run on; `undone_at` is set by the last step. @throws PlanError when another process did so meanwhile. */
export async function moveRun(
  session: SqlSession,
  run: number,
  { from, to, at }: { from: readonly RunState[]; to: RunState; at: number },
): Promise<void> {
  const isEnd = to === 'fixed' || to === 'incomplete'
  const moved = await session.run(sql`
    UPDATE ${RUNS} SET state = ${to}, ended_at = ${isEnd ? sql`${at}` : sql`ended_at`},
      undone_at = ${to === 'undone' ? sql`${at}` : sql`undone_at`}
    WHERE run = ${run} AND state IN (${sql.join(from)})`)
  if (moved !== 1)
    throw new PlanError(`run ${run} was changed by another process meanwhile`, { hint: 'look again: gonogo data runs' })
}

export async function readRuns(session: SqlSession): Promise<LoggedRun[]> {
  if (!(await hasLog(session))) return []
  const rows = await session.all(sql`SELECT * FROM ${RUNS} ORDER BY run`)
  return rows.map((row) => ({
    run: Number(row.run),
    state: row.state as RunState,
    mode: row.mode as LoggedRun['mode'],
    rules: JSON.parse(String(row.rules)) as string[],
    label: row.label === null || row.label === undefined ? null : String(row.label),
    schemaHash: String(row.schema_hash),
    startedAt: Number(row.started_at),
    endedAt: numberOrNull(row.ended_at),
    undoneAt: numberOrNull(row.undone_at),
  }))
}

/** @throws PlanError for a run that is not there, naming those that are. */
export async function readRun(session: SqlSession, run: number): Promise<LoggedRun> {
  const runs = await readRuns(session)
  const found = runs.find((one) => one.run === run)
  if (found) return found
  throw new PlanError(`there is no run ${run}`, {
    expected:
      runs.length === 0
        ? 'a run of `gonogo data fix`; there is none'
        : `one of ${runs.map((one) => one.run).join(', ')}`,
  })
}

/** In the order they were done. */
export async function readChanges(session: SqlSession, run: number): Promise<LoggedChange[]> {
  const rows = await session.all(sql`SELECT * FROM ${CHANGES} WHERE run = ${run} ORDER BY seq`)
  return rows.map(changeOf)
}

export async function addChange(session: SqlSession, change: LoggedChange): Promise<void> {
  const { run, seq, rows, undoneAbove, ...rest } = change
  await session.run(sql`
    INSERT INTO ${CHANGES} (run, seq, change, row_count, undone_above)
    VALUES (${run}, ${seq}, ${JSON.stringify(rest)}, ${rows}, ${undoneAbove})`)
}

export async function nextSeq(session: SqlSession, run: number): Promise<number> {
  return 1 + (await session.number(sql`SELECT coalesce(max(seq), 0) AS n FROM ${CHANGES} WHERE run = ${run}`))
}

/** @returns what the change has come to. @throws PlanError when it is no longer there. */
export async function countRows(session: SqlSession, change: LoggedChange, added: number): Promise<LoggedChange> {
  await session.run(sql`
    UPDATE ${CHANGES} SET row_count = row_count + ${added} WHERE run = ${change.run} AND seq = ${change.seq}`)
  return { ...change, rows: change.rows + added }
}

/** Notes how far an undo has come. @throws PlanError when another process has gone on with it. */
export async function markUndone(session: SqlSession, change: LoggedChange, above: number): Promise<void> {
  const before = change.undoneAbove === null ? sql`undone_above IS NULL` : sql`undone_above = ${change.undoneAbove}`
  const marked = await session.run(sql`
    UPDATE ${CHANGES} SET undone_above = ${above} WHERE run = ${change.run} AND seq = ${change.seq} AND ${before}`)
  if (marked !== 1) throw new PlanError(`run ${change.run} is being undone by another process`)
}

/** Removes a run and its images: it can no longer be undone. */
export async function dropRun(session: SqlSession, run: number): Promise<void> {
  for (const change of await readChanges(session, run)) await session.run(sql`DROP TABLE ${name(imageTable(change))}`)
  await session.run(sql`DELETE FROM ${CHANGES} WHERE run = ${run}`)
  await session.run(sql`DELETE FROM ${RUNS} WHERE run = ${run}`)
}

function changeOf(row: Row): LoggedChange {
  const kept = JSON.parse(String(row.change)) as Omit<LoggedChange, 'run' | 'seq' | 'rows' | 'undoneAbove'>
  return {
    ...kept,
    run: Number(row.run),
    seq: Number(row.seq),
    rows: Number(row.row_count),
    undoneAbove: numberOrNull(row.undone_above),
  }
}

const numberOrNull = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)
