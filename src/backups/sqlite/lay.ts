// Lays a copy of a backup beside the live database, on its file system, ready to be renamed.
import { chmodSync, chownSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../../lib/atomic-file.ts'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { removeUnfinished, unfinishedPath } from '../collection.ts'
import { syncFile } from '../sync-file.ts'
import { copyFiles } from './copy-files.ts'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { dressOf, isStaged, otherStaged } from './places.ts'
import type { Lay } from './tasks.ts'

/**
 * Copies, proves by SHA-256 and gives the copy its name, unless a proved one lies there already.
 * @returns its path: `staged`, or a name of its own for a copy that was not to be proved.
 * @throws OutsideError when the backup is gone, has another size or hash than recorded, or there is no room.
 */
export async function lay({ manifest, live, staged, sha256 }: Lay): Promise<string> {
  if (isStaged(staged, manifest)) return staged
  const directory = dirname(live)
  removeUnfinished(directory)
  requireSize(manifest)
  requireFreeBytes(directory, manifest.bytes, `a copy of ${manifest.file}`)
  const draft = unfinishedPath(directory)
  try {
    copyFiles([[manifest.file, draft]])
    if (sha256 !== null && (await hashFile(draft)) !== sha256)
      throw new OutsideError('backup', `${manifest.file} is not what was backed up: its SHA-256 has changed`, {
        hint: 'restore another backup: gonogo backup list',
      })
    dressAs(live, draft)
    utimesSync(draft, manifest.takenAt / 1000, manifest.takenAt / 1000)
    syncFile(draft)
    const laid = sha256 === null ? `${staged}-unproved` : staged
    renameSync(draft, laid)
    for (const other of otherStaged(live, staged)) rmSync(other, { force: true })
    syncDirectory(directory)
    return laid
  } finally {
    rmSync(draft, { force: true })
  }
}

function requireSize({ file, bytes }: Lay['manifest']): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.size === bytes) return
  const what = found ? `${file} has ${found.size} bytes, ${bytes} were recorded` : `the copy ${file} is gone`
  throw new OutsideError('backup', what, { hint: 'restore another backup: gonogo backup list' })
}

/** Gives a file the mode and owner of the live database. @throws OutsideError */
export function dressAs(live: string, draft: string): void {
  const { mode, uid, gid } = dressOf(live)
  chmodSync(draft, mode)
  const owned = statSync(draft)
  if (uid === owned.uid && gid === owned.gid) return
  try {
    chownSync(draft, uid, gid)
  } catch (error) {
    throw new OutsideError('backup', `cannot give the restored copy the owner of ${live}: ${codeOf(error)}`, {
      hint: 'run gonogo as the owner of the database, or as root',
    })
  }
}
