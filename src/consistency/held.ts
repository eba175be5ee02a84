// Groupings kept in the memory of a SQLite session: where the numbers they go by are a table's own and lie close together.
import { sql, type RawBuilder } from 'kysely'
import type { Aggregate } from '../databases/page-scan.ts'
import type { DatabaseSchema, Table } from '../databases/schema.ts'
import { HELD_AGGREGATES, heldBytes } from '../databases/sqlite/held-groups.ts'
import { familyOf } from './column-type.ts'
import { anyOf } from './compile.ts'
import type { Grouping, Held } from './rule.ts'
import { isIn, portionsOf, type Extent, type Portion } from './portions.ts'
import { findColumn, findTable, relationOf } from './terms.ts'

/** What is to be held: rows of `grouping.table` by numbers from `least` to `most`. */
export interface Holding {
  /** What it goes by: equal holdings hold the same. */
  key: string
  grouping: Grouping
  table: Table
  /** All rows of the table. */
  portions: readonly Portion[]
  least: number
  most: number
  bytes: number
  /** For people, beside the query plan. */
  describe: string
}

/**
 * A grouping by the own numbers of the rows of `grouping.of`, or null where another column, type or range of values is asked about.
 * `hold` gives the number that the session calls a holding by, or null where it cannot have it; `calls` hears that a statement will call
 * JavaScript for each row.
 */
export function heldOf(
  schema: DatabaseSchema,
  grouping: Grouping,
  context: {
    extentOf: (table: string) => Extent | null
    hold: (holding: Holding) => number | null
    calls: () => void
  },
): Held | null {
  const { table, by, aggregates, of } = grouping
  if (schema.engine !== 'sqlite' || !of || findTable(schema, of.table).rowidColumn !== of.column) return null
  const child = findTable(schema, table)
  // Texts that look like numbers would have to be compared as such; a column of numbers has none.
  if (child.kind !== 'table' || familyOf(findColumn(child, by), 'sqlite') !== 'number') return null
  const extent = context.extentOf(of.table)
  const [whole, portions] = [portionsOf(extent), portionsOf(context.extentOf(table))]
  const { least = null, most = null } = extent ?? {}
  if (!whole || !portions || least === null || most === null || !aggregates.every(isHeld)) return null
  const isOwn = table === of.table && by === of.column && aggregates.length === 0
  if (isOwn && most - least + 1 === extent?.rows) return withoutGaps(least, most)
  const key = JSON.stringify([table, by, of.table, aggregates])
  const bytes = heldBytes(least, most, aggregates.length)
  const describe = `HELD IN MEMORY: ${table} BY ${by} FROM ${least} TO ${most}`
  const id = context.hold({ key, grouping, table: child, portions, least, most, bytes, describe })
  return id === null ? null : inMemory(id, { grouping, least, most, calls: context.calls })
}

/** Whether this aggregate can be kept in memory and is the same there. */
export function isHeld({ aggregate }: { aggregate: Aggregate }): boolean {
  return (HELD_AGGREGATES as readonly Aggregate[]).includes(aggregate)
}

/** Statement that makes room; to be asked before `fillStatement`. */
export function holdStatement(id: number, { grouping, least, most }: Holding): RawBuilder<unknown> {
  const names = grouping.aggregates.map(({ aggregate }) => aggregate).join(',')
  return sql`SELECT gonogo_hold(${sql.lit(id)}, ${sql.lit(least)}, ${sql.lit(most)}, ${names}) AS done`
}

/** Statement that reads a portion of the rows: `fit` is 1 where they could be held. */
export function fillStatement(id: number, holding: Holding, portion: Portion): RawBuilder<unknown> {
  const { table, least, most } = holding
  const { by, aggregates } = holding.grouping
  const values = aggregates.map(({ column }) => sql`, ${sql.id('c', column)}`)
  const value = sql.id('c', by)
  return sql`SELECT gonogo_fill(${sql.lit(id)}, ${value}${sql.join(values, sql``)}) AS fit
    FROM ${relationOf('sqlite', table.name)} AS c WHERE ${isIn(table, 'c', portion)} AND ${within(sql`+${value}`, least, most)}`
}

export function dropStatement(id: number): RawBuilder<unknown> {
  return sql`SELECT gonogo_drop(${sql.lit(id)}) AS done`
}

/** Every whole number between is one: nothing has to be looked up. */
function withoutGaps(least: number, most: number): Held {
  return {
    has: (value) => sql`(${within(value, least, most)} AND CAST(${value} AS INTEGER) = ${value})`,
    total: () => sql`NULL`,
    absent: sql`(SELECT NULL AS value WHERE ${anyOf([])})`,
  }
}

function inMemory(
  id: number,
  { grouping, least, most, calls }: Pick<Holding, 'grouping' | 'least' | 'most'> & { calls: () => void },
): Held {
  const held = sql.lit(id)
  const { aggregates } = grouping
  return {
    has(value) {
      calls()
      return sql`(${within(value, least, most)} AND gonogo_held(${held}, ${value}))`
    },
    total(aggregate, column, value) {
      calls()
      const place = aggregates.findIndex((one) => one.aggregate === aggregate && one.column === column)
      return sql`gonogo_total(${held}, ${sql.lit(place)}, ${value})`
    },
    // A thousand at a time, each list beginning after the last of the one before.
    absent: sql`(WITH RECURSIVE lists (list) AS (
      SELECT gonogo_absent(${held}, ${sql.lit(least)}) UNION ALL
      SELECT gonogo_absent(${held}, json_extract(list, '$[#-1]') + 1) FROM lists WHERE list IS NOT NULL)
      SELECT j.value FROM lists CROSS JOIN json_each(lists.list) AS j WHERE list IS NOT NULL)`,
  }
}

/** Also keeps integers from JavaScript that it cannot tell apart. */
function within(value: RawBuilder<unknown>, least: number, most: number): RawBuilder<unknown> {
  return sql`${value} BETWEEN ${sql.lit(least)} AND ${sql.lit(most)}`
}
