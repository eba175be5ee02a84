// Which gonogo a proxy runs: told by `/health`, compared with the installed one to see whether an upgrade is due.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Build {
  /** Of the package. */
  version: string
  node: string
  /** SHA-256 of the proxy's own files. */
  hash: string
}

let known: Build | undefined

/** The build that this process was loaded from; read once. */
export function installedBuild(): Build {
  known ??= { version: packageVersion(), node: process.versions.node, hash: hashOfFolder() }
  return known
}

/** Whether `installed` should take the place of `running`: a former version never takes a later one's. */
export function isDue(running: Build, installed: Build): boolean {
  const order = compareVersions(installed.version, running.version) || compareVersions(installed.node, running.node)
  return order > 0 || (order === 0 && installed.hash !== running.hash)
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function hashOfFolder(): string {
  const folder = new URL('.', import.meta.url)
  const ending = extname(fileURLToPath(import.meta.url))
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).toSorted())
    if (name.endsWith(ending) && !/\.(?:test|fixture|d)\.ts$/.test(name))
      hash.update(readFileSync(new URL(name, folder)))
  return hash.digest('hex').slice(0, 16)
}
