// Replaces the content of a database others have open, through SQLite's backup API: one transaction, seen whole or not at all.
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup } from 'node:sqlite'
import { pause } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { unfinishedPath } from '../collection.ts'
import {
  explain,
  explained,
  isBusyTarget,
  journalMode,
  mayWriteSharedWal,
  openCopy,
  openForWriting,
} from '../../databases/sqlite/open.ts'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import { copyBeside } from './run-beside.ts'
import { fold } from './snapshot.ts'

/** Longest wait for a moment without another writer. */
const LOCK_TIMEOUT_MS = 30_000
const RETRY_MS = 1
const HOLD_MS = 30
/** Half of SQLite's page cache: until the first step is over, nothing has been written to the live file. */
const STEP_BYTES = 1 << 20

/**
 * Keeps the old content at `kept`, then overwrites. The old content is copied when the transaction has begun, so no commit of
 * another falls between. Writers wait meanwhile: they need a busy time-out of some seconds a gigabyte.
 * @param check is called when nobody else can write any more and nothing has been written yet: what it throws ends it there.
 * @throws OutsideError when this SQLite must not write the file, page sizes differ, or others never let go; nothing has changed then.
 */
export async function overwrite(live: string, staged: string, kept: string, check: () => void): Promise<void> {
  const target = look(live)
  using source = explained(staged, () => openCopy(staged))
  const pages = pragma(source, 'page_count')
  const pageBytes = pragma(source, 'page_size')
  if (target.wal && !mayWriteSharedWal())
    throw unable(live, `SQLite ${process.versions.sqlite} must not write it while others do; a newer Node may`)
  if (target.wal && pageBytes !== target.pageBytes)
    throw unable(live, `its pages have ${target.pageBytes} bytes, those of the backup ${pageBytes}`)
  if (pages < 2) throw unable(live, 'the backup is an empty database')
  requireFreeBytes(dirname(live), statSync(live).size + 2 * pages * pageBytes, `overwriting ${live}`)

  let isKept = false
  const keep = () => {
    if (isKept) return
    check()
    isKept = true
    copyWhole(live, kept, target.wal ? ['-wal', ''] : [''])
  }
  const rate = Math.max(1, Math.min(Math.floor(STEP_BYTES / pageBytes), pages - 1))
  try {
    await whenUnlocked(live, () => backup(source, live, { rate, progress: keep }))
  } catch (error) {
    for (const ending of ['', '-wal']) rmSync(kept + ending, { force: true })
    throw error
  }
  if (target.wal) {
    foldLog(live)
    fold(kept)
  }
}

/** Copies main file and log, main file first; they get their names when they are whole, main file last. */
function copyWhole(live: string, kept: string, endings: string[]): void {
  const draft = unfinishedPath(dirname(live))
  copyBeside(endings.toReversed().map((ending) => [live + ending, draft + ending]))
  for (const ending of endings) if (existsSync(draft + ending)) renameSync(draft + ending, kept + ending)
}

function look(live: string): { wal: boolean; pageBytes: number } {
  using database = openForWriting(live)
  return explained(live, () => ({
    wal: journalMode(database) === 'wal',
    pageBytes: pragma(database, 'page_size'),
  }))
}

/** Tries until no other writer is in the way; the backup API itself does not wait, and calls a busy target "not an error". */
async function whenUnlocked(live: string, attempt: () => Promise<unknown>): Promise<void> {
  using queue = openForWriting(live)
  // SQLite's own waiting looks every 100 ms, and may never meet the gaps of a busy writer.
  queue.exec('PRAGMA busy_timeout = 0')
  const endsAt = performance.now() + LOCK_TIMEOUT_MS
  for (;;) {
    try {
      queue.exec('BEGIN EXCLUSIVE')
      // By now that writer sleeps until it looks again; the lock is taken before it does.
      await pause(HOLD_MS)
      queue.exec('ROLLBACK')
      await attempt()
      return
    } catch (error) {
      if (!isBusyTarget(error)) throw explain(live, error)
      if (performance.now() > endsAt)
        throw new OutsideError('backup', `${live} was never free of writers for ${LOCK_TIMEOUT_MS / 1000} s`, {
          retryable: true,
          hint: 'stop the service that writes it, and restore again',
          cause: error,
        })
    }
    await pause(RETRY_MS)
  }
}

/** So that the next commit of the service does not have to carry a database's worth of log; it may be held up by a reader. */
function foldLog(live: string): void {
  using database = openForWriting(live)
  database.exec('PRAGMA wal_checkpoint(PASSIVE)')
}

function pragma(database: { prepare(sql: string): { get(): unknown } }, name: 'page_size' | 'page_count'): number {
  return Number((database.prepare(`PRAGMA ${name}`).get() as Record<string, unknown>)[name])
}

function unable(live: string, why: string): OutsideError {
  return new OutsideError('backup', `${live} is in use and cannot be overwritten: ${why}`, {
    hint: 'stop everything that has it open, and restore again',
  })
}
