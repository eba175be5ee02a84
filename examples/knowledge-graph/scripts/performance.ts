// How fast the service's own queries and writes are, against the rates the checklist asks for: node scripts/performance.ts
// Exit code 0 as wanted, 1 not, 2 could not be run, 3 could not be told.
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase, readNumber } from '../src/database.ts'
import { openGraph, type Graph } from '../src/graph.ts'
import { exitCodeOf, formatJudgements, type Judgement } from '../tools/judgement.ts'
import { DEFAULT_DATABASE, runScript } from './script.ts'

const QUERIES = 3000
const WRITES = 1000

await runScript(() => {
  const { values } = parseArgs({ options: { database: { type: 'string', default: DEFAULT_DATABASE } } })
  const judgements = measure(values.database)
  console.log(formatJudgements(judgements))
  return exitCodeOf(judgements)
})

/** Reads from the real database; writes, a transaction each as the service does it, to a copy of it on the same disk. */
function measure(path: string): Judgement[] {
  using database = openDatabase(path, { readOnly: true })
  const entities = readNumber(database, 'SELECT coalesce(max(id), 0) FROM entities')
  const queryMs = timeMs(() => query(openGraph(database), entities)) / QUERIES
  const writeMs = onCopy(path, database, (copy) => timeMs(() => write(copy, entities)))
  const writeRate = Math.round((1000 * WRITES) / writeMs)
  // Of an empty graph nothing can be told.
  const told = (ok: boolean): boolean | null => (entities === 0 ? null : ok)
  return [
    { metric: 'queryMs', title: 'query, average ms', value: queryMs, wanted: '< 100', ok: told(queryMs < 100) },
    { metric: 'writeRate', title: 'writes a second', value: writeRate, wanted: '> 500', ok: told(writeRate > 500) },
  ]
}

/** A third each: an entity, its relationships, a search. */
function query(graph: Graph, entities: number): void {
  for (let turn = 0; turn < QUERIES / 3; turn++) {
    const id = 1 + Math.floor(Math.random() * entities)
    const entity = graph.entity(id)
    graph.relationships(id, 50)
    graph.search(entity?.name.slice(0, 4) ?? 'al', 20)
  }
}

function write(copy: DatabaseSync, entities: number): void {
  const graph = openGraph(copy)
  for (let turn = 0; turn < WRITES; turn++) {
    const sourceId = 1 + Math.floor(Math.random() * entities)
    const targetId = (sourceId % entities) + 1
    graph.add({ sourceId, targetId, kind: 'knows', evidence: [{ source: 'performance test', weight: 0.5 }] }, 0)
  }
}

/** Gives `work` a consistent copy beside the original, which is only read and never locked, and removes it afterwards. */
function onCopy<T>(path: string, original: DatabaseSync, work: (copy: DatabaseSync) => T): T {
  const scratch = `${path}.scratch-${process.pid}`
  const remove = () => ['', '-wal', '-shm', '-journal'].forEach((ending) => rmSync(scratch + ending, { force: true }))
  remove()
  try {
    original.prepare('VACUUM INTO ?').run(scratch)
    using copy = openDatabase(scratch)
    return work(copy)
  } finally {
    remove()
  }
}

function timeMs(work: () => unknown): number {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}
