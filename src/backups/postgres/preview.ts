// What a restore would undo: rows per table now against the copy; row by row where the copy may be restored into scratch.
import { messageOf } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { partsOf } from '../../databases/postgres/place.ts'
import type { BackupManifest, RestorePreview, TableDifference } from '../backup.ts'
import { compareTables } from './compare-tables.ts'
import { createStatement } from './dress.ts'
import { dressIn, refill, rowsOf, type Refill } from './refill.ts'
import { onDatabase, withMadeDatabase } from './scratch.ts'
import type { Making } from './take-copy.ts'

/** @throws OutsideError when the live database cannot be read. */
export async function preview(manifest: BackupManifest, making: Making, signal: AbortSignal): Promise<RestorePreview> {
  const { server } = making
  const live = partsOf(server.url).database
  const rowsAddedSince = rowsAdded(manifest.rows, await rowsOf(server, live, signal))
  try {
    const differences = await compareWithCopy(manifest, making, signal)
    return { rowsAddedSince, differences, summary: describeDifferences(differences, manifest.takenAt) }
  } catch (error) {
    if (signal.aborted) throw error
    return {
      rowsAddedSince,
      summary: `${describeAdded(rowsAddedSince, manifest.takenAt)}; changes of existing rows are not counted: ${messageOf(error)}`,
    }
  }
}

async function compareWithCopy(
  { file }: BackupManifest,
  { server, scratch, jobs, tools }: Making,
  signal: AbortSignal,
): Promise<TableDifference[]> {
  const dress = dressIn(file)
  const work: Refill = { server: scratch, file, jobs, tools }
  const create = (database: string): string => createStatement(database, dress, false)
  return withMadeDatabase(scratch, 'scratch', create, signal, async (database) => {
    await refill(work, database, 'scratch', signal)
    return onDatabase(scratch, database, signal, (then) =>
      onDatabase(server, partsOf(server.url).database, signal, (now) => compareTables(then, now)),
    )
  })
}

/** Rows now minus rows then, for tables where they differ; a negative number was deleted since. */
function rowsAdded(then: Record<string, number>, now: Record<string, number>): Record<string, number> {
  const tables = new Set([...Object.keys(then), ...Object.keys(now)])
  const differences = [...tables].map((table) => [table, (now[table] ?? 0) - (then[table] ?? 0)] as const)
  return Object.fromEntries(differences.filter(([, difference]) => difference !== 0))
}

function describeAdded(added: Record<string, number>, takenAt: number): string {
  const written = Object.values(added).filter((count) => count > 0)
  const deleted = Object.values(added).filter((count) => count < 0)
  return describe(
    [
      ['written', written],
      ['deleted', deleted.map(Math.abs)],
    ],
    takenAt,
  )
}

function describeDifferences(differences: readonly TableDifference[], takenAt: number): string {
  const of = (change: 'inserted' | 'changed' | 'deleted') =>
    differences.map((difference) => difference[change]).filter((count) => count > 0)
  return describe(
    [
      ['written', of('inserted')],
      ['changed', of('changed')],
      ['deleted', of('deleted')],
    ],
    takenAt,
  )
}

function describe(counts: readonly (readonly [word: string, perTable: readonly number[]])[], takenAt: number): string {
  const since = `since ${new Date(takenAt).toISOString().replace('T', ' ').slice(0, 19)} UTC`
  const parts = counts
    .filter(([, perTable]) => perTable.length > 0)
    .map(([word, perTable]) => {
      const rows = perTable.reduce((sum, count) => sum + count, 0)
      return `${plural(rows, 'row')} in ${plural(perTable.length, 'table')} ${rows === 1 ? 'was' : 'were'} ${word}`
    })
  return parts.length === 0
    ? `no row was ${counts.map(([word]) => word).join(' or ')} ${since}`
    : `${parts.join(', ')} ${since}`
}
