// The name of a container image as people write it: which tag, which digest, or neither.

export interface ImageName {
  /** Without tag and digest: `ghcr.io/shop/app`. */
  name: string
  tag: string | null
  digest: string | null
}

/** `registry:5000/shop/app:1.2@sha256:...` taken apart. */
export function parseImage(text: string): ImageName {
  const [before = '', digest = null] = text.split('@')
  const slash = before.lastIndexOf('/')
  const colon = before.indexOf(':', slash + 1)
  const [name, tag] = colon < 0 ? [before, null] : [before.slice(0, colon), before.slice(colon + 1)]
  return { name, tag, digest }
}

/** Tags that stand for another image tomorrow. */
export function isMovingTag(tag: string): boolean {
  return /^(?:latest|stable|edge|nightly|main|master|dev|develop|next|current|rolling)$/i.test(tag)
}
