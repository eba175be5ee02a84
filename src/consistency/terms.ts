// What rules build their statements from: tables and columns of a real schema, quoted as its engine wants them.
import { sql, type RawBuilder } from 'kysely'
import type { Aggregate } from '../databases/page-scan.ts'
import type { Column, DatabaseSchema, Engine, Table } from '../databases/schema.ts'
import { PlanError } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import { compileStatement } from './compile.ts'
import { familyOf } from './column-type.ts'
import type { Grouping, Held, Terms } from './rule.ts'

export interface TermsOptions {
  /** Milliseconds since the epoch. */
  now: number
  rowsBefore?: (table: string) => number | null
  /** Stands for the rows to judge of a table; left out or null: all of them. */
  rowsOf?: (table: string) => RawBuilder<unknown> | null
  /** Takes a grouping's statement to have it made once; gives what stands for it. */
  shared?: (grouping: Grouping, statement: RawBuilder<unknown>) => RawBuilder<unknown> | null
  /** Left out: nothing is kept in memory. */
  held?: (grouping: Grouping) => Held | null
}

/** Names shown where one is not known. */
const NAMES_MAX = 20

/** Terms over a schema. Without `shared` each statement makes its groupings itself. */
export function createTerms(schema: DatabaseSchema, options: TermsOptions): Terms {
  const { engine } = schema
  const table = (name: string): Table => findTable(schema, name)
  const terms: Terms = {
    engine,
    schema,
    table,
    now: options.now,
    rowsBefore: options.rowsBefore ?? (() => null),
    key: (name, alias) => keyOf(table(name), alias, engine),
    relation: (name) => relationOf(engine, table(name).name),
    rows: (name) => options.rowsOf?.(table(name).name) ?? relationOf(engine, table(name).name),
    grouping(grouping) {
      const statement = groupingStatement(terms, grouping)
      return options.shared?.(grouping, statement) ?? sql`(${statement})`
    },
    held: (grouping) => options.held?.(grouping) ?? null,
  }
  return terms
}

/** @throws PlanError naming tables that are there. */
export function findTable(schema: DatabaseSchema, name: string): Table {
  const found = schema.tables.get(name)
  if (found) return found
  const names = [...schema.tables.keys()]
  throw new PlanError(`there is no table "${name}"`, remedy(name, names, 'the database has no tables'))
}

/** @throws PlanError naming columns that are there. */
export function findColumn(table: Table, name: string): Column {
  const found = table.columns.find((column) => column.name === name)
  if (found) return found
  const names = table.columns.map((column) => column.name)
  throw new PlanError(`table ${table.name} has no column "${name}"`, remedy(name, names, 'it has none'))
}

function remedy(name: string, names: readonly string[], none: string): { expected?: string; hint: string } {
  if (names.length === 0) return { hint: none }
  const suggestion = nearest(name, names)
  const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ''
  return {
    expected: `one of ${names.slice(0, NAMES_MAX).join(', ')}${more}`,
    hint: suggestion ? `did you mean "${suggestion}"?` : 'names are as the database has them',
  }
}

/** The table itself; SQLite's temporary tables of the same name do not stand before it. */
export function relationOf(engine: Engine, name: string): RawBuilder<unknown> {
  if (engine === 'sqlite') return sql`${sql.id('main', name)}`
  const point = name.indexOf('.')
  return point > 0 ? sql`${sql.id(name.slice(0, point), name.slice(point + 1))}` : sql`${sql.id(name)}`
}

/** What the columns of `key` are called for people. */
export function keyNames({ table, engine }: Terms, name: string): string[] {
  const { primaryKey } = table(name)
  if (primaryKey.length > 0) return [...primaryKey]
  return [rowName(table(name), engine)]
}

/** What a row without a primary key is told by. @throws PlanError where its columns have taken every name for it. */
export function rowName(table: Table, engine: Engine): string {
  return engine === 'sqlite' ? rowidName(table) : 'ctid'
}

/** `k1, k2`: the columns that `key` gives. */
export function keyList(count: number): RawBuilder<unknown> {
  return sql.join(Array.from({ length: count }, (_, index) => sql.id(`k${index + 1}`)))
}

/** A column whose texts are in the same order on every server, and the same as SQLite's. */
export function orderedColumn(column: Column, alias: string, engine: Engine): RawBuilder<unknown> {
  const value = sql.id(alias, column.name)
  return engine === 'postgres' && familyOf(column, engine) === 'text' ? sql`${value} COLLATE "C"` : sql`${value}`
}

function keyOf(table: Table, alias: string, engine: Engine): RawBuilder<unknown> {
  if (table.kind === 'view') throw new PlanError(`${table.name} is a view: its rows have no keys`, VIEW)
  const columns = table.primaryKey.map((name) => orderedColumn(findColumn(table, name), alias, engine))
  if (columns.length === 0)
    columns.push(engine === 'sqlite' ? sql`${sql.id(alias, rowidName(table))}` : sql`${sql.id(alias, 'ctid')}::text`)
  return sql.join(columns.map((column, index) => sql`${column} AS ${sql.id(`k${index + 1}`)}`))
}

export const VIEW = { hint: 'name the table it is made of, or write a rule of kind sql' }

/** SQLite's name of the row's own number that no column has taken. @throws PlanError where all are. */
function rowidName(table: Table): string {
  const taken = new Set(table.columns.map(({ name }) => name.toLowerCase()))
  const free = ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name))
  if (free) return free
  throw new PlanError(`the rows of ${table.name} cannot be told apart: rowid, _rowid_ and oid are columns of it`, {
    hint: 'give the table a primary key',
  })
}

function groupingStatement(terms: Terms, { table, by, aggregates, of }: Grouping): RawBuilder<unknown> {
  const value = sql.id('c', by)
  const columns = aggregates.map(({ aggregate, column }) => {
    return sql`, ${aggregateOf(aggregate, sql`${sql.id('c', column)}`, terms.engine)} AS ${sql.id(`${aggregate}_${column}`)}`
  })
  // Where only some rows are judged, only what is about them is put together.
  const some = of && terms.rows(of.table)
  const isSome = some && !isSame(terms, some, terms.relation(of.table))
  const wanted = isSome ? sql` AND ${value} IN (SELECT ${sql.id('o', of.column)} FROM ${some} AS o)` : sql``
  const from = of ? terms.relation(table) : terms.rows(table)
  // By an index on the value SQLite would fetch what is put together row by row, from all over the table.
  const isFetched = terms.engine === 'sqlite' && aggregates.some(({ column }) => column !== by)
  const isTable = terms.table(table).kind === 'table' && !isSome && isSame(terms, from, terms.relation(table))
  const unindexed = isFetched && isTable ? sql` NOT INDEXED` : sql``
  return sql`SELECT ${value} AS value, count(*) AS n${sql.join(columns, sql``)} FROM ${from} AS c${unindexed}
    WHERE ${value} IS NOT NULL${wanted} GROUP BY ${value}`
}

function isSame({ engine }: Terms, a: RawBuilder<unknown>, b: RawBuilder<unknown>): boolean {
  return compileStatement(engine, a).sql === compileStatement(engine, b).sql
}

/** Exponents beyond this are 0 or too large for a double; Postgres makes an error of them. */
const EXPONENT_MAX = 700

/** An aggregate over the rows of a group. Of nothing but nulls count is 0, the others are null. */
export function aggregateOf(aggregate: Aggregate, column: RawBuilder<unknown>, engine: Engine): RawBuilder<unknown> {
  const value = engine === 'postgres' ? sql`${column}::float8` : column
  switch (aggregate) {
    case 'count':
      return sql`count(${column})`
    case 'sum':
      return sql`sum(${value})`
    case 'avg':
      return sql`avg(${value})`
    case 'min':
      return sql`min(${value})`
    case 'max':
      return sql`max(${value})`
    case 'noisy-or': {
      // ln(0) is null in SQLite and an error in Postgres; a value of 1 or more settles it either way.
      const ln = engine === 'postgres' ? sql`CASE WHEN ${value} < 1 THEN ln(1 - ${value}) END` : sql`ln(1 - ${value})`
      const [least, greatest] = engine === 'postgres' ? [sql`least`, sql`greatest`] : [sql`min`, sql`max`]
      const exponent = sql`${greatest}(${sql.lit(-EXPONENT_MAX)}, ${least}(${sql.lit(EXPONENT_MAX)}, sum(${ln})))`
      return sql`CASE WHEN count(${value}) = 0 THEN NULL WHEN max(${value}) >= 1 THEN 1.0 ELSE 1 - exp(${exponent}) END`
    }
  }
}
