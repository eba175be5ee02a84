// Two differences in a table that SQLite and Postgres both hold: how long it takes to find them, against reading both sides once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crossDatabase } from '../src/consistency/rules/cross-database.ts'
import type { Database } from '../src/databases/database.ts'
import { postgres } from '../src/databases/postgres.ts'
import { sqlite } from '../src/databases/sqlite.ts'
import { installPostgres, startPostgres, type PostgresServer } from '../test/servers/postgres.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const ROWS = 1_000_000
/** A comparison reads all values of both sides, writes each as text and hashes the row; a scan only adds up numbers. */
const SCANS_MAX = 25
/** Ten times the rows take ten times as long, and some for the noise. */
const GROWTH_MAX = 13

export const bench: Bench = {
  name: 'data-compare',
  summary: 'two differences in 1M rows of SQLite and Postgres',
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const bin = installPostgres()
  if (!bin) throw new Error('there is no Postgres here, and it cannot be installed')
  const root = mkdtempSync(join(tmpdir(), 'gonogo-bench-compare-'))
  const server = await startPostgres(bin)
  try {
    const rows = quick ? ROWS / 10 : ROWS
    const rounds = quick ? 3 : 5
    const small = await measure(root, server, rows / 10, rounds, progress)
    const large = await measure(root, server, rows, rounds, progress)
    const measures: Measure[] = [
      {
        what: `find 2 differences in ${rows.toLocaleString('en')} rows, ÷ reading both sides once`,
        measured: median(large.compareS),
        unit: 's',
        peer: { name: 'scan of both', measured: median(large.scanS) },
        pairedRatio: median(large.compareS.map((seconds, round) => seconds / (large.scanS[round] ?? Number.NaN))),
        target: { atMost: SCANS_MAX },
      },
      {
        what: 'growth from a tenth of the rows',
        measured: median(large.compareS),
        unit: 's',
        peer: { name: 'a tenth', measured: median(small.compareS) },
        target: { atMost: GROWTH_MAX },
      },
      {
        what: 'differences missed or invented',
        measured: small.wrong + large.wrong,
        unit: 'rounds',
        target: { atMost: 0 },
      },
    ]
    return { measures, notes: [`${rounds} rounds; columns: integer key, text, float, integer time; no second look`] }
  } finally {
    await server.stop()
    rmSync(root, { recursive: true, force: true })
  }
}

interface Rounds {
  compareS: number[]
  scanS: number[]
  /** Rounds that did not find exactly the two. */
  wrong: number
}

async function measure(
  root: string,
  server: PostgresServer,
  rows: number,
  rounds: number,
  progress: (line: string) => void,
): Promise<Rounds> {
  const table = `entities_${rows}`
  await fill(join(root, `${table}.db`), server, table, rows)
  const live = sqlite.create(sqlite.options.parse({ path: join(root, `${table}.db`) }), { directory: root })
  const warehouse = postgres.create(postgres.options.parse({ url: server.urlOf() }), { directory: root })
  const found: Rounds = { compareS: [], scanS: [], wrong: 0 }
  for (let round = 0; round <= rounds; round++) {
    const scanS = await timed(async () => {
      for (const database of [live, warehouse]) await scan(database, table)
    })
    let keys: unknown[] = []
    const compareS = await timed(async () => {
      keys = await compare(live, warehouse, table)
    })
    if (JSON.stringify(keys) !== JSON.stringify([7, rows - 3])) found.wrong++
    // The first round warms both up.
    if (round === 0) continue
    found.scanS.push(scanS)
    found.compareS.push(compareS)
    progress(`${rows} rows: compared in ${compareS.toFixed(2)} s, scanned in ${scanS.toFixed(2)} s`)
  }
  return found
}

async function fill(file: string, server: PostgresServer, table: string, rows: number): Promise<void> {
  using database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE ${table} (id INTEGER PRIMARY KEY, name TEXT, confidence REAL, created_at INTEGER);
    WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ${rows})
      INSERT INTO ${table} SELECT i, 'entity ' || i, i / 7.0, 1700000000 + i FROM s`)
  await server.ask(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name text, confidence float8, created_at bigint);
    INSERT INTO ${table} SELECT i, 'entity ' || i, i / 7.0::float8, 1700000000 + i FROM generate_series(1, ${rows}) AS i;
    UPDATE ${table} SET name = 'other' WHERE id = 7; DELETE FROM ${table} WHERE id = ${rows - 3}`)
  await server.ask(`VACUUM ANALYZE ${table}`)
}

async function scan(database: Database, table: string): Promise<void> {
  await database.snapshot(1, AbortSignal.timeout(60_000), async ({ sessions: [session] }) => {
    const sql = `SELECT sum(id), sum(length(name)), sum(confidence), sum(created_at) FROM ${table}`
    await session?.all({ sql, parameters: [] })
  })
}

async function compare(live: Database, warehouse: Database, table: string): Promise<unknown[]> {
  const found = await crossDatabase.compare?.(
    crossDatabase.options.parse({
      left: { database: 'live', table },
      right: { database: 'warehouse', table },
      recheckAfterMs: 0,
    }),
    {
      database: (name) => (name === 'live' ? live : warehouse),
      keysMax: 20,
      signal: AbortSignal.timeout(300_000),
      progress: () => {},
    },
  )
  return found?.keys.map(([key]) => key) ?? []
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}
