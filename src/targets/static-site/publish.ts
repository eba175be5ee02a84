// A switch in a bucket: what pages refer to is copied first, the pages last, what is no page of the version any more goes.
import { OutsideError } from '../../lib/errors.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import type { BucketLayout } from './bucket-layout.ts'
import type { FileHeaders, Sort } from './file-headers.ts'
import type { ObjectStore } from './object-store.ts'
import type { SiteFile, SiteManifest } from './site-files.ts'

/** A file with everything that is published of it. */
export interface BucketFile extends SiteFile, FileHeaders {
  sort: Sort
}

export interface BucketManifest extends SiteManifest {
  files: BucketFile[]
}

/** Which version is published. */
export interface Pointer {
  version: string
  /** What was published before. */
  from: string | null
  /** False while the switch goes on. */
  complete: boolean
  /** Whether the site is known to be that version file by file: the capsule copies, and looks at nothing. */
  exact: boolean
}

interface Published {
  system: string
  layout: BucketLayout
  store: ObjectStore
}

/** Null where nothing was ever published. @throws OutsideError */
export async function readPointer({ system, layout, store }: Published, signal: AbortSignal): Promise<Pointer | null> {
  const text = await store.text(layout.pointer, signal)
  if (text === null) return null
  try {
    const { version, from = null, complete, exact } = JSON.parse(text) as Partial<Pointer>
    if (typeof version === 'string') return { version, from, complete: complete === true, exact: exact === true }
  } catch {
    // It is told below.
  }
  throw new OutsideError(system, `bucket ${layout.bucket}: ${layout.pointer} is not what gonogo wrote`, {
    hint: 'remove it; the next switch then publishes the whole site',
  })
}

export interface Publication {
  atOnce: number
  manifestOf(version: string): Promise<BucketManifest | null>
  /** Of all versions that are kept. */
  manifests(): Promise<BucketManifest[]>
  signal: AbortSignal
}

/** @throws OutsideError; called again it goes on. */
export async function publish(published: Published, manifest: BucketManifest, publication: Publication): Promise<void> {
  const { system, layout, store } = published
  const { signal, atOnce } = publication
  const { version, files } = manifest
  const pointer = await readPointer(published, signal)
  if (pointer?.version === version && pointer.complete && pointer.exact) return
  const before = pointer?.complete && pointer.exact ? await publication.manifestOf(pointer.version) : null
  const same = new Set(before?.files.map(identityOf))
  const changed = files.filter((file) => !same.has(identityOf(file)))
  const put = (next: Pointer): Promise<void> => store.putText(layout.pointer, JSON.stringify(next), signal)
  const from = pointer && (pointer.complete ? pointer.version : pointer.from)
  await put({ version, from, complete: false, exact: false })
  for (const sorts of [['immutable', 'other'], ['entry-point']])
    await inParallel(
      changed.filter(({ sort }) => sorts.includes(sort)),
      atOnce,
      ({ path }) => store.copy(layout.file(manifest, path), layout.live(path), signal),
    )
  await inParallel(changed, atOnce, async (file) => {
    if (!(await store.has(layout.live(file.path), file, file, signal)))
      throw new OutsideError(system, `bucket ${layout.bucket}: ${layout.live(file.path)} is not that of ${version}`, {
        retryable: true,
        hint: 'does somebody else publish into the same bucket?',
      })
  })
  await store.remove(await leftOver(layout, manifest, before, publication), signal)
  await put({ version, from, complete: true, exact: true })
}

/** Pages that other versions have and this one has not. What pages refer to stays: somebody may still read an old one. */
async function leftOver(
  layout: BucketLayout,
  { files }: BucketManifest,
  before: BucketManifest | null,
  { manifests }: Publication,
): Promise<string[]> {
  const own = new Set(files.map(({ path }) => path))
  const others = before ? [before] : await manifests()
  const pages = others.flatMap((other) => other.files.filter(({ sort }) => sort === 'entry-point'))
  return [...new Set(pages.map(({ path }) => path))].filter((path) => !own.has(path)).map((path) => layout.live(path))
}

function identityOf({ path, sha256, contentType, cacheControl }: BucketFile): string {
  return JSON.stringify([path, sha256, contentType, cacheControl])
}
