// Contract of a database: its schema, readers that see one moment, one writer, and where possible a scan without SQL.
import type { z } from 'zod'
import type { DatabaseSchema, Engine } from './schema.ts'
import type { PageScan } from './page-scan.ts'

/** Integers beyond 2^53 come as bigint, all others as number; Postgres numeric as text. */
export type Value = string | number | bigint | null | Uint8Array

/** By column name. */
export type Row = Record<string, Value>

/** Compiled for its engine: `?` or `$1`. */
export interface Statement {
  sql: string
  parameters: readonly Value[]
}

/** One connection, one statement at a time, in the order asked. */
export interface Session {
  /** All rows of a query. @throws OutsideError */
  all(statement: Statement): Promise<Row[]>
  /** Rows changed. Also takes several statements at once where there are no parameters. @throws OutsideError */
  run(statement: Statement): Promise<number>
}

/** A moment of the database that all sessions of a snapshot see. */
export interface Snapshot {
  sessions: readonly Session[]
  /** For the record: `2026-11-21T10:15:00.000Z`, with what the engine calls it. */
  id: string
  /** Reads pages instead of asking SQL; null where the engine or this database cannot. */
  scan: PageScan | null
}

export interface Database {
  readonly engine: Engine
  /** For people: path or host and name, never a password. */
  readonly identity: string
  schema(signal: AbortSignal): Promise<DatabaseSchema>
  /** What the engine itself finds wrong: damaged pages or indexes, broken or unproved foreign keys. Empty: nothing. */
  integrity(signal: AbortSignal): Promise<string[]>
  /** `readers` sessions that change nothing (but their own temporary tables); ended when `use` is done or the signal aborts. */
  snapshot<T>(readers: number, signal: AbortSignal, use: (snapshot: Snapshot) => Promise<T>): Promise<T>
  /** One session that may write. What it has not committed when `use` ends, or this process does, is rolled back. */
  write<T>(signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T>
}

export interface DatabaseContext {
  /** Directory of `gonogo.yaml`. */
  directory: string
}

/** A kind of database. */
export interface DatabaseKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  secretFields: readonly string[]
  create(options: Options, context: DatabaseContext): Database
  /** The same options for a copy that lies elsewhere: a file or a URL, as backups of this kind of database name it. */
  elsewhere(options: Options, location: string): Options
}

/** Keeps the option type while declaring a kind. */
export function defineDatabase<Options>(kind: DatabaseKind<Options>): DatabaseKind<Options> {
  return kind
}
