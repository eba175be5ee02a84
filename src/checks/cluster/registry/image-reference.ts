// Names of images as people write them: `shop:1.4.2`, `ghcr.io/acme/shop@sha256:...`. Pure.

export interface ImageReference {
  /** Host, with its port where one is named: where the registry's API answers. */
  registry: string
  repository: string
  tag: string | null
  /** `sha256:...`. */
  digest: string | null
}

const DOCKER_HUB = 'registry-1.docker.io'
const PART = String.raw`[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*`
const REFERENCE = new RegExp(
  String.raw`^(?:((?:[a-zA-Z0-9][a-zA-Z0-9.-]*)(?::\d{1,5})?)\/)?(${PART}(?:\/${PART})*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)
const LENGTH_MAX = 512

/** Null where the text names no image. Without a registry it is Docker Hub's; without tag and digest, `latest`. */
export function parseImage(text: string): ImageReference | null {
  if (text.length > LENGTH_MAX) return null
  const [first = ''] = text.split('/')
  // What stands first is a registry only if it looks like a host.
  const hasRegistry = text.includes('/') && (/[.:]/.test(first) || first === 'localhost')
  const match = REFERENCE.exec(hasRegistry ? text : `docker.io/${text}`)
  const [, host, repository, tag, digest] = match ?? []
  if (host === undefined || repository === undefined) return null
  const isHub = /^(?:index\.|registry-1\.)?docker\.io$/.test(host)
  return {
    registry: isHub ? DOCKER_HUB : host,
    repository: isHub && !repository.includes('/') ? `library/${repository}` : repository,
    tag: tag ?? (digest === undefined ? 'latest' : null),
    digest: digest ?? null,
  }
}

/** Whether what it names cannot become another image by itself: a digest, or a tag that carries a version. */
export function isPinned({ tag, digest }: ImageReference): boolean {
  return digest !== null || (tag !== null && /\d/.test(tag))
}
