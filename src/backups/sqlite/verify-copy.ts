// Proves a copy again: it is restored into scratch, and what was restored is looked at as the copy was when it was taken.
import { rmSync, statSync } from 'node:fs'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import type { BackupManifest, VerifyResult } from '../backup.ts'
import { removeUnfinished, unfinishedPath } from '../collection.ts'
import { describeValidation, differencesInRules } from '../copy-rules.ts'
import { besides } from '../../lib/besides.ts'
import { plural } from '../../lib/plural.ts'
import { rowsAdded } from './preview.ts'
import { runInWorker } from './run-in-worker.ts'
import type { Making } from './take-copy.ts'

/** Bad news about the copy is a result. @throws OutsideError when it could not be looked at. */
export async function verifyCopy(manifest: BackupManifest, making: Making, signal: AbortSignal): Promise<VerifyResult> {
  const { directory, check, timeoutMs } = making
  const { file } = manifest
  const bytes = statSync(file, { throwIfNoEntry: false })?.size
  if (bytes === undefined) return bad(`the copy ${file} is gone`)
  if (bytes !== manifest.bytes) return bad(`${file} has ${bytes} bytes, ${manifest.bytes} were recorded`)
  removeUnfinished(directory)
  requireFreeBytes(directory, bytes, `restoring ${file} into scratch`)
  const scratch = unfinishedPath(directory)
  try {
    await runInWorker('copy-files', { pairs: [[file, scratch]] }, { timeoutMs, signal })
    const [proof, validation] = await besides(
      (beside) => runInWorker('prove', { file: scratch, check }, { timeoutMs, signal: beside }),
      async (beside) => (await making.validate?.(scratch, beside, manifest.takenAt)) ?? null,
      signal,
    )
    if (proof.sha256 !== manifest.sha256)
      return bad(`${file}: SHA-256 is ${proof.sha256}, ${manifest.sha256} was recorded`)
    if (proof.problems.length > 0) return bad(`${file}: ${proof.problems.join('; ')}`)
    const others = Object.keys(rowsAdded(manifest.rows, proof.rows))
    if (others.length > 0) return bad(`${file}: other numbers of rows than recorded in ${others.join(', ')}`)
    const differences = manifest.validation && validation ? differencesInRules(manifest.validation, validation) : []
    if (differences.length > 0) return bad(`${file}: rules say otherwise than recorded: ${differences.join('; ')}`)
    return { ok: true, summary: `restored into scratch: ${summaryOf(manifest, proof.method, validation)}` }
  } finally {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(scratch + ending, { force: true })
  }
}

function summaryOf(manifest: BackupManifest, method: string, validation: BackupManifest['validation']): string {
  const rows = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0)
  const parts = [
    `${method} ok`,
    'SHA-256 matches',
    `${plural(rows, 'row')} in ${plural(Object.keys(manifest.rows).length, 'table')} as recorded`,
  ]
  if (validation) parts.push(`${describeValidation(validation)}${manifest.validation ? ', as recorded' : ''}`)
  else if (manifest.validation) parts.push('its rules were not run again')
  return parts.join(', ')
}

function bad(summary: string): VerifyResult {
  return { ok: false, summary }
}
