// Pinned copy: a read transaction keeps every checkpoint and commit from changing what it sees, while a child process copies
// the main file and then the log; folding the log into the copy gives the database as of the last commit in it.
// (`cp` of a live database loses its log; the backup API took three times as long; VACUUM INTO ten times.)
import { chmodSync, existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { syncFile } from '../sync-file.ts'
import { explained, journalMode, openForReading } from '../../databases/sqlite/open.ts'
import { copyBeside } from './run-beside.ts'
import type { Tasks } from './tasks.ts'

/**
 * Copies `source` to `file`, one whole file, not proved yet. Every commit before `takenAt` is in it.
 * A writer in WAL mode is not held up; in a rollback-journal mode its commits wait until the copy is made.
 * @throws OutsideError when the source cannot be read.
 */
export async function snapshot(source: string, file: string): Promise<Tasks['snapshot']['gives']> {
  const takenAt = pinnedCopy(source, file)
  // Whoever may read the live database need not be able to read every old state of it; and a copy of a read-only one is written once.
  for (const made of [file, `${file}-wal`]) if (existsSync(made)) chmodSync(made, 0o600)
  fold(file)
  return { takenAt, bytes: statSync(file).size }
}

function pinnedCopy(source: string, file: string): number {
  using pin = openForReading(source)
  return explained(source, () => {
    pin.exec('BEGIN')
    pin.prepare('SELECT count(*) FROM sqlite_schema').get()
    const takenAt = Date.now()
    // A rollback journal is not copied: under the pin the main file alone is whole.
    const pairs: [string, string][] = [[source, file]]
    if (journalMode(pin) === 'wal') pairs.push([`${source}-wal`, `${file}-wal`])
    copyBeside(pairs)
    return takenAt
  })
}

/**
 * Makes main file and log one file again; the journal mode stays as it was. Safe with any SQLite version: the fault that forbids
 * writing in WAL mode (`mayWriteSharedWal`) takes two connections, and nobody else knows this file.
 */
export function fold(file: string): void {
  explained(file, () => {
    const copy = new DatabaseSync(file)
    try {
      if (journalMode(copy) === 'wal') copy.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      copy.close()
    }
  })
  syncFile(file)
}
