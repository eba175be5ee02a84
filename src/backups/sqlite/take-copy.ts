// Takes a copy and proves it: hash beside structure beside rules, all of the same file, which is warm then.
import { renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory } from '../../lib/atomic-file.ts'
import { besides } from '../../lib/besides.ts'
import { OutsideError } from '../../lib/errors.ts'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import type { BackupContext, BackupManifest } from '../backup.ts'
import { idOf, makeDirectory, removeUnfinished, unfinishedPath } from '../collection.ts'
import { describeValidation } from '../copy-rules.ts'
import { identityOfFile, toolVersions } from '../provenance.ts'
import { runInWorker } from './run-in-worker.ts'
import type { Check } from './tasks.ts'

export interface Making {
  /** Where copies are kept. */
  directory: string
  check: Check
  rules?: string | undefined
  requireRules: boolean
  validate: BackupContext['validate']
  timeoutMs: number
}

/** A copy under its own name, not in the list yet. Nothing is left behind when it fails. @throws OutsideError */
export async function takeCopy(source: string, making: Making, signal: AbortSignal): Promise<BackupManifest> {
  const { directory, check, timeoutMs } = making
  const startedAt = performance.now()
  const limits = { timeoutMs, signal }
  // SQLite takes it for a database without tables.
  if (sizeOf(source) + sizeOf(`${source}-wal`) === 0)
    throw new OutsideError('backup', `${source} is empty (0 bytes): there is nothing to back up`, {
      hint: 'set `database` to the SQLite file, or restore a backup: gonogo backup restore',
    })
  makeDirectory(directory)
  removeUnfinished(directory)
  // The log is folded into the copy beside itself, so for a moment it counts twice.
  requireFreeBytes(directory, sizeOf(source) + 2 * sizeOf(`${source}-wal`), `a copy of ${source}`)
  const identity = identityOfFile(source)
  const draft = unfinishedPath(directory)
  try {
    const { takenAt, bytes } = await runInWorker('snapshot', { source, file: draft }, limits)
    const [proof, validation] = await besides(
      (beside) => runInWorker('prove', { file: draft, check }, { timeoutMs, signal: beside }),
      async (beside) => (await making.validate?.(draft, beside, takenAt)) ?? null,
      signal,
    )
    if (proof.problems.length > 0) throw damaged(source, proof.method, proof.problems)
    if (making.requireRules && validation?.verdict !== 'passed')
      throw new OutsideError(
        'backup',
        `the copy of ${source} breaks its rules: ${validation ? describeValidation(validation) : 'they were not run'}`,
        {
          hint: 'repair the data (gonogo data validate, gonogo data fix), or leave `requireRules` out',
        },
      )
    const id = idOf(takenAt)
    const manifest: BackupManifest = {
      id,
      kind: 'sqlite',
      source,
      file: join(directory, `${id}.db`),
      takenAt,
      bytes,
      sha256: proof.sha256,
      rows: proof.rows,
      verified: { at: Date.now(), method: methodOf(proof.method, making, validation) },
      tool: `node:sqlite ${process.versions.sqlite}`,
      durationMs: Math.round(performance.now() - startedAt),
      identity,
      tools: toolVersions({ sqlite: process.versions.sqlite }),
      validation,
    }
    renameSync(draft, manifest.file)
    syncDirectory(directory)
    return manifest
  } finally {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(draft + ending, { force: true })
  }
}

function methodOf(method: string, { rules }: Making, validation: BackupManifest['validation']): string {
  if (validation) return `${method}: ok, ${describeValidation(validation)}`
  return rules === undefined ? `${method}: ok` : `${method}: ok, the rules of ${rules} were not run`
}

function damaged(source: string, method: string, problems: readonly string[]): OutsideError {
  return new OutsideError('backup', `the copy of ${source} does not pass ${method}: ${problems.join('; ')}`, {
    hint: 'the database itself is damaged: restore the newest verified backup, or repair it before the release',
  })
}

/** Bytes of a file; 0 where there is none. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
