// A link that leads elsewhere at one moment, and still does when the power goes.
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from './atomic-file.ts'
import { draftName } from './drafts.ts'

/** Puts a link to `to` at `path`, in place of the one that stands there: nobody sees it missing. */
export function replaceLink(path: string, to: string): void {
  const directory = dirname(path)
  const draft = join(directory, draftName(basename(path)))
  try {
    symlinkSync(to, draft)
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
  syncDirectory(directory)
}
