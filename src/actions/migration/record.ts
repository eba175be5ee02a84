// What this run set out to apply, on disk before it is applied: after a crash it tells what is ours to take back.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { codeOf } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import type { ActionContext } from '../action.ts'
import type { Migration } from '../../migrations/tool.ts'

/** Of one item of one run, over all its attempts. */
export interface MigrationRecord {
  /** Versions that we set out to apply, oldest first: those of them that are applied now were applied by us. */
  planned: string[]
  /** Those of them that cannot be taken back. */
  withoutDown: string[]
}

type Place = Pick<ActionContext, 'logDirectory' | 'deed'>

/** The record of this item, or null when nothing was begun. @throws when it is there but cannot be read. */
export function readRecord(place: Place): MigrationRecord | null {
  try {
    return JSON.parse(readFileSync(pathOf(place), 'utf8')) as MigrationRecord
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Adds what is about to be applied; durable when it returns. */
export function recordPlanned(place: Place, pending: readonly Migration[]): void {
  const before = readRecord(place) ?? { planned: [], withoutDown: [] }
  const versions = pending.map(({ version }) => version)
  const dead = pending.filter(({ down }) => !down).map(({ version }) => version)
  const record: MigrationRecord = {
    planned: [...before.planned.filter((version) => !versions.includes(version)), ...versions],
    withoutDown: [...before.withoutDown.filter((version) => !versions.includes(version)), ...dead],
  }
  writeFileAtomic(pathOf(place), JSON.stringify(record, null, 2))
}

/** Takes out what was planned but never come to: if it is applied all the same, it is not ours to take back. */
export function recordTouched(place: Place, pending: readonly Migration[], touched: readonly string[]): void {
  const record = readRecord(place)
  if (!record) return
  const isOurs = (version: string): boolean =>
    touched.includes(version) || !pending.some((migration) => migration.version === version)
  const ours = { planned: record.planned.filter(isOurs), withoutDown: record.withoutDown.filter(isOurs) }
  writeFileAtomic(pathOf(place), JSON.stringify(ours, null, 2))
}

/** Forgets it: all was taken back. */
export function forgetRecord(place: Place): void {
  rmSync(pathOf(place), { force: true })
}

function pathOf({ logDirectory, deed }: Place): string {
  return join(logDirectory, `migration-${sha256(deed).slice(0, 16)}.json`)
}
