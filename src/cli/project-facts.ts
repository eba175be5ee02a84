// What a project is, as far as its files say so: Markdown with boxes, SQLite databases, what package.json starts.
import { closeSync, openSync, readFileSync, readSync, readdirSync, type Dirent } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'

export interface ProjectFacts {
  name: string
  /** Markdown files, relative. */
  documents: string[]
  /** SQLite database files, relative: told by their first bytes, not by their names. */
  databases: string[]
  /** The script that package.json starts the service with, or null. */
  start: { script: string; command: string[] } | null
}

const DEPTH_MAX = 3
const ENTRIES_MAX = 20_000

/** Looks at files only; nothing is run. */
export function findFacts(directory: string): ProjectFacts {
  const files = filesBelow(directory)
  const manifest = readManifest(directory)
  return {
    name: nameOf(manifest, directory),
    documents: files.filter((file) => /\.(md|markdown)$/i.test(file)),
    databases: files.filter((file) => /\.(db|sqlite3?)$/i.test(file) && isSqlite(join(directory, file))),
    start: startOf(manifest),
  }
}

/** Relative paths with `/`, breadth first, so that what is near the top is found before the bound. */
function filesBelow(directory: string): string[] {
  const files: string[] = []
  let seen = 0
  let level = [directory]
  for (let depth = 0; depth <= DEPTH_MAX && level.length > 0; depth++) {
    const next: string[] = []
    for (const folder of level) {
      for (const entry of entriesOf(folder)) {
        if (++seen > ENTRIES_MAX) return files
        const path = join(folder, entry.name)
        const skipped = entry.name === 'node_modules' || (entry.name.startsWith('.') && entry.name !== '.github')
        if (entry.isDirectory() && !skipped) next.push(path)
        else if (entry.isFile()) files.push(relative(directory, path).split(sep).join('/'))
      }
    }
    level = next
  }
  return files
}

/** A folder that may not be read holds nothing for us. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

const SQLITE_MAGIC = 'SQLite format 3\0'

function isSqlite(path: string): boolean {
  try {
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(SQLITE_MAGIC.length)
      readSync(file, bytes, 0, bytes.length, 0)
      return bytes.toString('latin1') === SQLITE_MAGIC
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}

interface Manifest {
  name?: unknown
  scripts?: Record<string, unknown>
}

function readManifest(directory: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest | null
  } catch {
    return null
  }
}

function nameOf(manifest: Manifest | null, directory: string): string {
  const name = typeof manifest?.name === 'string' ? manifest.name.replace(/^@[^/]+\//, '') : ''
  return name || basename(directory) || 'service'
}

/** The command itself where it is a plain one, since signals reach it directly; else npm starts it. */
function startOf(manifest: Manifest | null): ProjectFacts['start'] {
  const script = manifest?.scripts?.start
  if (typeof script !== 'string' || script.trim() === '') return null
  const plain = /^[\w./@:=-]+(?: [\w./@:=-]+)*$/.test(script.trim()) && !/^\w+=/.test(script.trim())
  return { script: script.trim(), command: plain ? script.trim().split(' ') : ['npm', 'start'] }
}
