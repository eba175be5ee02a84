// One proxy a directory: a lock that the kernel lets go of when its process ends, however it ends.
// SQLite's file lock is that, on every system, without a program or a native module more.
import { DatabaseSync } from 'node:sqlite'

/** Takes the lock for the life of this process; null when another process has it. */
export function takeLock(path: string): DatabaseSync | null {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    // SQLITE_BUSY
    if ((error as { errcode?: number }).errcode === 5) return null
    throw error
  }
}
