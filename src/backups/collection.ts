// The directory of copies: `<id>.db` with `<id>.db.manifest.json`, which is written last and so proves the copy complete.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { diskFull } from '../databases/sqlite/free-space.ts'
import { codeOf, messageOf, OutsideError } from '../lib/errors.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import type { BackupManifest } from './backup.ts'

const MANIFEST = '.manifest.json'
const UNFINISHED = '.unfinished-'

/** Makes the copy a backup. Where that fails, the copy is removed: nothing half done is left. @throws OutsideError */
export function writeManifest(manifest: BackupManifest): void {
  const path = manifest.file + MANIFEST
  try {
    writeFileAtomic(path, `${JSON.stringify({ ...manifest, places: undefined }, null, 2)}\n`)
  } catch (error) {
    removeCopy(manifest)
    rmSync(`${path}.${process.pid}.tmp`, { force: true })
    if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') throw diskFull(`while writing ${path}`)
    throw new OutsideError('backup', `cannot write ${path}: ${codeOf(error) ?? messageOf(error)}`, { cause: error })
  }
}

/** Newest first. A manifest that cannot be read is left out, as is one whose copy is gone: `troublesIn` names them. */
export function listManifests(directory: string, kind: string): BackupManifest[] {
  return manifestsIn(directory, kind)
    .flatMap(({ manifest }) => (manifest ? [manifest] : []))
    .toSorted(newestFirst)
}

/** What `listManifests` left out, in words. */
export function troublesIn(directory: string, kind: string): string[] {
  return manifestsIn(directory, kind).flatMap(({ trouble }) => (trouble ? [trouble] : []))
}

export function newestFirst(a: BackupManifest, b: BackupManifest): number {
  return b.takenAt - a.takenAt || (a.id < b.id ? 1 : -1)
}

/** Deletes a copy; its manifest goes first, so that a copy half deleted counts as none. */
export function removeCopy({ file }: Pick<BackupManifest, 'file'>): void {
  rmSync(file + MANIFEST, { force: true })
  rmSync(file, { force: true, recursive: true })
}

/** `20261121T101500Z-3f9a`: sortable, and unique enough for two copies in one second. */
export function idOf(takenAt: number): string {
  const stamp = new Date(takenAt).toISOString().replace(/[-:]|\.\d+/g, '')
  const random = Math.floor(Math.random() * 0x10000)
  return `${stamp}-${random.toString(16).padStart(4, '0')}`
}

/** @throws OutsideError where the directory cannot be made. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new OutsideError('backup', `cannot create ${directory}: ${codeOf(error)}`, {
      hint: 'give gonogo write permission there, or set another `directory`',
      cause: error,
    })
  }
}

/** Name for a copy in the making; says whose it is, so that it can be told when its maker is gone. */
export function unfinishedPath(directory: string, ending = '.db'): string {
  const { pid, startTicks } = identify(process.pid) ?? { pid: process.pid, startTicks: null }
  const random = Math.random().toString(36).slice(2, 8)
  return join(directory, `${UNFINISHED}${pid}-${startTicks ?? 'x'}-${random}${ending}`)
}

/** Removes what killed makers left behind. */
export function removeUnfinished(directory: string): void {
  for (const name of namesIn(directory)) {
    const maker = new RegExp(`^${UNFINISHED.replace('.', String.raw`\.`)}(\\d+)-(\\d+|x)-`).exec(name)
    if (!maker) continue
    const startTicks = maker[2] === 'x' ? null : Number(maker[2])
    if (!isAlive({ pid: Number(maker[1]), startTicks })) rmSync(join(directory, name), { force: true, recursive: true })
  }
}

interface Reading {
  manifest: BackupManifest | null
  trouble: string | null
}

function manifestsIn(directory: string, kind: string): Reading[] {
  return namesIn(directory)
    .filter((name) => name.endsWith(MANIFEST))
    .map((name) => readManifest(directory, name, kind))
}

function readManifest(directory: string, name: string, kind: string): Reading {
  const path = join(directory, name)
  let manifest: BackupManifest
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as BackupManifest
  } catch (error) {
    return { manifest: null, trouble: `${path} cannot be read: ${codeOf(error) ?? 'it is no JSON'}` }
  }
  if (!isManifest(manifest)) return { manifest: null, trouble: `${path} is not a manifest` }
  if (manifest.kind !== kind) return { manifest: null, trouble: null }
  // The directory may have been moved since: the copy is the one beside its manifest.
  const file = join(directory, basename(name, MANIFEST))
  if (!existsSync(file)) return { manifest: null, trouble: `the copy ${file} is gone, only its manifest is there` }
  return { manifest: { ...manifest, file }, trouble: null }
}

/** Whether what JSON gave can be used as one; everything of it that a restore relies on is looked at. */
export function isManifest(given: unknown): given is BackupManifest {
  if (given === null || typeof given !== 'object') return false
  const { id, kind, takenAt, bytes, sha256, rows } = given as Partial<Record<keyof BackupManifest, unknown>>
  return (
    typeof id === 'string' &&
    /^[\w-]{1,100}$/.test(id) &&
    typeof kind === 'string' &&
    Number.isFinite(takenAt) &&
    Number.isInteger(bytes) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    rows !== null &&
    typeof rows === 'object'
  )
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return []
    throw new OutsideError('backup', `cannot read ${directory}: ${codeOf(error)}`, { cause: error })
  }
}
