// The plan that Postgres makes for a statement, without running it.
import { randomUUID } from 'node:crypto'
import { arrayOf, numberOf } from './postgres-server.ts'
import type { Ask, Row } from './postgres-session.ts'

export interface PlanReading {
  sql: string
  /** Estimated, in the planner's own unit. */
  cost: number
  indexes: string[]
  /** Tables that are read from end to end, with their estimated rows; null: never analysed. */
  seqScans: { table: string; rows: number | null }[]
}

interface PlanNode {
  'Node Type'?: unknown
  'Index Name'?: unknown
  'Relation Name'?: unknown
  Schema?: unknown
  'Total Cost'?: unknown
  Plans?: unknown
}

const NODES_MAX = 5000

/** @throws what the server says of the statement, or that its plan cannot be read. */
export async function readPlan(ask: Ask, sql: string): Promise<PlanReading> {
  const rows = await explained(ask, sql)
  const [first] = JSON.parse(rows[0]?.['QUERY PLAN'] ?? 'null') as { Plan?: PlanNode }[]
  const root = first?.Plan
  const cost = root?.['Total Cost']
  if (!root || typeof cost !== 'number') throw new Error('the plan cannot be read')
  const nodes = nodesOf(root)
  const tables = new Set<string>()
  const indexes = new Set<string>()
  for (const node of nodes) {
    const { 'Node Type': type, 'Index Name': index, 'Relation Name': table, Schema: schema } = node
    if (typeof index === 'string') indexes.add(index)
    if (type === 'Seq Scan' && typeof table === 'string') tables.add(`${String(schema)}\n${table}`)
  }
  const seqScans: PlanReading['seqScans'] = []
  for (const name of tables) {
    const [schema = '', table = ''] = name.split('\n')
    seqScans.push({ table: `${schema}.${table}`, rows: await rowsOf(ask, schema, table) })
  }
  return { sql, cost, indexes: [...indexes], seqScans }
}

/**
 * With its options in parentheses EXPLAIN takes no ANALYZE after them, so that no statement can make itself run. One with places for
 * values is prepared and planned for any of them: given nulls, the planner would know that nothing equals null.
 */
async function explained(ask: Ask, sql: string): Promise<Row[]> {
  const places = Math.max(0, ...[...sql.matchAll(/\$(\d{1,3})/g)].map(([, number]) => Number(number)))
  if (places === 0) return ask(`EXPLAIN (FORMAT JSON, VERBOSE) ${sql}`)
  const name = `gonogo_${randomUUID().replaceAll('-', '')}`
  const values = Array<string>(places).fill('NULL').join(', ')
  const generic = 'SET LOCAL plan_cache_mode = force_generic_plan'
  const explain = `EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE ${name} (${values})`
  try {
    return await ask([generic, `PREPARE ${name} AS ${sql}`, explain])
  } finally {
    await ask(`DEALLOCATE ${name}`).catch(() => {})
  }
}

function nodesOf(root: PlanNode): PlanNode[] {
  const nodes: PlanNode[] = [root]
  for (let at = 0; at < nodes.length && nodes.length < NODES_MAX; at++) {
    const below = nodes[at]?.Plans
    if (Array.isArray(below)) nodes.push(...(below as PlanNode[]))
  }
  return nodes
}

/** Below zero (before 14: zero, with no page) it was never analysed. */
async function rowsOf(ask: Ask, schema: string, table: string): Promise<number | null> {
  const sql = `SELECT c.reltuples::float8 AS rows, c.relpages AS pages FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ARRAY[n.nspname, c.relname]::text[] = $1::text[]`
  const [found] = await ask(sql, [arrayOf([schema, table])])
  const rows = numberOf(found?.rows)
  return rows === null || rows < 0 || (rows === 0 && found?.pages === '0') ? null : rows
}
