// Puts a laid copy in the place of the live database: the old one or the new one at any moment, never half of each.
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { syncDirectory } from '../../lib/atomic-file.ts'
import { OutsideError } from '../../lib/errors.ts'
import { isDamage, isLocked, journalMode, openForWriting } from '../../databases/sqlite/open.ts'
import { requireNothingNewer, requireUnchanged } from './carry.ts'
import { attachCopy } from './compare.ts'
import { openersOf } from './openers.ts'
import { overwrite } from './overwrite.ts'
import { removeUnusedKept } from './places.ts'
import type { Tasks } from './tasks.ts'

/** Schema name of the copy while it is looked at beside the live database. */
const STAGED = 'staged'

/**
 * Nobody connected: the old database is renamed to `kept`, the new one into place, under the exclusive lock.
 * Somebody connected: the content is replaced in one transaction, so that their next statement sees it.
 * @param fingerprint of the live database whose newer rows `staged` has: where it was written since, nothing is replaced.
 * @throws OutsideError when it can be done neither way; then nothing has changed.
 */
export async function replace(
  live: string,
  staged: string,
  kept: string,
  fingerprint?: string,
): Promise<Tasks['restore']['gives']> {
  if (!existsSync(live)) {
    exchange(live, staged, kept)
    return { keptAt: null, method: 'laid in place: there was no database' }
  }
  removeUnusedKept(live)
  const holder = openUnlessDamaged(live)
  if (!holder) return replaceDamaged(live, staged, kept)
  try {
    if (fingerprint !== undefined) attachCopy(holder, staged, STAGED)
    const wasWal = journalMode(holder) === 'wal'
    if (takeAlone(holder, live)) {
      if (fingerprint !== undefined) orLetGo(holder, wasWal, () => requireNothingNewer(holder, live, STAGED))
      exchange(live, staged, kept)
      return { keptAt: kept, method: 'renamed into place: nobody was connected' }
    }
  } finally {
    holder.close()
  }
  await overwrite(live, staged, kept, () => {
    if (fingerprint !== undefined) requireUnchanged(live, fingerprint)
  })
  rmSync(staged, { force: true })
  return { keptAt: kept, method: 'overwritten in one transaction: others were connected' }
}

/** Locks the database against everybody, with its log folded in; false when somebody is connected. */
function takeAlone(holder: DatabaseSync, live: string): boolean {
  holder.exec('PRAGMA busy_timeout = 0')
  const wasWal = journalMode(holder) === 'wal'
  // Idle connections hold no lock outside WAL mode; only the system knows of them.
  if (!wasWal && openersOf(live)?.length !== 0) return false
  // Leaving WAL mode only succeeds for the last connection, and folds and removes the log. Whoever opens the file from now on finds
  // a rollback-journal database; once it was renamed, SQLite refuses to write it (READONLY_DBMOVED).
  const isAlone = attempt(holder, 'PRAGMA main.journal_mode = DELETE') && attempt(holder, 'BEGIN EXCLUSIVE')
  // Unless somebody came between the two and made it WAL again, where the lock just taken shuts out nobody but writers.
  if (isAlone && journalMode(holder) !== 'wal') return true
  if (isAlone) holder.exec('ROLLBACK')
  if (wasWal) attempt(holder, 'PRAGMA main.journal_mode = WAL')
  return false
}

/** What throws leaves the database as it was found. */
function orLetGo(holder: DatabaseSync, wasWal: boolean, work: () => void): void {
  try {
    work()
  } catch (error) {
    holder.exec('ROLLBACK')
    if (wasWal) attempt(holder, 'PRAGMA main.journal_mode = WAL')
    throw error
  }
}

/** False when another connection's lock is in the way. */
function attempt(holder: DatabaseSync, sql: string): boolean {
  try {
    holder.exec(sql)
    return true
  } catch (error) {
    if (isLocked(error)) return false
    throw error
  }
}

/** A database SQLite cannot read has no locks to ask; it is renamed if the system says that nobody has it open. */
function replaceDamaged(live: string, staged: string, kept: string): Tasks['restore']['gives'] {
  const openers = openersOf(live)
  if (openers === null)
    throw new OutsideError('backup', `${live} is damaged, and it cannot be told who has it open`, {
      hint: `stop its users, move it away (mv ${live} ${kept}), and restore again`,
    })
  if (openers.length > 0)
    throw new OutsideError('backup', `${live} is damaged, and in use by process ${openers.join(', ')}`, {
      retryable: true,
      hint: 'stop it and restore again',
    })
  exchange(live, staged, kept)
  return { keptAt: kept, method: 'renamed into place: the old database was damaged' }
}

/** The old name is there at every moment. A log or journal of the old file must never meet the new one, so it goes first. */
function exchange(live: string, staged: string, kept: string): void {
  if (existsSync(live)) linkSync(live, kept)
  for (const ending of ['-wal', '-journal']) if (existsSync(live + ending)) renameSync(live + ending, kept + ending)
  rmSync(`${live}-shm`, { force: true })
  renameSync(staged, live)
  syncDirectory(dirname(live))
}

function openUnlessDamaged(live: string): DatabaseSync | null {
  try {
    return openForWriting(live)
  } catch (error) {
    if (isDamage(error)) return null
    throw error
  }
}
