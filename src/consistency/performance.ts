// How fast a database answers and writes: look-ups by primary key, rows judged a second, durable commits into a scratch of our own.
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Database, Row, Session, Statement } from '../databases/database.ts'
import { OWN_TABLES, type DatabaseSchema, type Table } from '../databases/schema.ts'
import { sqlite } from '../databases/sqlite.ts'
import { compileStatement } from './compile.ts'
import type { Rule } from './rule.ts'
import { sampleStatement } from './sample.ts'
import { relationOf } from './terms.ts'
import { validate, type ValidateOptions } from './validate.ts'

export interface PerformanceOptions extends ValidateOptions {
  /** How long look-ups, and writes, are measured. */
  stretchMs?: number
}

/** Null where it could not be measured; `notes` says why. */
export interface Performance {
  lookupMedianMs: number | null
  lookupP95Ms: number | null
  /** All rules. */
  validationMs: number | null
  rowsPerSecond: number | null
  commitsPerSecond: number | null
  notes: string[]
}

const STRETCH_MS = 2000
/** Look-ups timed of each table. */
const LOOKUPS_MAX = 1000
/** Tables looked at: the largest say most, and are not known before. */
const TABLES_MAX = 10

/** Measures on the database as it is, with whatever else it is doing. @throws PlanError, OutsideError */
export async function measurePerformance(
  database: Database,
  rules: readonly Rule[],
  { stretchMs = STRETCH_MS, ...options }: PerformanceOptions,
): Promise<Performance> {
  const notes: string[] = []
  const schema = await database.schema(options.signal)
  const times = (await lookUp(database, schema, stretchMs, options.signal)).toSorted((a, b) => a - b)
  if (times.length === 0) notes.push('no row has a primary key to look it up by')
  const { results, durationMs } = await validate(database, rules, options)
  const judged = results.reduce((sum, result) => sum + (result.judged ?? 0), 0)
  if (judged === 0) notes.push('no rule judged a row')
  const commitsPerSecond = await writeRate(database, stretchMs, options.signal)
  return {
    lookupMedianMs: quantile(times, 0.5),
    lookupP95Ms: quantile(times, 0.95),
    validationMs: judged === 0 ? null : durationMs,
    rowsPerSecond: judged === 0 ? null : (judged * 1000) / durationMs,
    commitsPerSecond,
    notes,
  }
}

function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
}

/** Milliseconds of each look-up of a random row, one at a time. */
function lookUp(database: Database, schema: DatabaseSchema, stretchMs: number, signal: AbortSignal): Promise<number[]> {
  const keyed = [...schema.tables.values()].filter(({ kind, primaryKey }) => kind === 'table' && primaryKey.length > 0)
  const tables = keyed.slice(0, TABLES_MAX)
  return database.snapshot(1, signal, async ({ sessions: [session] }) => {
    const times: number[] = []
    if (!session) return times
    for (const table of tables) {
      const rows = await session.all(compileStatement(schema.engine, sampleStatement(schema, table.name, LOOKUPS_MAX)))
      const endsAt = performance.now() + stretchMs / tables.length
      for (const row of rows) {
        if (performance.now() >= endsAt) break
        const statement = lookUpStatement(schema, table, row)
        const began = performance.now()
        await session.all(statement)
        times.push(performance.now() - began)
      }
    }
    return times
  })
}

function lookUpStatement({ engine }: DatabaseSchema, { name, primaryKey }: Table, row: Row): Statement {
  const same = primaryKey.map((column) => sql`${sql.id(column)} = ${row[column]}`)
  return compileStatement(engine, sql`SELECT * FROM ${relationOf(engine, name)} WHERE ${sql.join(same, sql` AND `)}`)
}

/** Single rows committed a second, each safe on disk: into a file beside a SQLite database, into a table of our own on a server. */
async function writeRate(database: Database, stretchMs: number, signal: AbortSignal): Promise<number> {
  if (database.engine === 'postgres')
    return await database.write(signal, (session) => commit(session, stretchMs, 'bigint'))
  const mode = await database.snapshot(1, signal, ({ sessions: [session] }) => journalMode(session))
  const file = join(dirname(database.identity), `${OWN_TABLES}scratch_${randomUUID()}.db`)
  try {
    writeFileSync(file, '')
    const scratch = sqlite.create(sqlite.options.parse({ path: file }), { directory: dirname(file) })
    return await scratch.write(signal, async (session) => {
      await session.all({ sql: `PRAGMA journal_mode = ${mode}`, parameters: [] })
      await session.run({ sql: 'PRAGMA synchronous = FULL', parameters: [] })
      return await commit(session, stretchMs, 'INTEGER')
    })
  } finally {
    for (const ending of ['', '-wal', '-shm', '-journal']) if (existsSync(file + ending)) rmSync(file + ending)
  }
}

/** `wal`, or the mode that every database begins with. */
async function journalMode(session: Session | undefined): Promise<'wal' | 'delete'> {
  const [row] = (await session?.all({ sql: 'PRAGMA journal_mode', parameters: [] })) ?? []
  return row?.journal_mode === 'wal' ? 'wal' : 'delete'
}

async function commit(session: Session, stretchMs: number, type: string): Promise<number> {
  const table = `${OWN_TABLES}performance`
  const run = (text: string): Promise<number> => session.run({ sql: text, parameters: [] })
  await run(`DROP TABLE IF EXISTS ${table}`)
  await run(`CREATE TABLE ${table} (id ${type} PRIMARY KEY, at text)`)
  try {
    const began = performance.now()
    let rows = 0
    while (performance.now() - began < stretchMs) await run(`INSERT INTO ${table} VALUES (${++rows}, 'x')`)
    return (rows * 1000) / (performance.now() - began)
  } finally {
    await run(`DROP TABLE ${table}`)
  }
}
