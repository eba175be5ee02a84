// Where a project is, without reading what it says: an emergency must not wait for, nor fail over, a configuration.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const CONFIG_FILE = 'gonogo.yaml'
export const STATE_DIRECTORY = '.gonogo'

/** The nearest directory upwards that holds gonogo.yaml, or null. */
export function findProject(from: string): string | null {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, CONFIG_FILE))) return directory
    if (dirname(directory) === directory) return null
  }
}

/** The state directory of a project, absolute, also when its gonogo.yaml is broken: only its own line is read. */
export function findStateDirectory(from: string): string {
  const directory = findProject(from) ?? resolve(from)
  return resolve(directory, writtenStateDirectory(directory) ?? STATE_DIRECTORY)
}

function writtenStateDirectory(directory: string): string | null {
  try {
    const text = readFileSync(join(directory, CONFIG_FILE), 'utf8')
    const line = /^stateDirectory:[ \t]*(?:"([^"]+)"|'([^']+)'|([^\s#]+))/m.exec(text)
    return line?.[1] ?? line?.[2] ?? line?.[3] ?? null
  } catch {
    return null
  }
}
