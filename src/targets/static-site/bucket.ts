// A site in a bucket: every version whole below `releases/`, and the site itself, which a switch makes of one by copies inside the bucket.
import { join } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import { loadS3, type LoadS3 } from '../../lib/s3-client.ts'
import { bucketLayout, type BucketLayout } from './bucket-layout.ts'
import { bucketShell, publicationList } from './bucket-shell.ts'
import { headersOf, sortOf } from './file-headers.ts'
import { objectStore, type ObjectStore } from './object-store.ts'
import type { BucketOptions } from './options.ts'
import type { Place } from './place.ts'
import { publish, readPointer, type BucketManifest } from './publish.ts'
import {
  expendableReleases,
  parseManifest,
  refuseChanged,
  scanSite,
  versionOf,
  type SiteManifest,
} from './site-files.ts'

/** @param load gives the client library; for tests. */
export function bucketPlace(system: string, given: BucketOptions, keep: number, load: LoadS3 = loadS3): Place {
  const layout = bucketLayout(given)
  const store = objectStore(system, given, load)
  const bucket: Bucket = { system, given, keep, layout, store }
  return {
    name: `bucket ${given.name}/${layout.live('')}`,
    async current(signal) {
      const pointer = await readPointer(bucket, signal)
      return pointer && (pointer.complete ? pointer.version : pointer.from)
    },
    manifest: (version, signal) => manifestOf(bucket, version, signal),
    prepare: (version, source, signal) => prepare(bucket, version, source, signal),
    async ready(version) {
      // The manifest is written when everything else is there and proved.
      const key = layout.manifest(version)
      const found = await store.list(key, AbortSignal.timeout(READY_MS))
      return { healthy: found.has(key) ? 1 : 0, wanted: 1 }
    },
    async switchTo(version, signal) {
      await publish(bucket, await requireManifest(bucket, version, signal), {
        atOnce: given.atOnce,
        manifestOf: (other) => manifestOf(bucket, other, signal),
        manifests: () => manifestsOf(bucket, signal),
        signal,
      })
    },
    shell: (version) => bucketShell(given, layout, version),
    plan: (version, source) => ({
      prepare: [
        `put every file of ${source} to s3://${given.name}/${layout.file({ version, digest: '<digest>' }, '')}, ${given.atOnce} at once, each proved by its SHA-256`,
        `put s3://${given.name}/${layout.manifest(version)}`,
      ],
      switch: [
        `copy what changed from s3://${given.name}/${layout.file({ version, digest: '<digest>' }, '')} to s3://${given.name}/${layout.live('')}, inside the bucket: ${given.entryPoints.join(', ')} last`,
        `put s3://${given.name}/${layout.pointer}`,
      ],
    }),
  }
}

const READY_MS = 10_000

interface Bucket {
  system: string
  given: BucketOptions
  keep: number
  layout: BucketLayout
  store: ObjectStore
}

async function manifestOf(bucket: Bucket, version: string, signal: AbortSignal): Promise<BucketManifest | null> {
  const { system, layout, store } = bucket
  const key = layout.manifest(version)
  const text = await store.text(key, signal)
  if (text === null) return null
  const manifest = parseManifest(text) as BucketManifest | null
  if (manifest?.version === version) return manifest
  throw new OutsideError(system, `bucket ${layout.bucket}: ${key} is not what gonogo wrote`, { hint: 'remove it' })
}

async function requireManifest(bucket: Bucket, version: string, signal: AbortSignal): Promise<BucketManifest> {
  const manifest = await manifestOf(bucket, version, signal)
  if (manifest) return manifest
  const { system, layout } = bucket
  throw new OutsideError(system, `bucket ${layout.bucket} has no whole version ${version}`, {
    hint: `${layout.manifest(version)} is not there: put ${version} there first`,
  })
}

async function manifestsOf(bucket: Bucket, signal: AbortSignal): Promise<BucketManifest[]> {
  const { given, layout, store } = bucket
  const keys = [...(await store.list(layout.releases, signal)).keys()]
  const versions = keys.flatMap((key) => {
    const [name = '', file, ...deeper] = key.slice(layout.releases.length).split('/')
    return file === 'manifest.json' && deeper.length === 0 ? (versionOf(name) ?? []) : []
  })
  const manifests = await inParallel(versions, given.atOnce, (version) => manifestOf(bucket, version, signal))
  return manifests.filter((manifest) => manifest !== null)
}

async function prepare(bucket: Bucket, version: string, source: string, signal: AbortSignal): Promise<void> {
  const { system, layout } = bucket
  const pointer = await readPointer(bucket, signal)
  const serving = pointer && (pointer.complete ? pointer.version : pointer.from)
  const there = await manifestOf(bucket, version, signal)
  if (there && (await isWayBack(bucket, there, serving, signal))) {
    const missing = await missingOf(bucket, there, signal)
    if (missing.length === 0) return writeList(bucket, there, signal)
    throw new OutsideError(
      system,
      `version ${version} lacks ${missing.length} files in bucket ${layout.bucket}: ${missing[0]?.path}`,
      {
        hint: 'somebody removed them; release a version that is whole',
      },
    )
  }
  const found = withHeaders(bucket, await scanSite(system, source, version, signal))
  if (there) refuseChanged(system, there, found, `${layout.manifest(version)} of bucket ${layout.bucket}`)
  const wanted = there ?? found
  await upload(bucket, wanted, source, signal)
  if (!there) {
    // Somebody else may have put other content there meanwhile: whoever came second is told so.
    await bucket.store.putNewText(layout.manifest(version), JSON.stringify(wanted), signal)
    refuseChanged(system, await requireManifest(bucket, version, signal), wanted, layout.manifest(version))
  }
  await writeList(bucket, wanted, signal)
  await prune(bucket, [version, serving, pointer?.version ?? null], signal)
}

/** The version that serves, and those from before it, stay as they are: they are what one goes back to. */
async function isWayBack(
  bucket: Bucket,
  there: SiteManifest,
  serving: string | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (serving === null) return false
  if (there.version === serving) return true
  return there.preparedAt < ((await manifestOf(bucket, serving, signal))?.preparedAt ?? 0)
}

/** @throws OutsideError where a file of the site would lie among the releases. */
function withHeaders({ system, given, layout }: Bucket, found: SiteManifest): BucketManifest {
  const [inside] = found.files.filter(({ path }) => layout.live(path).startsWith(layout.releases))
  if (inside)
    throw new OutsideError(system, `the site has a file ${inside.path}, where gonogo keeps its releases`, {
      hint: 'set `bucket: releases:` to a name that the site does not have',
    })
  const files = found.files.map((file) => ({
    ...file,
    sort: sortOf(file.path, given),
    ...headersOf(file.path, given),
  }))
  return { ...found, files }
}

/** Files that are not there in their length. */
async function missingOf({ layout, store }: Bucket, manifest: BucketManifest, signal: AbortSignal) {
  const there = await store.list(layout.file(manifest, ''), signal)
  return manifest.files.filter(({ path, bytes }) => there.get(layout.file(manifest, path)) !== bytes)
}

/** Sends what is not there yet: an upload that was killed goes on where it was. */
async function upload(bucket: Bucket, manifest: BucketManifest, source: string, signal: AbortSignal): Promise<void> {
  const { system, given, layout, store } = bucket
  const missing = new Set((await missingOf(bucket, manifest, signal)).map(({ path }) => path))
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  try {
    await inParallel(manifest.files, given.atOnce, async (file) => {
      const key = layout.file(manifest, file.path)
      if (!missing.has(file.path) && (await store.has(key, file, file, either))) return
      await store.putFile(key, join(source, file.path), file, file, either)
    })
  } catch (error) {
    failed.abort()
    throw error
  }
  const [lost] = await missingOf(bucket, manifest, signal)
  if (lost) throw new OutsideError(system, `${layout.file(manifest, lost.path)} did not arrive`, { retryable: true })
}

/** What the capsule goes by. It follows from the manifest, so it is simply written again. */
async function writeList({ layout, store }: Bucket, manifest: BucketManifest, signal: AbortSignal): Promise<void> {
  await store.putText(layout.list(manifest.version), publicationList(layout, manifest), signal)
}

/** Removes the oldest versions, and files of the site that only they had. Nothing that gonogo did not put there is ever removed. */
async function prune(bucket: Bucket, held: (string | null)[], signal: AbortSignal): Promise<void> {
  const { layout, store, keep } = bucket
  const manifests = await manifestsOf(bucket, signal)
  const gone = expendableReleases(manifests, keep, held) as BucketManifest[]
  if (gone.length === 0) return
  const kept = new Set(
    manifests.filter((one) => !gone.includes(one)).flatMap(({ files }) => files.map(({ path }) => path)),
  )
  for (const manifest of gone) {
    // First what makes it a version: what a kill leaves is none.
    await store.remove([layout.manifest(manifest.version), layout.list(manifest.version)], signal)
    await store.remove(
      manifest.files.map(({ path }) => layout.file(manifest, path)),
      signal,
    )
    const live = manifest.files.filter(({ path }) => !kept.has(path)).map(({ path }) => layout.live(path))
    await store.remove(live, signal)
  }
}
