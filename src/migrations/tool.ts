// Contract of a migration tool: tells its status, applies what is pending, takes back. The pure questions about a status stand here too.
import type { ExecOptions, ExecResult } from '../lib/exec.ts'

export const TOOL_IDS = ['prisma', 'knex', 'alembic', 'flyway', 'sql-folder'] as const
export type ToolId = (typeof TOOL_IDS)[number]

/** Where and how a tool is run. Paths are absolute. */
export interface MigrationPlace {
  /** Where the tool is run: where its configuration lies. */
  project: string
  /** Where the migration files lie. */
  directory: string
  /** Configuration file to name to the tool, or null for the one it finds. */
  config: string | null
  /** Postgres URL, or path of a SQLite file; null where only the tool knows. A secret. */
  database: string | null
  /** Environment variable by which the tool's configuration takes the URL. */
  databaseVariable: string
  /** How long a statement waits for a lock, and how long it may take. */
  lockTimeoutMs: number
  statementTimeoutMs: number
  /** Whether numbers may be left out in a plain SQL folder. */
  allowGaps: boolean
  env: Readonly<Record<string, string>>
  signal: AbortSignal
  exec(file: string, args: readonly string[], options?: Partial<ExecOptions>): Promise<ExecResult>
}

/** One migration as its tool sees it. */
export interface Migration {
  /** As it is written in `to`: the file or folder name, the revision, Flyway's version. */
  version: string
  applied: boolean
  /** Whether it can be taken back. What cannot be told is false. */
  down: boolean
}

/** What the tool says, in the order in which migrations are applied; or why that is not known. */
export type MigrationStatus =
  | {
      known: true
      migrations: Migration[]
      /** What is wrong, so that nothing may be applied: edited, missing, failed, out of order. */
      problems: string[]
      /** What the tool cannot tell: "knex does not say whether applied files were edited". */
      notes: string[]
    }
  | Unknown

/** What could not be found out is never "nothing pending". */
export interface Unknown {
  known: false
  why: string
  remedy: string
  /** What the tool said. */
  words: string
}

/** What came of applying or taking back. What holds afterwards is asked of `status`. */
export interface ToolResult {
  ok: boolean
  /** What went wrong, with the migration, the line and the database's words as far as the tool names them. */
  problem: string
  /** The output of the tool. */
  words: string
  /** Versions it may have changed; null where the tool does not tell. What it never came to is somebody else's doing. */
  touched: string[] | null
  /** How the time-outs got to the database, or that they did not. */
  timeouts: string
}

export interface MigrationTool {
  id: ToolId
  /** Whether `apply` can stop at a version. */
  canStopAt: boolean
  status(place: MigrationPlace): Promise<MigrationStatus>
  /** Applies exactly these, oldest first, as `status` named them. */
  apply(place: MigrationPlace, versions: readonly string[], progress: (line: string) => void): Promise<ToolResult>
  /** Takes exactly these back, newest first. Only called when each has a down. */
  down(place: MigrationPlace, versions: readonly string[], progress: (line: string) => void): Promise<ToolResult>
}

/** A status that is not known. */
export function unknown(why: string, remedy: string, words = ''): Unknown {
  return { known: false, why, remedy, words }
}

/** Versions that are applied, oldest first. */
export function appliedOf(migrations: readonly Migration[]): string[] {
  return migrations.filter(({ applied }) => applied).map(({ version }) => version)
}

/**
 * What is pending up to `to`, itself included; all of it without `to`.
 * @returns null when there is no version `to`.
 */
export function pendingUpTo(migrations: readonly Migration[], to: string | undefined): Migration[] | null {
  const last = to === undefined ? migrations.length - 1 : migrations.findIndex(({ version }) => isNamed(version, to))
  if (to !== undefined && last < 0) return null
  return migrations.slice(0, last + 1).filter(({ applied }) => !applied)
}

/** Whether a person's `0042` means this version: whole, or up to the name, or without the ending of its file. */
export function isNamed(version: string, given: string): boolean {
  return version === given || version.startsWith(`${given}_`) || version.replace(/\.[a-z]{2,4}$/, '') === given
}
