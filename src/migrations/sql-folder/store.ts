// What a database must do for a folder of plain SQL: tell what was applied, and carry out one change together with its record.
import type { Statement } from './statements.ts'

/** A row of the table in which applied migrations are recorded. */
export interface Applied {
  version: string
  checksum: string
}

/** One way up or down, carried out in one transaction with its record: both are done, or neither. */
export interface Change {
  way: 'up' | 'down'
  version: string
  checksum: string
  /** With the line of each in its file. */
  statements: Statement[]
  /** What must be recorded when the change begins: else somebody else is migrating. */
  expected: string[]
}

export interface Limits {
  lockTimeoutMs: number
  statementTimeoutMs: number
}

/** Why a change was not made. The transaction was rolled back, unless `uncertain`. */
export interface Failure {
  kind: 'locked' | 'changed' | 'statement' | 'unreachable' | 'uncertain'
  message: string
  /** 1-based line of the file; null where it is not known. */
  line: number | null
}

export interface Store {
  /** @returns what is recorded, oldest first; nothing where there is no table yet. */
  applied(): Promise<Applied[] | Failure>
  /** @returns null when it is done and recorded. */
  carryOut(change: Change): Promise<Failure | null>
}

/** The table of the record, in the database it is about. */
export const TABLE = 'gonogo_migrations'

/** What is said when the record is not what it was when the run began. */
export const SOMEBODY_ELSE =
  'somebody else is migrating this database: what is recorded as applied has changed meanwhile'
