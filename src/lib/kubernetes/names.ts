// How a version is called in Kubernetes: in names of objects, and in the label that every pod of it carries.
import { sha256 } from '../hash.ts'

/** Label of every pod of a version: what routers select by. Its value is `labelValue(version)`. */
export const VERSION_LABEL = 'gonogo.dev/version'

const LABEL_CHARS_MAX = 63

/** A version as part of a name: `feature/V2.1` becomes `feature-v2-1`. Longer ones end in a hash of the whole. */
export function dnsName(version: string, charsMax = LABEL_CHARS_MAX): string {
  const plain = version.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const name = plain.replaceAll(/^-+|-+$/g, '')
  if (name !== '' && name.length <= charsMax) return name
  const hash = sha256(version).slice(0, 8)
  const start = name.slice(0, Math.max(0, charsMax - hash.length - 1)).replace(/-+$/, '')
  return start === '' ? hash : `${start}-${hash}`
}

/** A version as the value of a label: itself where that can be one, else as in names. */
export function labelValue(version: string): string {
  const isValue = version.length <= LABEL_CHARS_MAX && /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/.test(version)
  return isValue ? version : dnsName(version)
}
