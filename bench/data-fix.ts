// Bench `data-fix`: what the shadow log costs, how long chunks are, how long an undo takes, and what is left when a fix or an undo is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { applyFixes, type FixOptions } from '../src/consistency/fix/apply-fixes.ts'
import { contentHash } from '../src/consistency/fix/content-hash.ts'
import { fixKinds } from '../src/consistency/fix/fixing.fixture.ts'
import { GRAPH_RULES, graphOf } from '../src/consistency/fix/graph.fixture.ts'
import { aim, detect, prepareFix, TARGET, type PreparedFix } from '../src/consistency/fix/prepared-fix.ts'
import { referencesOf } from '../src/consistency/fix/references.ts'
import { isAmong, rowKey, sameRow } from '../src/consistency/fix/row-key.ts'
import { list, name, numbered, sqlSession, type SqlSession } from '../src/consistency/fix/sql.ts'
import { workTable } from '../src/consistency/fix/work-tables.ts'
import { findTable, relationOf } from '../src/consistency/terms.ts'
import { listFixRuns, undoFixes } from '../src/consistency/undo/undo-fixes.ts'
import type { Database } from '../src/databases/database.ts'
import type { DatabaseSchema } from '../src/databases/schema.ts'
import { sqlite } from '../src/databases/sqlite.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

/** Relationships of the graph that is fixed: about 7 in 10 of them make a row image. */
const SIZE = 1_000_000
const SIZE_QUICK = 100_000
const ROUNDS = 3
/** Of the graph that fixes are killed over, again and again. */
const KILLED_SIZE = 20_000
const KILLS = 200
const KILLS_QUICK = 20
const CHUNK_MS = 100
/** Short, so that a small graph has many boundaries to be killed at. */
const KILLED_CHUNK_MS = 10

const signal = AbortSignal.timeout(3 * 3_600_000)
const open = (file: string): Database => sqlite.create(sqlite.options.parse({ path: file }), { directory: '/' })

export const bench: Bench = {
  name: 'data-fix',
  summary: 'fixes and undoes about 700k rows: cost of the log, length of chunks, kill -9 at random moments',
  async run(options) {
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-fix-'))
    try {
      const measured = await measureFixes(directory, options)
      const killed = await killMany(directory, options)
      return { measures: [...measured.measures, ...killed.measures], notes: [...measured.notes, ...killed.notes] }
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}

function createGraph(file: string, size: number): void {
  using database = new DatabaseSync(file)
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${graphOf(size)}; PRAGMA wal_checkpoint(TRUNCATE)`,
  )
}

/** Of a database that nobody has open and whose log is folded. */
function copyGraph(from: string, to: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(to + suffix, { force: true })
  copyFileSync(from, to)
}

interface Round {
  unloggedMs: number
  loggedMs: number
  chunkedMs: number
  longestChunkMs: number
  undoMs: number
  undoChunkedMs: number
  longestUndoChunkMs: number
  rows: number
}

async function measureFixes(directory: string, { quick, progress }: BenchOptions): Promise<BenchResult> {
  const pristine = join(directory, 'pristine.db')
  const file = join(directory, 'app.db')
  progress('making the graph')
  createGraph(pristine, quick ? SIZE_QUICK : SIZE)
  const before = await contentHash(open(pristine), signal)
  const rounds: Round[] = []
  let isGivenBack = true
  for (let round = 1; round <= ROUNDS; round++) {
    const one = await measureRound(
      pristine,
      file,
      round % 2 === 0,
      async () => (isGivenBack &&= (await contentHash(open(file), signal)) === before),
    )
    progress(`round ${round}: ${JSON.stringify(one)}`)
    rounds.push(one)
  }
  const of = (field: keyof Round): number => median(rounds.map((round) => round[field]))
  const ratio = (a: keyof Round, b: keyof Round): number => median(rounds.map((round) => round[a] / round[b]))
  const peer = (what: string, field: keyof Round) => ({ name: what, measured: of(field) })
  const measures: Measure[] = [
    { what: 'row images of a fix', measured: of('rows'), unit: 'rows' },
    {
      what: 'fix in one transaction, with its log',
      measured: of('loggedMs'),
      unit: 'ms',
      peer: peer('same fix without log', 'unloggedMs'),
      pairedRatio: ratio('loggedMs', 'unloggedMs'),
      target: { atMost: 1.15 },
    },
    {
      what: 'fix in chunks',
      measured: of('chunkedMs'),
      unit: 'ms',
      peer: peer('in one transaction', 'loggedMs'),
      pairedRatio: ratio('chunkedMs', 'loggedMs'),
      target: { atMost: 1.5 },
    },
    { what: 'longest chunk of a fix', measured: of('longestChunkMs'), unit: 'ms', target: { atMost: CHUNK_MS } },
    { what: 'undo in one transaction', measured: of('undoMs'), unit: 'ms', peer: peer('the fix', 'loggedMs') },
    { what: 'undo in chunks', measured: of('undoChunkedMs'), unit: 'ms', peer: peer('the fix', 'loggedMs') },
    { what: 'longest chunk of an undo', measured: of('longestUndoChunkMs'), unit: 'ms', target: { atMost: CHUNK_MS } },
    { what: 'same content after fix and undo', measured: Number(isGivenBack), unit: '', target: { atLeast: 1 } },
  ]
  return { measures, notes: [`${ROUNDS} rounds; figures are medians, ratios of pairs`] }
}

async function measureRound(
  pristine: string,
  file: string,
  isEven: boolean,
  check: () => Promise<unknown>,
): Promise<Round> {
  const fix = (options: Partial<FixOptions>) =>
    applyFixes(open(file), GRAPH_RULES, { kinds: fixKinds, signal, chunkMs: CHUNK_MS, ...options })
  const withoutLog = async (): Promise<number> => {
    copyGraph(pristine, file)
    return timed(() => fixWithoutLog(open(file)))
  }
  // Before and after in turn, so that what one leaves in caches does not always help the same.
  const early = isEven ? await withoutLog() : null
  copyGraph(pristine, file)
  let report = await fix({})
  const loggedMs = report.durationMs
  const unloggedMs = early ?? (await withoutLog())
  if (early === null) {
    copyGraph(pristine, file)
    report = await fix({})
  }
  const atOnce = report
  const undone = await undoFixes(open(file), atOnce.run ?? 0, { signal, rules: GRAPH_RULES })
  await check()
  copyGraph(pristine, file)
  const chunked = await fix({ mode: 'chunks' })
  const undoneInChunks = await undoFixes(open(file), chunked.run ?? 0, { signal, rules: GRAPH_RULES, mode: 'chunks' })
  await check()
  return {
    unloggedMs,
    loggedMs,
    chunkedMs: chunked.durationMs,
    longestChunkMs: chunked.chunks.longestMs,
    undoMs: undone.durationMs,
    undoChunkedMs: undoneInChunks.durationMs,
    longestUndoChunkMs: undoneInChunks.chunks.longestMs,
    rows: atOnce.changes.reduce((sum, { rows }) => sum + rows, 0),
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** The same detection, the same statements, the same judgement: only nothing is kept of it. */
async function fixWithoutLog(database: Database): Promise<void> {
  const schema = await database.schema(signal)
  const references = referencesOf(schema, GRAPH_RULES)
  await database.write(signal, async (plain) => {
    const session = sqlSession(database.engine, plain)
    const fixes = GRAPH_RULES.map((rule) =>
      prepareFix(rule, { kinds: fixKinds, schema, references, now: Date.now(), signal }),
    )
    await session.run(sql`BEGIN IMMEDIATE`)
    for (const fix of fixes) {
      await detect(session, fix, schema)
      for (const change of fix.plan.changes) await changeWithoutLog(session, change, schema)
    }
    for (const fix of fixes) await fix.violations.count(session)
    await session.run(sql`COMMIT`)
  })
}

async function changeWithoutLog(
  session: SqlSession,
  change: PreparedFix['plan']['changes'][number],
  schema: DatabaseSchema,
): Promise<void> {
  if (change.type === 'statement') throw new Error('not in this bench')
  await aim(session, change, schema)
  const table = findTable(schema, change.table)
  const key = rowKey(session.engine, table)
  const rows = relationOf(session.engine, change.table)
  const target = workTable(session.engine, TARGET)
  if (change.type === 'delete') {
    const keys = list(numbered('k', key.columns).map((column) => name(column)))
    await session.run(
      sql`DELETE FROM ${rows} AS "row" WHERE ${isAmong(key, 'row', sql`SELECT ${keys} FROM ${target}`)}`,
    )
  } else if (change.type === 'update') {
    const set = list(change.set.map(({ column, value }) => sql`${name(column)} = ${value}`))
    const keys = list(numbered('k', key.columns).map((column) => name(column)))
    // Where no value comes with the target, the plain statement is the faster one.
    const which = change.values
      ? sql`FROM ${target} AS target WHERE ${sameRow(key, 'row', 'target')}`
      : sql`WHERE ${isAmong(key, 'row', sql`SELECT ${keys} FROM ${target}`)}`
    await session.run(sql`UPDATE ${rows} AS "row" SET ${set} ${which}`)
  } else {
    const values = list(numbered('v', change.columns).map((column) => name(column)))
    await session.run(
      sql`INSERT INTO ${rows} (${list(change.columns.map((column) => name(column)))}) SELECT ${values} FROM ${target} ORDER BY n`,
    )
  }
}

const ONCE = fileURLToPath(new URL('../src/consistency/fix/once.fixture.ts', import.meta.url))

/** Runs a fix or an undo in a process group of its own. @param killAfterMs null: to its end. */
async function runOnce(
  what: string,
  mode: string,
  file: string,
  run: string,
  killAfterMs: number | null,
): Promise<number> {
  const args = [ONCE, what, mode, file, run, String(KILLED_CHUNK_MS)]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  await once(child.stdout, 'data')
  const startedAt = performance.now()
  const timer =
    killAfterMs === null || child.pid === undefined
      ? null
      : setTimeout(() => endGroup(child.pid as number), killAfterMs)
  child.stdout.resume()
  await exited
  if (timer) clearTimeout(timer)
  return performance.now() - startedAt
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function killMany(directory: string, { quick, progress }: BenchOptions): Promise<BenchResult> {
  const pristine = join(directory, 'small.db')
  const file = join(directory, 'killed.db')
  const fixed = join(directory, 'fixed.db')
  createGraph(pristine, KILLED_SIZE)
  const before = await contentHash(open(pristine), signal)
  const seen = { before: 0, after: 0, between: 0, wrong: 0 }
  const kills = quick ? KILLS_QUICK : KILLS
  const notes: string[] = []
  for (const what of ['fix', 'undo'] as const)
    for (const mode of ['transaction', 'chunks'] as const) {
      copyGraph(pristine, fixed)
      if (what === 'undo') await runOnce('fix', 'transaction', fixed, '-', null)
      const from = what === 'fix' ? pristine : fixed
      fold(fixed)
      copyGraph(from, file)
      const wholeMs = await runOnce(what, mode, file, what === 'fix' ? '-' : '1', null)
      const after = await contentHash(open(file), signal)
      for (let kill = 0; kill < kills / 4; kill++) {
        copyGraph(from, file)
        await runOnce(what, mode, file, what === 'fix' ? '-' : '1', Math.random() * wholeMs)
        const found = await lookAt(file, { before: await contentHashOf(from), after, pristine: before })
        seen[found]++
        if (found === 'wrong') notes.push(`killed ${what} in ${mode} left something else`)
      }
      progress(`killed ${what} in ${mode}: ${JSON.stringify(seen)}`)
    }
  const held = seen.before + seen.after + seen.between
  return {
    measures: [
      {
        what: `of ${kills} killed: before, after, or at a boundary with its log`,
        measured: held,
        unit: '',
        target: { atLeast: kills },
      },
      { what: 'of these between two chunks', measured: seen.between, unit: '' },
    ],
    notes: [...notes, `killed: ${JSON.stringify(seen)}`],
  }
}

const contentHashOf = (file: string): Promise<string> => contentHash(open(file), signal)

function fold(file: string): void {
  using database = new DatabaseSync(file)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** What a killed process has left; from between two chunks the undo must lead back to the beginning. */
async function lookAt(
  file: string,
  { before, after, pristine }: { before: string; after: string; pristine: string },
): Promise<'before' | 'after' | 'between' | 'wrong'> {
  const database = open(file)
  if ((await database.integrity(signal)).length > 0) return 'wrong'
  const unfinished = (await listFixRuns(database, signal)).find(
    ({ state }) => state === 'fixing' || state === 'undoing',
  )
  const now = await contentHash(database, signal)
  if (!unfinished) return now === before ? 'before' : now === after ? 'after' : 'wrong'
  await undoFixes(database, unfinished.run, { signal, rules: GRAPH_RULES })
  return (await contentHash(database, signal)) === pristine ? 'between' : 'wrong'
}
