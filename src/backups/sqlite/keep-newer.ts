// The copy that is restored with `keepNewer`: the backup with the rows inserted since, judged before anything is replaced.
import { statSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import type { BackupContext, BackupManifest } from '../backup.ts'
import { unfinishedPath } from '../collection.ts'
import { newlyBroken } from '../copy-rules.ts'
import { isStaged } from './places.ts'
import { runInWorker } from './run-in-worker.ts'
import type { Lay, Tasks } from './tasks.ts'

type Newer = Tasks['carry']['gives'] & { file: string }

/** The file is the caller's to remove. @throws OutsideError where rows cannot be kept; nothing is left behind then. */
export async function keepNewer(
  given: { lay: Lay; manifest: BackupManifest; validate: BackupContext['validate'] },
  limits: { timeoutMs: number; signal?: AbortSignal },
): Promise<Newer> {
  const { lay, manifest, validate } = given
  const { live } = lay
  const wasStaged = isStaged(lay.staged, manifest)
  const original = await runInWorker('lay', lay, limits)
  requireFreeBytes(
    dirname(live),
    manifest.bytes + (statSync(live, { throwIfNoEntry: false })?.size ?? 0),
    `a copy of ${original} with newer rows`,
  )
  const file = unfinishedPath(dirname(live))
  try {
    await runInWorker('copy-files', { pairs: [[original, file]] }, limits)
    const carried = await runInWorker('carry', { live, copy: file, original }, limits)
    const proof = await runInWorker('prove', { file, check: 'quick' }, limits)
    if (proof.problems.length > 0)
      throw new OutsideError('backup', `${file} does not pass ${proof.method}: ${proof.problems.join('; ')}`)
    const signal = limits.signal ?? AbortSignal.timeout(limits.timeoutMs)
    const validation = (await validate?.(file, signal, Date.now())) ?? null
    const broken = validation ? newlyBroken(manifest.validation ?? null, validation) : []
    if (broken.length > 0)
      throw new OutsideError(
        'backup',
        `the newer rows cannot be kept: with them rules break that the backup keeps (${broken.join('; ')}); nothing was restored`,
        {
          hint: 'restore without --keep-newer: the replaced database is kept aside, with all rows',
        },
      )
    return { ...carried, file }
  } catch (error) {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(file + ending, { force: true })
    throw error
  } finally {
    if (!wasStaged) rmSync(original, { force: true })
  }
}
