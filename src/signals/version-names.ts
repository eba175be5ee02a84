// Names that a source sees (servers, addresses, values of a field), and the versions they belong to. Linear, no regular expressions.
import { z } from 'zod'

/** The versions of the release under way; null where there is none. */
export interface ReleaseVersions {
  candidate: string | null
  stable: string | null
}

const PLACE = '{{version}}'

export const versionNames = z.union([
  z.string().refine((text) => text.includes(PLACE), `has no ${PLACE} in it`),
  z
    .record(z.string().min(1), z.string().min(1))
    .refine((map) => Object.keys(map).length > 0, 'names no version')
    .refine((map) => Object.keys(map).length <= 64, 'names more than 64 versions'),
])

/**
 * One pattern with `{{version}}` in it, or patterns and their versions, of which `candidate` and `stable` mean those of
 * the release. `*` in a pattern stands for any text.
 */
export type VersionNames = z.infer<typeof versionNames>

/** Whether there is a place for the version in this text. */
export function isPerVersion(text: string): boolean {
  return text.includes(PLACE)
}

/** The text with the version in its place, passed through `encode`. */
export function fillVersion(text: string, version: string, encode = (plain: string): string => plain): string {
  return text.replaceAll(PLACE, () => encode(version))
}

/** Every version that names can belong to, each once. */
export function versionsNamed(names: VersionNames, release: ReleaseVersions): string[] {
  const versions = typeof names === 'string' ? [release.candidate, release.stable] : Object.values(names)
  return distinct(versions.map((version) => version && resolveRole(version, release)))
}

/** The version that `name` belongs to; null: to none. */
export function versionOfName(name: string, names: VersionNames, release: ReleaseVersions): string | null {
  if (typeof names !== 'string') {
    const found = Object.entries(names).find(([pattern]) => matchesPattern(name, pattern))
    return found ? resolveRole(found[1], release) : null
  }
  // "v2-rc1-0" fits "v2-*" too: of two versions the longer one is meant.
  const versions = versionsNamed(names, release).toSorted((a, b) => b.length - a.length)
  return versions.find((version) => matchesPattern(name, names, version)) ?? null
}

/** Both versions of the release, as far as there are two. */
export function versionsOfRelease({ candidate, stable }: ReleaseVersions): string[] {
  return distinct([candidate, stable])
}

function distinct(versions: readonly (string | null)[]): string[] {
  return [...new Set(versions.filter((version): version is string => version !== null && version !== ''))]
}

function resolveRole(version: string, release: ReleaseVersions): string | null {
  return version === 'candidate' || version === 'stable' ? release[version] : version
}

/** Whether the text fits the pattern. A `*` of the version itself is only a `*`. */
export function matchesPattern(text: string, pattern: string, version = ''): boolean {
  const parts = pattern.split('*').map((part) => fillVersion(part, version))
  const [first = '', ...others] = parts
  const last = others.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of others) {
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
