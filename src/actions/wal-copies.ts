// A plain copy of a SQLite database in WAL mode is no backup: what is committed may be in its log alone. Found by the file, when a step is about to run.
import { closeSync, globSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { plainCopies, type PlainCopy } from '../lib/plain-copies.ts'

const MAGIC = 'SQLite format 3\0'
/** Read and write version in the header of a file in WAL mode (https://sqlite.org/fileformat2.html#file_format_version_numbers). */
const WAL_VERSION = 2
const HEADER_BYTES = 20
/** Of a directory that is copied as a whole, so many files are looked at. */
const FILES_MAX = 2000
const DEPTH_MAX = 4

/** Why the script is not run: each database in WAL mode that it would copy byte by byte; empty where there is none. */
export function walCopies(
  script: string,
  where: { directory: string; env: Readonly<Record<string, string | undefined>> },
): string[] {
  const seen = new Set<string>()
  return plainCopies(script, where.env).flatMap((copy) =>
    filesOf(copy, where.directory)
      .filter((file) => isWalDatabase(file) && !seen.has(file) && seen.add(file))
      .map(
        (file) =>
          `${copy.program} of ${file} is no backup: it is a SQLite database in WAL mode, whose last commits may be only in ${file}-wal; a copy can lose them or be damaged. ` +
          'Take it with: gonogo backup create (kind sqlite), or sqlite3 DATABASE "VACUUM INTO \'COPY\'"',
      ),
  )
}

/** Whether it is a SQLite database whose header says WAL; false where it cannot be read. */
function isWalDatabase(file: string): boolean {
  let handle: number | null = null
  try {
    handle = openSync(file, 'r')
    const header = Buffer.alloc(HEADER_BYTES)
    if (readSync(handle, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return false
    return header.toString('latin1', 0, MAGIC.length) === MAGIC && header[18] === WAL_VERSION
  } catch {
    return false
  } finally {
    if (handle !== null) closeSync(handle)
  }
}

function filesOf({ source, within }: PlainCopy, directory: string): string[] {
  const path = resolve(directory, ...within, source)
  try {
    const paths = statSync(path, { throwIfNoEntry: false }) ? [path] : /[*?[{]/.test(source) ? globSync(path) : []
    return paths
      .slice(0, FILES_MAX)
      .flatMap((found) => (statSync(found).isDirectory() ? below(found, DEPTH_MAX) : [found]))
  } catch {
    return []
  }
}

function below(directory: string, depth: number): string[] {
  const found: string[] = []
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (found.length >= FILES_MAX) break
    if (entry.isFile()) found.push(join(directory, entry.name))
    else if (entry.isDirectory() && depth > 0) found.push(...below(join(directory, entry.name), depth - 1))
  }
  return found.slice(0, FILES_MAX)
}
