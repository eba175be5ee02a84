// What a built site consists of: its files with their checksums, as they are in the folder it was built into.
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { canonicalJson, sha256 } from '../../lib/hash.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { inParallel } from '../../lib/in-parallel.ts'

export interface SiteFile {
  /** With slashes, below the site's own folder. */
  path: string
  bytes: number
  /** 64 hexadecimal digits. */
  sha256: string
}

/** A version as it was put there: what it must consist of ever after. */
export interface SiteManifest {
  version: string
  /** When it was made. Milliseconds since the epoch. */
  preparedAt: number
  /** SHA-256 over all files. */
  digest: string
  /** By path. */
  files: SiteFile[]
}

const FILES_MAX = 200_000
const HASHED_AT_ONCE = 8
const NAMED_MAX = 3

/**
 * Every file below a folder. Links to files inside it count as what they lead to.
 * @throws OutsideError where the folder is missing or empty, or holds what is no site: links that lead out of it, pipes.
 */
export async function scanSite(
  system: string,
  source: string,
  version: string,
  signal: AbortSignal,
): Promise<SiteManifest> {
  const paths = await pathsBelow(system, source)
  const files = await inParallel(paths.toSorted(), HASHED_AT_ONCE, async (path) => {
    const file = join(source, path)
    return { path: path.split(sep).join('/'), bytes: (await stat(file)).size, sha256: await hashFile(file, signal) }
  })
  if (files.length === 0)
    throw new OutsideError(system, `${source} holds no files`, { hint: 'did the build of the site run?' })
  return { version, preparedAt: Date.now(), digest: sha256(canonicalJson(files)), files }
}

async function pathsBelow(system: string, source: string): Promise<string[]> {
  const found: string[] = []
  const root = await realpath(source).catch((error: unknown) => {
    throw new OutsideError(system, `there is no folder ${source} (${codeOf(error)})`, {
      hint: 'build the site first, or set `source` to the folder it is built into',
    })
  })
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    const isFile = entry.isFile() || (entry.isSymbolicLink() && (await leadsToOwnFile(path, root)))
    if (!isFile)
      throw new OutsideError(system, `${path} is neither a file nor a link to a file of the site`, {
        hint: 'gonogo copies files only: replace it by what it leads to',
      })
    if (found.push(relative(root, path)) > FILES_MAX)
      throw new OutsideError(system, `${source} holds more than ${FILES_MAX} files`, {
        hint: 'is `source` the built site?',
      })
  }
  return found
}

async function leadsToOwnFile(path: string, root: string): Promise<boolean> {
  const target = await realpath(path).catch(() => null)
  return target !== null && target.startsWith(root + sep) && (await stat(target)).isFile()
}

/** How two lists of files differ, in words: `3 files differ: a.js, b.js, index.html`; null where they are the same. */
function differenceOf(one: readonly SiteFile[], other: readonly SiteFile[]): string | null {
  const sums = new Map(one.map((file) => [file.path, file.sha256]))
  const changed = other.filter(({ path, sha256: sum }) => sums.get(path) !== sum).map(({ path }) => path)
  const kept = new Set(other.map(({ path }) => path))
  const all = [...changed, ...one.map(({ path }) => path).filter((path) => !kept.has(path))]
  if (all.length === 0) return null
  const named = all.slice(0, NAMED_MAX).join(', ')
  return `${all.length} ${all.length === 1 ? 'file differs' : 'files differ'}: ${named}${all.length > NAMED_MAX ? ', ...' : ''}`
}

/** @throws OutsideError: a version is what it was, and is not replaced by something else under the same name. */
export function refuseChanged(system: string, manifest: SiteManifest, found: SiteManifest, where: string): void {
  const difference = differenceOf(manifest.files, found.files)
  if (difference !== null)
    throw new OutsideError(system, `version ${manifest.version} is there already with other content (${difference})`, {
      hint: `release it under a name of its own, or remove ${where} first`,
    })
}

/** A manifest that was read, or null where it is none. Paths that would lead out of the site make it none. */
export function parseManifest(text: string): SiteManifest | null {
  try {
    const given = JSON.parse(text) as SiteManifest
    const isSafe = ({ path }: SiteFile): boolean => /^[^/\0]/.test(path) && !path.split('/').includes('..')
    const isManifest = typeof given.version === 'string' && typeof given.preparedAt === 'number'
    return isManifest && typeof given.digest === 'string' && given.files.every(isSafe) ? given : null
  } catch {
    return null
  }
}

/** A version as one name of a file: what is no letter is escaped, so that no name leads anywhere else. */
export function nameOf(version: string): string {
  return encodeURIComponent(version).replace(/^\./, '%2E')
}

/** The version that has this name; null where none has. */
export function versionOf(name: string): string | null {
  try {
    const version = decodeURIComponent(name)
    return nameOf(version) === name ? version : null
  } catch {
    return null
  }
}

/** Versions that are let go: the oldest beyond `keep`, never one of `held`. */
export function expendableReleases(
  manifests: readonly SiteManifest[],
  keep: number,
  held: readonly (string | null)[],
): SiteManifest[] {
  return manifests
    .toSorted((a, b) => b.preparedAt - a.preparedAt)
    .slice(keep)
    .filter(({ version }) => !held.includes(version))
}
