// What a database says of its own tables: data, the same for every engine.

export type Engine = 'sqlite' | 'postgres'

export interface Column {
  name: string
  /** As declared: `INTEGER`, `text`, `numeric(10,2)`; empty where nothing was. */
  type: string
  notNull: boolean
  /** Computed by the database: never written. */
  isGenerated: boolean
}

export interface ForeignKey {
  columns: string[]
  /** As `tables` of the schema names it. */
  parent: string
  parentColumns: string[]
  onDelete: string
}

export interface Table {
  /** `relationships`; Postgres tables outside the search path with their schema: `audit.entries`. */
  name: string
  kind: 'table' | 'view' | 'virtual'
  columns: Column[]
  /** Columns of the declared primary key, in its order; empty where there is none. */
  primaryKey: string[]
  /** SQLite: the column that is the row's own number (INTEGER PRIMARY KEY); else null. */
  rowidColumn: string | null
  /** SQLite WITHOUT ROWID. */
  isWithoutRowid: boolean
  foreignKeys: ForeignKey[]
  /** Column lists that are unique by index or constraint, without condition or expression. */
  unique: string[][]
  /** Text of CHECK constraints. */
  checks: string[]
}

export interface DatabaseSchema {
  engine: Engine
  /** Without the database's own tables and without those that gonogo keeps there. */
  tables: ReadonlyMap<string, Table>
  /** SHA-256 over all of it: equal schemas, equal hash. */
  hash: string
}

/** Names of tables that gonogo keeps in a user's database begin with this. */
export const OWN_TABLES = 'gonogo_'
