// Backup kind `sqlite`: a consistent copy of a database in use, proved, and put back atomically.
// Anything that reads a whole database happens in a worker process: the conductor goes on sampling meanwhile.
import { mkdirSync, rmSync, renameSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { syncDirectory } from '../lib/atomic-file.ts'
import { OutsideError, codeOf } from '../lib/errors.ts'
import { defineBackup, type Backup, type BackupContext, type BackupManifest } from './backup.ts'
import { listManifests, removeBeyond, removeUnfinished, unfinishedPath, writeManifest } from './sqlite/collection.ts'
import { requireFreeBytes } from '../databases/sqlite/free-space.ts'
import { describeAdded, rowsAdded } from './sqlite/preview.ts'
import { dressOf, livePath, stagedPath, unusedKeptPath } from './sqlite/places.ts'
import { runInWorker } from './sqlite/run-in-worker.ts'
import { swapShell } from './sqlite/swap-shell.ts'

const options = z.strictObject({
  database: z.string().min(1).describe('Path of the SQLite file, relative to gonogo.yaml'),
  directory: z.string().min(1).optional().describe('Where copies are kept; default: .gonogo/backups/NAME'),
  keep: z.number().int().min(1).max(10_000).default(10).describe('How many copies are kept; older ones are deleted'),
  check: z
    .enum(['integrity', 'quick'])
    .default('integrity')
    .describe(
      'How a copy is proved: integrity_check, or quick_check, which does not compare indexes with their tables',
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
  example: { database: 'data/app.db', keep: 5 },
  failingExample: { database: 'no-such-directory/missing.db' },
  secretFields: [],
  describe: ({ database, check }) =>
    `copy ${database} while it is in use, prove the copy with ${check}_check and SHA-256, count its rows`,
  create: createBackup,
})

function createBackup(given: Options, context: BackupContext): Backup {
  const database = resolve(context.directory, given.database)
  const directory = given.directory
    ? resolve(context.directory, given.directory)
    : join(context.stateDirectory, 'backups', context.name)
  const limits = (signal?: AbortSignal) => ({ timeoutMs: given.timeoutMs, ...(signal ? { signal } : {}) })

  return {
    async create(signal) {
      const startedAt = performance.now()
      const source = livePath(database, { mustExist: true })
      makeWritable(directory)
      removeUnfinished(directory)
      // The log is folded into the copy beside itself, so for a moment it counts twice.
      requireFreeBytes(directory, sizeOf(source) + 2 * sizeOf(`${source}-wal`), `a copy of ${source}`)
      const draft = unfinishedPath(directory)
      try {
        const copy = await runInWorker('snapshot', { source, file: draft, check: given.check }, limits(signal))
        const id = idOf(copy.takenAt)
        const manifest: BackupManifest = {
          id,
          kind: 'sqlite',
          source,
          file: join(directory, `${id}.db`),
          takenAt: copy.takenAt,
          bytes: copy.bytes,
          sha256: copy.sha256,
          rows: copy.rows,
          verified: { at: Date.now(), method: copy.proof },
          tool: `node:sqlite ${process.versions.sqlite}`,
          durationMs: Math.round(performance.now() - startedAt),
        }
        renameSync(draft, manifest.file)
        syncDirectory(directory)
        writeManifest(manifest)
        removeBeyond(directory, given.keep)
        return manifest
      } finally {
        for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(draft + ending, { force: true })
      }
    },

    list: async () => listManifests(directory),

    async verify(manifest, signal) {
      const bytes = sizeOf(manifest.file)
      if (bytes !== manifest.bytes)
        return { ok: false, summary: `${manifest.file} has ${bytes} bytes, ${manifest.bytes} were recorded` }
      const proof = await runInWorker('prove', { file: manifest.file, check: given.check }, limits(signal))
      if (proof.sha256 !== manifest.sha256)
        return { ok: false, summary: `${manifest.file}: SHA-256 is ${proof.sha256}, ${manifest.sha256} was recorded` }
      if (proof.problems.length > 0) return { ok: false, summary: `${manifest.file}: ${proof.problems.join('; ')}` }
      const tables = Object.keys(proof.rows).length
      return { ok: true, summary: `${proof.method} ok, SHA-256 matches, ${tables} tables` }
    },

    async preview(manifest) {
      const live = livePath(database, { mustExist: true })
      const rows = await runInWorker('count', { file: live }, limits())
      const rowsAddedSince = rowsAdded(manifest.rows, rows)
      return { rowsAddedSince, summary: describeAdded(rowsAddedSince, manifest.takenAt) }
    },

    async restore(manifest, { skipValidation, signal }) {
      const startedAt = performance.now()
      const live = livePath(database)
      const staged = stagedPath(live, manifest)
      const validated = skipValidation ? null : manifest.sha256
      const lay = { manifest, live, staged, sha256: validated }
      const done = await runInWorker('restore', { lay, kept: unusedKeptPath(live, Date.now()) }, limits(signal))
      return { durationMs: Math.round(performance.now() - startedAt), ...done }
    },

    async stage(manifest, signal) {
      const live = livePath(database)
      const staged = stagedPath(live, manifest)
      await runInWorker('lay', { manifest, live, staged, sha256: manifest.sha256 }, limits(signal))
      const shell = swapShell({ live, staged, kept: unusedKeptPath(live, Date.now()), manifest, dress: dressOf(live) })
      return { stage: 'data', title: `${basename(live)} back to the backup ${manifest.id}`, shell, files: {} }
    },
  }
}

/** `20261121T101500Z-3f9a`: sortable, and unique enough for two copies in one second. */
function idOf(takenAt: number): string {
  const stamp = new Date(takenAt).toISOString().replace(/[-:]|\.\d+/g, '')
  const random = Math.floor(Math.random() * 0x10000)
  return `${stamp}-${random.toString(16).padStart(4, '0')}`
}

function makeWritable(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new OutsideError('backup', `cannot create ${directory}: ${codeOf(error)}`, {
      hint: 'give gonogo write permission there, or set another `directory`',
      cause: error,
    })
  }
}

/** Bytes of a file; 0 where there is none. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
