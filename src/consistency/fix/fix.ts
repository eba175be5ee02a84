// Contract of a fix: what repairs the rows that break a rule, as sets of rows and changes of them that the engine logs, applies and undoes.
import type { z } from 'zod'
import type { DatabaseSchema, Engine, Table } from '../../databases/schema.ts'
import type { Rule } from '../rule.ts'
import type { Reference } from './references.ts'
import type { RowKey } from './row-key.ts'
import type { Sql } from './sql.ts'

/** Rows laid aside before anything changes: their keys as `k1`, `k2`..., and `values` as `v1`, `v2`.... */
export interface KeySet {
  name: string
  table: string
  /** Columns whose values `v1`... are of their type; none where left out. */
  values?: readonly { table: string; column: string }[]
  /** SELECT of the rows it begins with; null where it begins empty. */
  seed: Sql | null
  /**
   * SELECTs of rows that come to it, each asked in every round until no set grows any more. `added` is what the last round has added to a
   * set, so a set may grow from itself or from sets that grow from it.
   */
  grows: readonly ((added: (name: string) => Sql) => Sql)[]
}

export interface Assignment {
  column: string
  /** May read the row as `row`, and what `rows` of the change gave as `target`. */
  value: Sql
}

/** One kind of change of the rows of one table; changes are done in their order. */
export type Change =
  /** `rows`: SELECT of `k1`... in the order to be done. `areViolating`: they are the rows that break the rule and no others. */
  | { type: 'delete'; table: string; rows: Sql; areViolating?: boolean }
  /** `rows`: SELECT of `k1`..., and what the assignments want as `v1`...: as many as `values`. */
  | {
      type: 'update'
      table: string
      rows: Sql
      values?: { length: number }
      set: readonly Assignment[]
      areViolating?: boolean
    }
  /** `rows`: SELECT of `v1`..., the values of `columns`. Other columns get their defaults. */
  | { type: 'insert'; table: string; columns: readonly string[]; rows: Sql }
  /** One INSERT, UPDATE or DELETE as its author wrote it; it may change rows of `tables` only. */
  | { type: 'statement'; sql: string; tables: readonly string[] }

export interface FixPlan {
  keySets: readonly KeySet[]
  changes: readonly Change[]
}

/** What a fix builds its sets and changes from. */
export interface FixTerms {
  engine: Engine
  schema: DatabaseSchema
  /** The table whose rows break the rule. */
  judged: Table
  /** Their keys as `k1`...: a relation. Where the rule's keys are no rows (groups of equal values): those values. */
  violating: Sql
  /** Whether `violating` gives rows of `judged`. */
  givesRows: boolean
  /** @throws PlanError naming tables that are there. */
  table(name: string): Table
  /** @throws PlanError where rows of the table cannot be told apart, or it is a view. */
  key(table: Table): RowKey
  /** Relation of a key set of this plan: `k1`..., `v1`..., `round`. */
  keySet(name: string): Sql
  /** Who refers to rows of whom: by foreign key, or by a declared rule. */
  references: readonly Reference[]
}

/** A kind of fix: one file in `fix/kinds/`, its test, one line in the catalogue. */
export interface FixKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  /** Options as written in gonogo.yaml. */
  example: unknown
  /** Ids of the rule kinds it can repair. */
  appliesTo: readonly string[]
  describe(options: Options): string
  /** @throws PlanError where it does not fit the rule or the schema. */
  plan(rule: Rule, options: Options, terms: FixTerms): FixPlan
}

/** Keeps the option type while declaring a kind. */
export function defineFix<Options>(kind: FixKind<Options>): FixKind<Options> {
  return kind
}
