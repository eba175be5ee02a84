// Plain copies of whole files, durable when done. Runs in a process that holds no lock on them.
import { constants, copyFileSync, existsSync } from 'node:fs'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { diskFull } from '../../databases/sqlite/free-space.ts'
import { syncFile } from '../sync-file.ts'

/** Copies each pair in order (by reference where the file system can) and fsyncs; a source that does not exist is left out. */
export function copyFiles(pairs: readonly (readonly [from: string, to: string])[]): null {
  for (const [from, to] of pairs) {
    if (!existsSync(from)) continue
    try {
      copyFileSync(from, to, constants.COPYFILE_FICLONE)
      syncFile(to)
    } catch (error) {
      if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') throw diskFull(`while copying ${from} to ${to}`)
      throw new OutsideError('backup', `cannot copy ${from} to ${to}: ${codeOf(error)}`, {
        hint: 'give gonogo permission to read the one and write the other',
        cause: error,
      })
    }
  }
  return null
}
