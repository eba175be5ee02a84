// One hash for a directory of files.
import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { inParallel } from '../../lib/in-parallel.ts'
import { hashFile } from '../../lib/hash-file.ts'

/** Bytes of all files, and the SHA-256 over the lines `<SHA-256>  <name>` in the order of names, as `sha256sum` writes them. */
export async function hashDirectory(
  directory: string,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  const lines = await inParallel(files, 2, async (file) => {
    const name = relative(directory, file).split(sep).join('/')
    return `${await hashFile(file, signal)}  ${name}\n`
  })
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  return { bytes, sha256: createHash('sha256').update(lines.join('')).digest('hex') }
}
