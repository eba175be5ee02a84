// What would be lost if the source were gone now.
import { expect, it } from 'vitest'
import type { BackupManifest } from './backup.ts'
import { newestVerified } from './newest-verified.ts'

const manifest = (id: string, takenAt: number, isVerified: boolean) =>
  ({ id, takenAt, verified: isVerified ? { at: takenAt, method: 'ok' } : null }) as BackupManifest
const backup = (...manifests: BackupManifest[]) => ({ list: async () => manifests })

it('is as old as the newest copy that was proved, not the newest there is', async () => {
  const found = await newestVerified(
    backup(manifest('c', 300, false), manifest('b', 200, true), manifest('a', 100, true)),
    1200,
  )
  expect(found).toMatchObject({ manifest: { id: 'b' }, ageMs: 1000 })
})

it('is not known where no copy was proved', async () => {
  expect(await newestVerified(backup(manifest('c', 300, false)), 1200)).toBeNull()
  expect(await newestVerified(backup(), 1200)).toBeNull()
})
