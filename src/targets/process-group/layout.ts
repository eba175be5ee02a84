// Files of one version of a target: `<state>/targets/NAME/VERSION/`. Identities are plain text, because the capsule's shell reads them.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Layout {
  directory: string
  /** What is to run (`spec.ts`). */
  spec: string
  /** What runs (`spec.ts`), written by the supervisor. */
  state: string
  /** Kernel lock: one supervisor a version. */
  supervisorLock: string
  /** Identity of the supervisor. */
  supervisor: string
  supervisorLog: string
  /** While it exists, instances are not started. */
  hold: string
  /** So many instances run, the first ones; while it is not there, all. */
  count: string
  /** Exists while all instances that shall run are healthy. */
  ready: string
}

/** `VERSION` is escaped, so that any version is one directory. */
export function layoutOf(targetDirectory: string, version: string): Layout {
  const directory = join(targetDirectory, encodeURIComponent(version))
  return {
    directory,
    spec: join(directory, 'spec.json'),
    state: join(directory, 'state.json'),
    supervisorLock: join(directory, 'supervisor.lock'),
    supervisor: join(directory, 'supervisor.pid'),
    supervisorLog: join(directory, 'supervisor.log'),
    hold: join(directory, 'hold'),
    count: join(directory, 'count'),
    ready: join(directory, 'ready'),
  }
}

/** Where instance `number` (from 1) keeps its identity. */
export const identityFile = (layout: Layout, number: number): string => join(layout.directory, `instance-${number}.pid`)

/** Where instance `number` (from 1) writes what it prints. */
export const instanceLog = (layout: Layout, number: number): string => join(layout.directory, `instance-${number}.log`)

/** Versions that were ever brought up here. */
export function knownVersions(targetDirectory: string): string[] {
  if (!existsSync(targetDirectory)) return []
  return readdirSync(targetDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => decodeURIComponent(entry.name))
}
