// How fast the database is read, checked and written, against the rates the checklist asks for.
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase, readNumber } from '../src/database.ts'
import { openGraph, type Graph } from '../src/graph.ts'
import type { Judgement } from './judgement.ts'
import { withScratchCopy } from './scratch-copy.ts'
import { judgeIntegrity, measure } from './validate.ts'

const QUERIES = 3000
const WRITES = 1000

/** Reads from the real database; writes, one durable transaction each, to a copy of it on the same disk. */
export function testPerformance(path: string): Judgement[] {
  using database = openDatabase(path, { readOnly: true })
  const relationships = readNumber(database, 'SELECT count(*) FROM relationships')
  const entities = readNumber(database, 'SELECT max(id) FROM entities')
  const queryMs = timeMs(() => query(openGraph(database), entities)) / QUERIES
  const validationMs = timeMs(() => measure(database))
  const checkMs = timeMs(() => judgeIntegrity(database, 'integrity_check')) + validationMs
  const writeMs = withScratchCopy(path, (copy) => timeMs(() => write(copy, entities)))
  const below = (metric: string, title: string, value: number, limit: number): Judgement => ({
    metric,
    title,
    value,
    wanted: `< ${limit}`,
    ok: relationships === 0 ? null : value < limit,
  })
  const above = (metric: string, title: string, value: number, limit: number): Judgement => ({
    ...below(metric, title, value, limit),
    wanted: `> ${limit}`,
    ok: relationships === 0 ? null : value > limit,
  })
  return [
    below('queryMs', 'query, average ms', queryMs, 100),
    below('validationSeconds', 'validation, s', validationMs / 1000, 30),
    below('consistencyCheckSeconds', 'integrity and consistency check, s', checkMs / 1000, 60),
    above('validationRate', 'relationships validated a second', Math.round((1000 * relationships) / validationMs), 100),
    above('writeRate', 'writes a second', Math.round((1000 * WRITES) / writeMs), 500),
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

function timeMs(work: () => unknown): number {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}
