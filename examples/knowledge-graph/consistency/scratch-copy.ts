// A private copy of the database for whatever must not touch the real one: rehearsals and write tests.
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../src/database.ts'

/**
 * Gives `work` a copy of the database beside the original, on the same disk, and removes it afterwards.
 * The copy is one consistent snapshot; the original is only read and never locked.
 */
export function withScratchCopy<T>(path: string, work: (copy: DatabaseSync) => T): T {
  const scratch = `${path}.scratch-${process.pid}`
  const remove = () => ['', '-wal', '-shm', '-journal'].forEach((ending) => rmSync(scratch + ending, { force: true }))
  remove()
  try {
    using source = openDatabase(path, { readOnly: true })
    source.prepare('VACUUM INTO ?').run(scratch)
    using copy = openDatabase(scratch)
    return work(copy)
  } finally {
    remove()
  }
}
