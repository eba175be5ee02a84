// How many rows the tables of a database had when its rules were last judged: what `row-count-drift` compares with.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { OutsideError, codeOf } from '../lib/errors.ts'

interface RecordedRows {
  /** Milliseconds since the epoch. */
  at: number
  rows: Record<string, number>
}

/** By table; empty where nothing was recorded. @throws OutsideError where it may not be read. */
export function readRecordedRows(stateDirectory: string, database: string): Record<string, number> {
  try {
    return (JSON.parse(readFileSync(fileOf(stateDirectory, database), 'utf8')) as RecordedRows).rows
  } catch (error) {
    // A record that cannot be read is none: the rule is unverified and says so.
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return {}
    throw denied(`${fileOf(stateDirectory, database)} cannot be read`, error)
  }
}

/** Keeps what is known of tables that were not looked at this time. @throws OutsideError where it cannot be written. */
export function recordRows(stateDirectory: string, database: string, rows: Record<string, number>, at: number): void {
  const file = fileOf(stateDirectory, database)
  const recorded: RecordedRows = { at, rows: { ...readRecordedRows(stateDirectory, database), ...rows } }
  try {
    mkdirSync(join(stateDirectory, 'data'), { recursive: true })
    writeFileAtomic(file, `${JSON.stringify(recorded, null, 2)}\n`)
  } catch (error) {
    throw denied(`${file} cannot be written`, error)
  }
}

function denied(what: string, cause: unknown): OutsideError {
  return new OutsideError(
    'files',
    `${what} (${codeOf(cause)}): it holds the row counts that the next run compares with`,
    {
      cause,
      hint: 'make room, or give gonogo permission to read and write there',
    },
  )
}

function fileOf(stateDirectory: string, database: string): string {
  return join(stateDirectory, 'data', `${database}.rows.json`)
}
