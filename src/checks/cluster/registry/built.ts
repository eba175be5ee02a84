// For which platform an image was built, and when.
import type { Fetched, Manifest, Platform, Registry } from './registry.ts'

/** `platform`: `linux/arm64/v8`. `created`: when, in the registry's words. */
export interface Built {
  platform: string
  created: string | null
}

/** Of the wanted platform's image; without a wish, of the first that is one. */
export async function builtOf(
  repository: string,
  manifest: Manifest,
  platform: string | undefined,
  registry: Registry,
): Promise<Fetched<Built>> {
  let own: Manifest = manifest
  let listedAs: string | null = null
  if (manifest.kind === 'index') {
    const known = manifest.manifests.flatMap((one) =>
      one.platform && one.platform.os !== 'unknown' ? [{ ...one, name: nameOf(one.platform) }] : [],
    )
    const chosen = known.find(({ name }) => platform === undefined || isFor(name, platform))
    if (!chosen) {
      const said = `it is not there for ${platform ?? 'any platform'}, only for ${
        known
          .slice(0, 10)
          .map(({ name }) => name)
          .join(', ') || 'none'
      }`
      return { ok: false, why: 'absent', said }
    }
    const found = await registry.manifest(repository, chosen.digest)
    if (!found.ok) return found.why === 'absent' ? { ...found, said: `its image for ${chosen.name} is missing` } : found
    own = found.value
    listedAs = chosen.name
  }
  if (own.kind === 'index') return { ok: false, why: 'nonsense', said: 'an index of indexes' }
  const config = await registry.config(repository, own.config.digest)
  if (!config.ok) return config.why === 'absent' ? { ...config, said: 'its configuration is missing' } : config
  const { os, architecture, variant, created } = config.value
  const built = nameOf({ os: os || 'unknown', architecture: architecture || 'unknown', variant })
  // An index may be more exact than what it lists; what it says otherwise does not count.
  const platformNow = listedAs !== null && isFor(listedAs, built) ? listedAs : built
  return { ok: true, value: { platform: platformNow, created: created ?? null } }
}

/** `linux/arm64/v8` is for `linux/arm64`, and `linux/arm64` is not for `linux/arm`. */
export function isFor(platform: string, wanted: string): boolean {
  return platform === wanted || platform.startsWith(`${wanted}/`)
}

function nameOf({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join('/')
}
