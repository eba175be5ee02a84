// The label that tells versions apart, and which of its values belong to the versions of the release.
import {
  fillVersion,
  versionOfName,
  versionsNamed,
  versionsOfRelease,
  type ReleaseVersions,
  type VersionNames,
} from '../../version-names.ts'

export interface VersionLabel {
  label: string
  names: VersionNames
}

/** Every version that is to be told of: those of the release, or all that are named where nothing is released. */
export function versionsToTell({ names }: VersionLabel, release: ReleaseVersions): string[] {
  const released = versionsOfRelease(release)
  return released.length > 0 ? released : versionsNamed(names, release)
}

/** Patterns of the label's values that matter, `*` standing for any text; none: any value may. */
export function valuePatterns({ names }: VersionLabel, release: ReleaseVersions): string[] {
  const versions = versionsOfRelease(release)
  if (typeof names === 'string') return versions.map((version) => fillVersion(names, version))
  return Object.keys(names)
}

/** The version that a value of the label belongs to; null: to none that matters. */
export function versionOfValue(value: string, { names }: VersionLabel, release: ReleaseVersions): string | null {
  const released = versionsOfRelease(release)
  if (typeof names === 'string' && released.length === 0) return value === '' ? null : value
  const version = versionOfName(value, names, release)
  return version !== null && (released.length === 0 || released.includes(version)) ? version : null
}

/** What stands for a version in a query; null where there is no one value. */
export function valueOfVersion(version: string, { names }: VersionLabel, release: ReleaseVersions): string | null {
  if (typeof names === 'string') return names.includes('*') ? null : fillVersion(names, version)
  const values = Object.keys(names).filter((value) => versionOfValue(value, { label: '', names }, release) === version)
  return values.length === 1 && !values[0]?.includes('*') ? (values[0] ?? null) : null
}
