// The directory of copies: `<id>.db` with `<id>.db.manifest.json`, which is written last and so proves the copy complete.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { identify, isAlive } from '../../lib/process-identity.ts'
import type { BackupManifest } from '../backup.ts'

const MANIFEST = '.manifest.json'
const UNFINISHED = '.unfinished-'

export function writeManifest(manifest: BackupManifest): void {
  writeFileAtomic(manifest.file + MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Newest first. A manifest that cannot be read, or whose copy is gone, is left out. */
export function listManifests(directory: string): BackupManifest[] {
  return namesIn(directory)
    .filter((name) => name.endsWith(MANIFEST))
    .map((name) => readManifest(directory, name))
    .filter((manifest) => manifest !== null)
    .toSorted((a, b) => b.takenAt - a.takenAt || (a.id < b.id ? 1 : -1))
}

/** Deletes the oldest copies beyond `keep`, and manifests whose copy is gone. */
export function removeBeyond(directory: string, keep: number): void {
  const manifests = listManifests(directory)
  for (const { file } of manifests.slice(keep)) {
    rmSync(file, { force: true })
    rmSync(file + MANIFEST, { force: true })
  }
}

/** Name for a copy in the making; says whose it is, so that it can be told when its maker is gone. */
export function unfinishedPath(directory: string): string {
  const { pid, startTicks } = identify(process.pid) ?? { pid: process.pid, startTicks: null }
  const random = Math.random().toString(36).slice(2, 8)
  return join(directory, `${UNFINISHED}${pid}-${startTicks ?? 'x'}-${random}.db`)
}

/** Removes what killed makers left behind. */
export function removeUnfinished(directory: string): void {
  for (const name of namesIn(directory)) {
    const maker = new RegExp(`^${UNFINISHED.replace('.', String.raw`\.`)}(\\d+)-(\\d+|x)-`).exec(name)
    if (!maker) continue
    const startTicks = maker[2] === 'x' ? null : Number(maker[2])
    if (!isAlive({ pid: Number(maker[1]), startTicks })) rmSync(join(directory, name), { force: true })
  }
}

function readManifest(directory: string, name: string): BackupManifest | null {
  try {
    const manifest = JSON.parse(readFileSync(join(directory, name), 'utf8')) as BackupManifest
    // The directory may have been moved since: the copy is the one beside its manifest.
    const file = join(directory, basename(name, MANIFEST))
    return manifest.kind === 'sqlite' && existsSync(file) ? { ...manifest, file } : null
  } catch {
    return null
  }
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}
