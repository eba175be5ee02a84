// Copies in a store: `<id>/<file>` and, last, `<id>/manifest.json`, which proves the copy complete there.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import type { BackupManifest } from '../backup.ts'
import { isManifest, newestFirst } from '../collection.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { expendable, type Retention } from '../retention.ts'
import { ABANDONED_MS, type FileProof, type Store } from './store.ts'

const MANIFEST = 'manifest.json'
/** A manifest is small; a larger file of that name is something else. */
const MANIFEST_BYTES_MAX = 16 << 20
const READS_AT_ONCE = 8
/** Taking back what arrived of a copy that failed. */
const CLEANING_MS = 30_000

interface StoredManifest {
  manifest: BackupManifest
  /** Below the copy's own folder; one for a copy that is a file, many for one that is a directory. */
  files: ({ name: string } & FileProof)[]
}

/** Puts a copy (a file or a directory) there; when it fails, what has arrived is removed. @throws OutsideError */
export async function upload(store: Store, manifest: BackupManifest, signal: AbortSignal): Promise<void> {
  await removeIncomplete(store, signal)
  const { places: _, ...kept } = manifest
  const stored: StoredManifest = { manifest: kept, files: [] }
  try {
    for (const { name, path } of filesOf(manifest.file)) {
      const whole = path === manifest.file
      const proof = whole ? manifest : { bytes: statSync(path).size, sha256: await hashFile(path, signal) }
      await store.put(`${manifest.id}/${name}`, path, { bytes: proof.bytes, sha256: proof.sha256 }, signal)
      stored.files.push({ name, bytes: proof.bytes, sha256: proof.sha256 })
    }
    await putText(store, `${manifest.id}/${MANIFEST}`, JSON.stringify(stored, null, 2), signal)
  } catch (error) {
    const cleaning = AbortSignal.timeout(CLEANING_MS)
    await Promise.allSettled(stored.files.map(({ name }) => store.remove(`${manifest.id}/${name}`, cleaning)))
    throw error
  }
}

/** Newest first; only complete copies. @throws OutsideError */
export async function listStored(store: Store, kind: string, signal: AbortSignal): Promise<BackupManifest[]> {
  const keys = (await store.list(signal))
    .filter(({ key, bytes }) => basename(key) === MANIFEST && bytes <= MANIFEST_BYTES_MAX)
    .map(({ key }) => key)
  const manifests = await inParallel(keys, READS_AT_ONCE, async (key) => {
    const stored = await readStored(store, key, signal)
    const isOwn = stored?.manifest.kind === kind && `${stored.manifest.id}/${MANIFEST}` === key
    return isOwn ? [stored.manifest] : []
  })
  return manifests.flat().toSorted(newestFirst)
}

/** Fetches a copy to `file`, which must not exist, and proves every file of it. @throws OutsideError */
export async function download(store: Store, id: string, file: string, signal: AbortSignal): Promise<void> {
  const stored = await readStored(store, `${id}/${MANIFEST}`, signal)
  if (!stored) throw new OutsideError('backup', `${store.name} has no whole copy ${id}`)
  const isWhole = stored.files.length === 1 && stored.files[0]?.name === basename(stored.manifest.file)
  try {
    for (const { name, bytes, sha256: expected } of stored.files) {
      const path = isWhole ? file : join(file, ...name.split('/').slice(1))
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      await store.get(`${id}/${name}`, path, signal)
      if (statSync(path).size === bytes && (await hashFile(path, signal)) === expected) continue
      throw new OutsideError(
        'backup',
        `${store.name}: ${id}/${name} is not what was put there: its SHA-256 has changed`,
        {
          hint: 'restore another backup: gonogo backup list',
        },
      )
    }
  } catch (error) {
    rmSync(file, { force: true, recursive: true })
    throw error
  }
}

/** Deletes what retention does not keep, the manifest first. @throws OutsideError */
export async function prune(store: Store, kind: string, retention: Retention, signal: AbortSignal): Promise<void> {
  const files = await store.list(signal)
  for (const { id } of expendable(await listStored(store, kind, signal), retention)) {
    const own = files.map(({ key }) => key).filter((key) => key.startsWith(`${id}/`))
    for (const key of own.toSorted((a, b) => rank(a) - rank(b))) await store.remove(key, signal)
  }
}

const rank = (key: string): number => (basename(key) === MANIFEST ? 0 : 1)

/** Copies without a manifest that nobody can be at any more, and what the store itself calls unfinished. */
async function removeIncomplete(store: Store, signal: AbortSignal): Promise<void> {
  await store.clean(signal)
  const files = await store.list(signal)
  const complete = new Set(files.filter(({ key }) => basename(key) === MANIFEST).map(({ key }) => dirname(key)))
  for (const { key, modifiedAt } of files) {
    const [id = ''] = key.split('/')
    if (!complete.has(id) && Date.now() - modifiedAt > ABANDONED_MS) await store.remove(key, signal)
  }
}

/** A file by its name; a directory's files by its name and theirs. */
function filesOf(copy: string): { name: string; path: string }[] {
  if (!statSync(copy).isDirectory()) return [{ name: basename(copy), path: copy }]
  return readdirSync(copy, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: `${basename(copy)}/${relative(copy, path).split(sep).join('/')}`, path }))
}

async function putText(store: Store, key: string, text: string, signal: AbortSignal): Promise<void> {
  await inScratch(async (directory) => {
    const path = join(directory, MANIFEST)
    writeFileSync(path, text, { mode: 0o600 })
    await store.put(key, path, { bytes: Buffer.byteLength(text), sha256: sha256(text) }, signal)
  })
}

/** Null where it is no manifest. File names that would leave the copy's own folder make it none. */
async function readStored(store: Store, key: string, signal: AbortSignal): Promise<StoredManifest | null> {
  return inScratch(async (directory) => {
    const path = join(directory, MANIFEST)
    await store.get(key, path, signal)
    try {
      const stored = JSON.parse(readFileSync(path, 'utf8')) as StoredManifest
      const isSafe = stored.files.every(({ name }) => /^[^/\\\0]/.test(name) && !name.split('/').includes('..'))
      return isManifest(stored.manifest) && stored.files.length > 0 && isSafe ? stored : null
    } catch {
      return null
    }
  })
}

async function inScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-store-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
