// Which object of the bucket is what.
import type { BucketOptions } from './options.ts'
import { nameOf, type SiteManifest } from './site-files.ts'

export interface BucketLayout {
  bucket: string
  /** Object that says which version is published. */
  pointer: string
  /** Prefix of all releases, with a slash at the end. */
  releases: string
  /** Written last: a version without it is not there. */
  manifest(version: string): string
  /** What the capsule publishes, a line a file: see `publicationList`. */
  list(version: string): string
  /** A file of a version. Versions of other content lie elsewhere, so that two who put one there never mix. */
  file(manifest: Pick<SiteManifest, 'version' | 'digest'>, path: string): string
  /** A file of the site as visitors reach it. */
  live(path: string): string
}

export function bucketLayout({ name, prefix, releases }: BucketOptions): BucketLayout {
  const trimmed = prefix.replaceAll(/^\/+|\/+$/g, '')
  const root = trimmed === '' ? '' : `${trimmed}/`
  const below = `${root}${releases}/`
  const releaseOf = (version: string): string => `${below}${nameOf(version)}`
  return {
    bucket: name,
    pointer: `${below}current.json`,
    releases: below,
    manifest: (version) => `${releaseOf(version)}/manifest.json`,
    list: (version) => `${releaseOf(version)}/publish.txt`,
    file: ({ version, digest }, path) => `${releaseOf(version)}/${digest.slice(0, 16)}/${path}`,
    live: (path) => `${root}${path}`,
  }
}

/** A key as it stands in a URL. */
export function encodedKey(key: string): string {
  return key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/')
}
