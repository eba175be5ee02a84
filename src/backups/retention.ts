// Which copies are kept: the newest few, and one a day, week and month for some time (grandfather, father, son).
import type { BackupManifest } from './backup.ts'

export interface Retention {
  /** So many of the newest. */
  keep: number
  /** The newest of each of so many days, ISO weeks and months that have one; by UTC. */
  daily: number
  weekly: number
  monthly: number
}

type Kept = Pick<BackupManifest, 'id' | 'takenAt' | 'verified'>

/**
 * Those that may be deleted, of a list newest first. Never the newest verified one, whatever was asked for, nor one of `inUse` (ids).
 */
export function expendable<T extends Kept>(
  manifests: readonly T[],
  retention: Retention,
  inUse: readonly string[] = [],
): T[] {
  const kept = new Set<string>([...manifests.slice(0, retention.keep).map(({ id }) => id), ...inUse])
  const newestVerified = manifests.find(({ verified }) => verified !== null)
  if (newestVerified) kept.add(newestVerified.id)
  for (const [count, periodOf] of [
    [retention.daily, dayOf],
    [retention.weekly, weekOf],
    [retention.monthly, monthOf],
  ] as const) {
    const newest = new Map<string, string>()
    for (const { id, takenAt } of manifests) {
      const period = periodOf(takenAt)
      if (!newest.has(period) && newest.size < count) newest.set(period, id)
    }
    for (const id of newest.values()) kept.add(id)
  }
  return manifests.filter(({ id }) => !kept.has(id))
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)
const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7)
const DAY_MS = 86_400_000

/** The day of the Monday it begins with: weeks begin on Mondays, and 1970-01-01 was a Thursday. */
function weekOf(at: number): string {
  const day = Math.floor(at / DAY_MS)
  const sinceMonday = (((day + 3) % 7) + 7) % 7
  return dayOf((day - sinceMonday) * DAY_MS)
}
