// Files that are either the old content or the new one, never half of it, even when the power goes.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes, fsyncs and renames into place; then fsyncs the directory, so that the name is durable too. */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
  const directory = dirname(path)
  mkdirSync(directory, { recursive: true })
  const draft = `${path}.${process.pid}.tmp`
  try {
    writeDurably(draft, content, mode)
    renameSync(draft, path)
  } catch (error) {
    // A full disk is not made fuller.
    rmSync(draft, { force: true })
    throw error
  }
  syncDirectory(directory)
}

function writeDurably(path: string, content: string | Uint8Array, mode: number): void {
  const file = openSync(path, 'w', mode)
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Makes renames inside a directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
