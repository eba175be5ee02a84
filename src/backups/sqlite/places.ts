// Names of the files around a database: the live file, the copy staged beside it, the replaced one kept aside.
import { existsSync, readdirSync, realpathSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import type { BackupManifest } from '../backup.ts'

/**
 * Where the database really is: a rename must replace the file, not a link to it.
 * @throws OutsideError when its directory, or with `mustExist` the file itself, is not there.
 */
export function livePath(database: string, options: { mustExist?: boolean } = {}): string {
  const found = statSync(database, { throwIfNoEntry: false })
  if (found?.isFile()) return realpathSync(database)
  if (found)
    throw new OutsideError('backup', `${database} is not a file`, { hint: 'set `database` to the SQLite file' })
  const directory = dirname(database)
  if (options.mustExist || !existsSync(directory))
    throw new OutsideError('backup', `there is no database ${database}`, {
      hint: 'set `database` to the SQLite file, relative to gonogo.yaml',
    })
  return join(realpathSync(directory), basename(database))
}

/** The copy that is ready to be renamed into place: in the same directory, hence on the same file system. */
export function stagedPath(live: string, manifest: Pick<BackupManifest, 'id'>): string {
  return join(dirname(live), `.${basename(live)}.staged-${manifest.id}`)
}

/** Whether `staged` is complete and unchanged: it gets its name, size and this modification time only once it was proved. */
export function isStaged(staged: string, manifest: Pick<BackupManifest, 'bytes' | 'takenAt'>): boolean {
  const found = statSync(staged, { throwIfNoEntry: false })
  return found?.size === manifest.bytes && Math.floor(found.mtimeMs / 1000) === Math.floor(manifest.takenAt / 1000)
}

/** Staged copies of other backups of this database: each is as large as the database, and only the last is wanted. */
export function otherStaged(live: string, staged: string): string[] {
  const directory = dirname(live)
  const beginning = `.${basename(live)}.staged-`
  return readdirSync(directory)
    .filter((name) => name.startsWith(beginning) && !name.startsWith(basename(staged)))
    .map((name) => join(directory, name))
}

/** Ids of the backups that a staged copy was made of: a capsule may need to copy them again. */
export function stagedIds(database: string): string[] {
  if (!existsSync(dirname(database))) return []
  const live = livePath(database)
  const beginning = basename(stagedPath(live, { id: '' }))
  return readdirSync(dirname(live))
    .filter((name) => name.startsWith(beginning))
    .map((name) => name.slice(beginning.length).replace(/-unproved$|\.part$/, ''))
}

/** A name for the replaced database that is not taken: `app.db.replaced-20261121T101500123Z`. */
export function unusedKeptPath(live: string, now: number): string {
  for (let later = 0; later < 1000; later++) {
    const stamp = new Date(now + later).toISOString().replace(/[-:.]/g, '')
    const kept = `${live}.replaced-${stamp}`
    if (!existsSync(kept)) return kept
  }
  throw new OutsideError('backup', `too many ${live}.replaced-* files`, { hint: 'delete those you no longer need' })
}

/** Second names of the live file, left by a restore that was killed before the swap: not a kept database, so removed. */
export function removeUnusedKept(live: string): void {
  const found = statSync(live, { throwIfNoEntry: false })
  if (!found || found.nlink < 2) return
  for (const name of readdirSync(dirname(live))) {
    const path = join(dirname(live), name)
    if (name.startsWith(`${basename(live)}.replaced-`) && statSync(path).ino === found.ino) unlinkSync(path)
  }
}

/** Who owns the live file and who may use it: its successor must be the same, or the service could not open it. */
export interface Dress {
  mode: number
  uid: number
  gid: number
}

/** Of the live file; where there is none, that of its directory's owner. */
export function dressOf(live: string): Dress {
  const found = statSync(live, { throwIfNoEntry: false })
  if (found) return { mode: found.mode & 0o777, uid: found.uid, gid: found.gid }
  const { uid, gid } = statSync(dirname(live))
  return { mode: 0o644, uid, gid }
}
