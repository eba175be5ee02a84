// Where a copy comes from and what made it: for the record, and to tell one source from another of the same path.
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'

/** Host, device and inode of a file. */
export function identityOfFile(file: string): Record<string, string | number> {
  const { dev, ino } = statSync(file)
  return { host: hostname(), device: dev, inode: ino }
}

let own: string | null = null

/** Versions: of gonogo, of Node, and those given. */
export function toolVersions(others: Record<string, string | undefined> = {}): Record<string, string> {
  own ??= ownVersion()
  const given = Object.entries(others).flatMap(([name, version]) => (version === undefined ? [] : [[name, version]]))
  return { gonogo: own, node: process.versions.node, ...(Object.fromEntries(given) as Record<string, string>) }
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
