// One process at a time. Node has no flock; an exclusive SQLite transaction is an operating-system lock
// that dies with its holder, so there is no stale lock to recognise and no race in breaking one.
import { DatabaseSync } from 'node:sqlite'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'

const SQLITE_BUSY = 5

/**
 * Runs `work` while holding the lock file `path`, waiting for it at most `timeoutMs`.
 * @throws OutsideError when another process keeps the lock longer than that.
 */
export async function withExclusiveLock<T>(path: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    const held = await poll(() => tryLock(lock), { everyMs: 10, timeoutMs })
    if (held === null)
      throw new OutsideError('postgres', `another gonogo process has held ${path} for ${timeoutMs / 1000} s`, {
        retryable: true,
        hint: 'let it finish starting or stopping the database, or end it, and try again',
      })
    return await work()
  } finally {
    lock.close()
  }
}

function tryLock(lock: DatabaseSync): true | null {
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return null
    throw error
  }
}
