// Backup kind `sqlite`: a consistent copy of a database in use, proved, and put back atomically.
// Anything that reads a whole database happens in a worker process: the conductor goes on sampling meanwhile.
import { existsSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import {
  defineBackup,
  type Backup,
  type BackupContext,
  type BackupManifest,
  type RestoreOptions,
  type RestoreResult,
} from './backup.ts'
import { createKeeping, keepingOptions, rulesOptions } from './keeping.ts'
import { keepNewer } from './sqlite/keep-newer.ts'
import { describeAdded, describeDifferences, rowsAdded, rowsAddedIn } from './sqlite/preview.ts'
import { dressOf, isStaged, livePath, stagedIds, stagedPath, unusedKeptPath } from './sqlite/places.ts'
import { runInWorker } from './sqlite/run-in-worker.ts'
import { swapShell } from './sqlite/swap-shell.ts'
import { takeCopy } from './sqlite/take-copy.ts'
import { verifyCopy } from './sqlite/verify-copy.ts'
import { openStores, storeSecretFields } from './stores/stores.ts'

const options = z.strictObject({
  database: z.string().min(1).describe('Path of the SQLite file, relative to gonogo.yaml'),
  directory: z.string().min(1).optional().describe('Where copies are kept; default: .gonogo/backups/NAME'),
  ...keepingOptions,
  ...rulesOptions,
  check: z
    .enum(['integrity', 'quick'])
    .default('quick')
    .describe(
      'How a copy is proved: quick_check, which counts the entries of indexes, or integrity_check, which compares each with its row and takes several times as long',
    ),
  timeoutMs: z
    .number()
    .int()
    .min(1000)
    .max(86_400_000)
    .default(1_800_000)
    .describe('Longest a copy or restore may take'),
})
type Options = z.output<typeof options>

export const sqlite = defineBackup<Options>({
  id: 'sqlite',
  summary: 'Consistent, verified copies of a SQLite database that stays in use, and an atomic way to put one back',
  options: options as z.ZodType<Options>,
  example: { database: 'data/app.db', keep: 5, daily: 7, upload: [{ store: 'folder', directory: '/mnt/backups' }] },
  failingExample: { database: 'no-such-directory/missing.db' },
  secretFields: storeSecretFields,
  describe: ({ database, check, rules, upload }) =>
    [
      `copy ${database} while it is in use, prove the copy with ${check}_check and SHA-256, count its rows`,
      rules === undefined ? '' : `run the rules of ${rules} on it`,
      upload.length === 0 ? '' : `put it into ${upload.map(({ store }) => store).join(' and ')} too`,
    ]
      .filter(Boolean)
      .join(', '),
  create: createBackup,
})

function createBackup(given: Options, context: BackupContext): Backup {
  const database = resolve(context.directory, given.database)
  const directory = given.directory
    ? resolve(context.directory, given.directory)
    : join(context.stateDirectory, 'backups', context.name)
  const stores = openStores(given.upload, context)
  const keeping = createKeeping({
    directory,
    kind: 'sqlite',
    stores,
    retention: given,
    inUse: () => stagedIds(database),
  })
  const limits = (signal?: AbortSignal) => ({ timeoutMs: given.timeoutMs, ...(signal ? { signal } : {}) })
  const validate = given.rules === undefined ? undefined : context.validate
  const making = { ...given, directory, validate }

  return {
    async create(signal) {
      const manifest = await takeCopy(livePath(database, { mustExist: true }), making, signal)
      await keeping.add(manifest, signal)
      return manifest
    },

    list: () => keeping.list(),
    troubles: () => keeping.troubles(),

    async verify(manifest, signal) {
      return verifyCopy(await keeping.fetch(manifest, signal), making, signal)
    },

    async preview(manifest) {
      const live = livePath(database, { mustExist: true })
      const staged = stagedPath(live, manifest)
      const copy = isStaged(staged, manifest)
        ? staged
        : (await keeping.fetch(manifest, AbortSignal.timeout(given.timeoutMs))).file
      if (!existsSync(copy)) {
        const rowsAddedSince = rowsAdded(manifest.rows, await runInWorker('count', { file: live }, limits()))
        return { rowsAddedSince, summary: describeAdded(rowsAddedSince, manifest.takenAt) }
      }
      const differences = await runInWorker('compare', { live, copy }, limits())
      return {
        rowsAddedSince: rowsAddedIn(differences),
        differences,
        summary: describeDifferences(differences, manifest.takenAt),
      }
    },

    restore: (manifest, wanted) => restore(manifest, wanted),

    async stage(manifest, signal) {
      const live = livePath(database)
      const staged = stagedPath(live, manifest)
      const here = isStaged(staged, manifest) ? manifest : await keeping.fetch(manifest, signal)
      await runInWorker('lay', { manifest: here, live, staged, sha256: manifest.sha256 }, limits(signal))
      const shell = swapShell({
        live,
        staged,
        kept: unusedKeptPath(live, Date.now()),
        manifest: here,
        dress: dressOf(live),
      })
      return { stage: 'data', title: `${basename(live)} back to the backup ${manifest.id}`, shell, files: {} }
    },
  }

  async function restore(manifest: BackupManifest, wanted: RestoreOptions): Promise<RestoreResult> {
    const startedAt = performance.now()
    const { signal } = wanted
    const live = livePath(database)
    const staged = stagedPath(live, manifest)
    const here = isStaged(staged, manifest) ? manifest : await keeping.fetch(manifest, signal)
    // Newer rows are put into a proved copy only.
    const sha256 = wanted.skipValidation && !wanted.keepNewer ? null : manifest.sha256
    const lay = { manifest: here, live, staged, sha256 }
    const newer = wanted.keepNewer ? await keepNewer({ lay, manifest: here, validate }, limits(signal)) : null
    try {
      const kept = unusedKeptPath(live, Date.now())
      const swap = newer ? { newer: { file: newer.file, fingerprint: newer.fingerprint } } : {}
      const done = await runInWorker('restore', { lay, kept, ...swap }, limits(signal))
      const carried = newer ? { carried: { rows: newer.rows, notCarried: newer.notCarried } } : {}
      return { durationMs: Math.round(performance.now() - startedAt), ...done, ...carried }
    } finally {
      if (newer) for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(newer.file + ending, { force: true })
    }
  }
}
