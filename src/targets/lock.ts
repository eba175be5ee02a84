// A lock that the kernel releases when its holder dies, however it dies: SQLite's exclusive lock on an empty database.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { poll } from '../lib/deadline.ts'

const LOOK_MS = 20

/** Holds the lock from now on, or gives null when another process, or another caller in this one, has it. */
export function tryLock(file: string): { release(): void } | null {
  mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch {
    database.close()
    return null
  }
}

/** Runs `work` under the lock. @returns null when it was not to be had before the time-out or the signal. */
export async function withLock<T>(
  file: string,
  options: { timeoutMs: number; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<{ value: T } | null> {
  const lock = await poll(() => tryLock(file), { everyMs: LOOK_MS, ...options })
  if (!lock) return null
  try {
    return { value: await work() }
  } finally {
    lock.release()
  }
}
