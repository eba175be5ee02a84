// One round in a process of its own: `scan-once.ts FILE` scans by SQLite and by pages, in turn; JSON of what that took.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { createPageScan } from '../../src/databases/sqlite/page-scan.ts'
import { readSchema } from '../../src/databases/sqlite/read-schema.ts'
import type { Planted } from './dataset.ts'
import { REFERENCE_RULES } from './reference-rules.ts'

interface Taken {
  ms: number
  /** Of the processor, by all threads. */
  cpuMs: number
  /** Of the process; so far, where one process does several things. */
  peakMb: number
}

export interface ScanRun {
  sqlite: Taken
  one: Taken
  two: Taken
  counts: Planted
}

const file = process.argv[2] ?? ''
const database = new DatabaseSync(file, { readOnly: true })
const schema = await readSchema({
  all: async ({ sql, parameters }) => database.prepare(sql).all(...(parameters as SQLInputValue[])) as never,
  run: () => Promise.reject(new Error('only read')),
})
const schemaVersion = Number(database.prepare('PRAGMA schema_version').get()?.schema_version)

function scanBySqlite(): Taken {
  const before = process.cpuUsage()
  const startedAt = performance.now()
  for (const [column, table] of [
    ['id', 'entities'],
    ['source_id', 'relationships'],
    ['relationship_id', 'evidence'],
  ])
    database.prepare(`SELECT sum(${column}) FROM ${table}`).get()
  const { user, system } = process.cpuUsage(before)
  return {
    ms: performance.now() - startedAt,
    cpuMs: (user + system) / 1000,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }
}

async function scanByPages(workers: number): Promise<Taken & { counts: Planted }> {
  let usage = { cpuMs: Number.NaN, peakMb: Number.NaN }
  const startedAt = performance.now()
  const scan = createPageScan({ file, schema, schemaVersion, measured: (given) => (usage = given) })
  const found = await scan(Object.values(REFERENCE_RULES), {
    workers,
    keysMax: 20,
    signal: new AbortController().signal,
  })
  const names = Object.keys(REFERENCE_RULES) as (keyof Planted)[]
  const counts = names.map((name, index) => {
    const answer = found[index]
    if (answer?.type !== 'exact') throw new Error(`${name}: ${answer?.reason}`)
    return [name, answer.count]
  })
  return { ms: performance.now() - startedAt, ...usage, counts: Object.fromEntries(counts) as Planted }
}

// Once before, so that the file is in memory.
scanBySqlite()
const two = await scanByPages(2)
const sqlite = scanBySqlite()
const one = await scanByPages(1)
process.stdout.write(JSON.stringify({ sqlite, one, two, counts: two.counts } satisfies ScanRun))
