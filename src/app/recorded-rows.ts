// How many rows the tables of a database had when its rules were last judged: what `row-count-drift` compares with.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf } from '../lib/errors.ts'

interface RecordedRows {
  /** Milliseconds since the epoch. */
  at: number
  rows: Record<string, number>
}

/** By table; empty where nothing was recorded. */
export function readRecordedRows(stateDirectory: string, database: string): Record<string, number> {
  try {
    return (JSON.parse(readFileSync(fileOf(stateDirectory, database), 'utf8')) as RecordedRows).rows
  } catch (error) {
    // A record that cannot be read is none: the rule is unverified and says so.
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return {}
    throw error
  }
}

/** Keeps what is known of tables that were not looked at this time. */
export function recordRows(stateDirectory: string, database: string, rows: Record<string, number>, at: number): void {
  mkdirSync(join(stateDirectory, 'data'), { recursive: true })
  const recorded: RecordedRows = { at, rows: { ...readRecordedRows(stateDirectory, database), ...rows } }
  writeFileAtomic(fileOf(stateDirectory, database), `${JSON.stringify(recorded, null, 2)}\n`)
}

function fileOf(stateDirectory: string, database: string): string {
  return join(stateDirectory, 'data', `${database}.rows.json`)
}
