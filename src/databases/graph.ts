// Contract of a graph database as far as it takes part: its nodes and relationships are read, to be compared with tables.
import type { z } from 'zod'
import type { DatabaseContext, Value } from './database.ts'

export interface GraphReader {
  /** Rows of a query, a batch at a time; without a snapshot, each as it is when it is read. @throws OutsideError */
  stream(cypher: string, parameters: Readonly<Record<string, unknown>>): AsyncIterable<Value[][]>
}

export interface GraphDatabase {
  readonly engine: 'neo4j'
  /** For people: host and name, never a password. */
  readonly identity: string
  /** One connection that changes nothing; ended when `use` is done or the signal aborts. */
  read<T>(signal: AbortSignal, use: (reader: GraphReader) => Promise<T>): Promise<T>
}

/** A kind of graph database. */
export interface GraphKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  secretFields: readonly string[]
  create(options: Options, context: DatabaseContext): GraphDatabase
}

/** Keeps the option type while declaring a kind. */
export function defineGraph<Options>(kind: GraphKind<Options>): GraphKind<Options> {
  return kind
}
