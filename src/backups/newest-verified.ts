// The age of the newest copy that was proved: what would be lost if the source were gone now (recovery point).
import type { Backup, BackupManifest } from './backup.ts'

/** Null where there is no verified copy. `ageMs` is measured from the moment the copy is consistent with. */
export async function newestVerified(
  backup: Pick<Backup, 'list'>,
  now: number = Date.now(),
): Promise<{ manifest: BackupManifest; ageMs: number } | null> {
  const manifest = (await backup.list()).find(({ verified }) => verified !== null)
  return manifest ? { manifest, ageMs: Math.max(0, now - manifest.takenAt) } : null
}
