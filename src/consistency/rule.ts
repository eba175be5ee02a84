// Contract of a rule: what must hold for the rows of a database, as a statement that gives the keys of those that break it.
import type { RawBuilder } from 'kysely'
import type { z } from 'zod'
import type { Database, Row, Value } from '../databases/database.ts'
import type { GraphDatabase } from '../databases/graph.ts'
import type { Aggregate, ScanRule } from '../databases/page-scan.ts'
import type { DatabaseSchema, Engine, Table } from '../databases/schema.ts'

/** A column that a rule reads; looked up in the schema before anything runs. */
export interface ColumnUse {
  table: string
  /** Null: only the table. */
  column: string | null
  /** Option that names it, for the error. */
  option: string
}

/** Rows of `table` put together by `by`: made once a validation, whichever rules ask for it. */
export interface Grouping {
  table: string
  by: string
  /** Over the group; named `n` (count), or `<aggregate>_<column>`. */
  aggregates: readonly { aggregate: Aggregate; column: string }[]
  /** Groups are looked up by this column of the judged rows. Left out: the rows put together are the judged ones themselves. */
  of?: { table: string; column: string }
}

/** A grouping by the whole numbers that are the rows' own in another table, kept in memory instead of a relation. */
export interface Held {
  /** Whether there are rows of this value; null of null. */
  has(value: RawBuilder<unknown>): RawBuilder<unknown>
  /** What an aggregate of the rows of this value comes to; null where there are none (counts: 0). */
  total(aggregate: Aggregate, column: string, value: RawBuilder<unknown>): RawBuilder<unknown>
  /** A relation with the column `value`: numbers from the least to the greatest of the other table that there are no rows of. */
  absent: RawBuilder<unknown>
}

/** What a rule builds its statement from. */
export interface Terms {
  engine: Engine
  schema: DatabaseSchema
  /** @throws PlanError naming tables that are there. */
  table(name: string): Table
  /** The columns that tell a row from all others, as `k1`, `k2`...: primary key, or rowid / ctid. `alias` is that of the table. */
  key(table: string, alias: string): RawBuilder<unknown>
  /** The whole table. @throws PlanError */
  relation(table: string): RawBuilder<unknown>
  /** The rows to judge of a table: all of it, or a sample. @throws PlanError */
  rows(table: string): RawBuilder<unknown>
  /** A relation with the column `value` (never null), `n` and the aggregates asked for. */
  grouping(grouping: Grouping): RawBuilder<unknown>
  /** The same in memory, where that is exact and cheaper than putting rows in order; null: ask for `grouping`. */
  held(grouping: Grouping): Held | null
  /** Milliseconds since the epoch. */
  now: number
  /** Rows of the table when the rule last ran, or null. */
  rowsBefore(table: string): number | null
}

/** One key of a row, group or value that breaks a rule. */
export type Key = Value[]

/** Thrown where there is nothing to judge by, as on a first run: the rule is unverified, which is no fault of anybody. */
export class Unjudged extends Error {
  override readonly name = 'Unjudged'
}

/** What a rule that is no single statement found. */
export interface Found {
  count: number
  judged: number
  keys: Key[]
  /** How it was found out, a line each: shown where other rules show their query plan. */
  notes?: readonly string[]
}

/** What stands against a rule, with the option that is meant. */
export interface Mismatch {
  option: string
  message: string
  hint: string
}

export interface SearchContext {
  /** All rows of a query, in the session of the snapshot. */
  read(query: RawBuilder<unknown>): Promise<Row[]>
  keysMax: number
  signal: AbortSignal
}

export interface CompareContext {
  /** @throws PlanError for a name that is not under `databases`. */
  database(name: string): Database
  /** The graph database of this name, or null; absent where there are none. */
  graph?(name: string): GraphDatabase | null
  keysMax: number
  signal: AbortSignal
  progress(line: string): void
}

/** A kind of rule: one file in `rules/`, its test, one line in the catalogue. */
export interface RuleKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  /** Options as written in gonogo.yaml. */
  example: unknown
  describe(options: Options): string
  reads(options: Options): readonly ColumnUse[]
  /** The table whose rows are judged and may be fixed; null where it is no rows that break the rule. */
  judges(options: Options): string | null
  /** What is judged: the rows of a table (left out: of `judges`), or one thing. */
  judged?(options: Options): { rowsOf: string } | 'one'
  /** Whether what is broken among some rows of `judges` is broken among all of them, so that a sample can fail the rule. */
  isRowwise?: boolean
  /** SQLite calls JavaScript for each row: it is asked about some rows at a time. Only of rules whose rows are judged alone. */
  callsPerRow?: boolean
  /** All rows are put in order, which takes several times as long as reading them: such rules begin early. */
  sorts?: boolean
  /** Why the columns, which are there, cannot be judged this way: wrong type; null when they can. */
  mismatch?(options: Options, terms: Terms): Mismatch | null
  /** What one key of `violations` is called: column names, in their order. */
  keyColumns(options: Options, terms: Terms): string[]
  /** SELECT of `k1`, `k2`...: one row a violation, set-based, without order. Absent where `compare` judges. */
  violations?(options: Options, terms: Terms): RawBuilder<unknown>
  /** The same question to a page scan, or null where only SQL can answer it. */
  scan?(options: Options, schema: DatabaseSchema): ScanRule | null
  /** For what takes several statements in one session. */
  search?(options: Options, terms: Terms, context: SearchContext): Promise<Found>
  /** For what no single database can say. */
  compare?(options: Options, context: CompareContext): Promise<Found>
}

/** Keeps the option type while declaring a kind. */
export function defineRule<Options>(kind: RuleKind<Options>): RuleKind<Options> {
  return kind
}

/** A rule as configured, its options as its kind gave them. */
export interface Rule {
  /** Name under `rules` in gonogo.yaml. */
  name: string
  kind: RuleKind
  options: unknown
  /** Name under `databases`. */
  database: string
  /** So many violations are still accepted. */
  max: number
  /** `warning` is reported and does not fail the validation. */
  severity: 'error' | 'warning'
  fix: ConfiguredFix | null
}

/** What repairs a rule's violations; see `fix/fix.ts`. */
export interface ConfiguredFix {
  /** Id of the fix kind. */
  kind: string
  options: unknown
}
