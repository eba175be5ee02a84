// Backup kind `redis`: the server's data as an RDB file, taken over the network, proved by loading it into a Redis of our own.
import {
  copyFileSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  linkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { syncDirectory } from '../lib/atomic-file.ts'
import { withDeadline } from '../lib/deadline.ts'
import { codeOf, OutsideError } from '../lib/errors.ts'
import { plural } from '../lib/plural.ts'
import { requireFreeBytes } from '../databases/sqlite/free-space.ts'
import {
  defineBackup,
  type Backup,
  type BackupContext,
  type BackupManifest,
  type RestoreResult,
  type VerifyResult,
} from './backup.ts'
import { idOf, makeDirectory, removeUnfinished, unfinishedPath } from './collection.ts'
import { hashFile } from '../lib/hash-file.ts'
import { createKeeping, keepingOptions } from './keeping.ts'
import { toolVersions } from './provenance.ts'
import { fetchRdb } from './redis/fetch-rdb.ts'
import { keysAt } from './redis/key-counts.ts'
import { loadRdb, type Loaded } from './redis/prove-rdb.ts'
import { openStores, storeSecretFields } from './stores/stores.ts'
import { syncFile } from './sync-file.ts'

const options = z.strictObject({
  url: z.url({ protocol: /^rediss?$/ }).describe('Redis URL; a secret'),
  directory: z.string().min(1).optional().describe('Where copies are kept; default: .gonogo/backups/NAME'),
  dumpFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'For a restore: the file that the server reads when it starts (its `dir` and `dbfilename`), on this machine',
    ),
  ...keepingOptions,
  timeoutMs: z
    .number()
    .int()
    .min(1000)
    .max(86_400_000)
    .default(1_800_000)
    .describe('Longest a copy or its proof may take'),
})
type Options = z.output<typeof options>

export const redis = defineBackup<Options>({
  id: 'redis',
  summary: 'RDB copies of a Redis server, made over the network and proved by loading them',
  options: options as z.ZodType<Options>,
  example: { url: 'redis://cache.internal:6379', keep: 5 },
  failingExample: { url: 'redis://127.0.0.1:1' },
  secretFields: ['url', ...storeSecretFields],
  describe: ({ url }) =>
    `copy the data of Redis at ${placeOf(url)} as an RDB file, prove it by loading it, count its keys`,
  create: createBackup,
})

function createBackup(given: Options, context: BackupContext): Backup {
  const directory = given.directory
    ? resolve(context.directory, given.directory)
    : join(context.stateDirectory, 'backups', context.name)
  const dumpFile = given.dumpFile === undefined ? null : resolve(context.directory, given.dumpFile)
  const stores = openStores(given.upload, context)
  const keeping = createKeeping({ directory, kind: 'redis', stores, retention: given, inUse: () => [] })
  const prove = (file: string, bytes: number, signal: AbortSignal): Promise<Loaded> =>
    loadRdb(file, bytes, given.timeoutMs, signal)

  return {
    async create(signal) {
      const startedAt = performance.now()
      makeDirectory(directory)
      removeUnfinished(directory)
      const draft = unfinishedPath(directory, '.rdb')
      try {
        const takenAt = Date.now()
        const proof = await fetchRdb(given.url, draft, withDeadline(given.timeoutMs, signal))
        const loaded = await prove(draft, proof.bytes, signal)
        if (loaded.type === 'broken')
          throw new OutsideError('backup', `the copy of ${placeOf(given.url)} is broken: ${loaded.problem}`, {
            retryable: true,
          })
        const id = idOf(takenAt)
        const isLoaded = loaded.type === 'loaded'
        const manifest: BackupManifest = {
          id,
          kind: 'redis',
          source: placeOf(given.url),
          file: join(directory, `${id}.rdb`),
          takenAt,
          ...proof,
          rows: isLoaded ? loaded.rows : {},
          verified: isLoaded ? { at: Date.now(), method: `loaded by redis-server ${loaded.version}: ok` } : null,
          tool: 'SYNC (RDB)',
          durationMs: Math.round(performance.now() - startedAt),
          identity: { host: hostname(), server: placeOf(given.url) },
          tools: toolVersions(isLoaded ? { 'redis-server': loaded.version } : {}),
          validation: null,
        }
        renameSync(draft, manifest.file)
        syncDirectory(directory)
        await keeping.add(manifest, signal)
        return manifest
      } finally {
        rmSync(draft, { force: true })
      }
    },

    list: () => keeping.list(),
    troubles: () => keeping.troubles(),

    async verify(manifest, signal) {
      return verify(await keeping.fetch(manifest, signal), signal)
    },

    async preview(manifest) {
      const now = await keysAt(given.url, AbortSignal.timeout(given.timeoutMs)).catch(() => null)
      if (now === null)
        return { rowsAddedSince: {}, summary: 'Redis does not answer: what was written since is not known' }
      const names = [...new Set([...Object.keys(manifest.rows), ...Object.keys(now)])].filter(
        (name) => name !== 'expired',
      )
      const added = names.map((name) => [name, (now[name] ?? 0) - (manifest.rows[name] ?? 0)] as const)
      const rowsAddedSince = Object.fromEntries(added.filter(([, count]) => count !== 0))
      const words = Object.entries(rowsAddedSince).map(([name, count]) => `${name}: ${count > 0 ? '+' : ''}${count}`)
      const since = new Date(manifest.takenAt).toISOString()
      return {
        rowsAddedSince,
        summary: `keys now against ${since}: ${words.join(', ') || 'as many'}; changed values are not counted`,
      }
    },

    async restore(manifest, { skipValidation, keepNewer, signal }) {
      if (keepNewer)
        throw new OutsideError('backup', 'newer keys of Redis cannot be kept', { hint: 'restore without --keep-newer' })
      const place = await restorable(signal)
      const here = await keeping.fetch(manifest, signal)
      const verdict = skipValidation ? await looked(here) : await verify(here, signal)
      if (!verdict.ok)
        throw new OutsideError('backup', verdict.summary, { hint: 'restore another backup: gonogo backup list' })
      return swapIn(here, place, () => restorable(signal))
    },

    async stage() {
      throw new OutsideError('backup', 'Redis cannot be put back by a capsule: it has to be stopped for it', {
        hint: steps(null),
      })
    },
  }

  /** Where the copy goes. @throws OutsideError with the steps, unless it is sure that nothing of it is overwritten by a server. */
  async function restorable(signal: AbortSignal): Promise<string> {
    const state = await keysAt(given.url, signal).then(
      () => 'runs',
      (error: unknown) => (codeOf(error) === 'ECONNREFUSED' ? null : 'may run: it does not refuse connections'),
    )
    if (state !== null)
      throw new OutsideError(
        'backup',
        `Redis at ${placeOf(given.url)} ${state}, and would write over its file when it stops`,
        { hint: steps(dumpFile) },
      )
    if (dumpFile === null || !existsSync(dirname(dumpFile)))
      throw new OutsideError('backup', 'it is not known where the server reads its data when it starts', {
        hint: steps(dumpFile),
      })
    const appended = ['appendonlydir', 'appendonly.aof']
      .map((name) => join(dirname(dumpFile), name))
      .find((path) => existsSync(path))
    if (appended)
      throw new OutsideError('backup', `${appended} is there: the server would read it instead of the copy`, {
        hint: `move it away, restore, start Redis with "appendonly no", then CONFIG SET appendonly yes`,
      })
    return dumpFile
  }
}

async function looked({ file, bytes }: BackupManifest): Promise<VerifyResult> {
  const found = statSync(file, { throwIfNoEntry: false })?.size
  if (found === bytes) return { ok: true, summary: 'size as recorded' }
  return {
    ok: false,
    summary: found === undefined ? `the copy ${file} is gone` : `${file} has ${found} bytes, ${bytes} were recorded`,
  }
}

async function verify(manifest: BackupManifest, signal: AbortSignal): Promise<VerifyResult> {
  const { file, bytes } = manifest
  const size = await looked(manifest)
  if (!size.ok) return size
  const hash = await hashFile(file, signal)
  if (hash !== manifest.sha256)
    return { ok: false, summary: `${file}: SHA-256 is ${hash}, ${manifest.sha256} was recorded` }
  const loaded = await loadRdb(file, bytes, 600_000, signal)
  if (loaded.type === 'broken') return { ok: false, summary: `${file}: ${loaded.problem}` }
  if (loaded.type === 'unknown') return { ok: false, summary: `SHA-256 matches, but not verified: ${loaded.why}` }
  const [then, now] = [manifest.rows, loaded.rows].map((rows) =>
    Object.values(rows).reduce((sum, count) => sum + count, 0),
  )
  if (manifest.verified && then !== now) return { ok: false, summary: `${file} has ${now} keys, ${then} were recorded` }
  return {
    ok: true,
    summary: `restored into scratch: loaded by redis-server ${loaded.version}, SHA-256 matches, ${plural(now ?? 0, 'key')} as recorded`,
  }
}

/** The old file has its second name before the new one takes its place; a look at the server comes last. */
async function swapIn(
  manifest: BackupManifest,
  place: string,
  requireStopped: () => Promise<unknown>,
): Promise<RestoreResult> {
  const startedAt = performance.now()
  const directory = dirname(place)
  removeUnfinished(directory)
  requireFreeBytes(directory, manifest.bytes, `a copy of ${manifest.file}`)
  const draft = unfinishedPath(directory, '.rdb')
  try {
    copyFileSync(manifest.file, draft, constants.COPYFILE_FICLONE)
    if ((await hashFile(draft)) !== manifest.sha256)
      throw new OutsideError('backup', `${manifest.file} is not what was backed up: its SHA-256 has changed`)
    const old = statSync(place, { throwIfNoEntry: false })
    const { uid, gid } = old ?? statSync(directory)
    chmodSync(draft, old ? old.mode & 0o777 : 0o660)
    chownSync(draft, uid, gid)
    syncFile(draft)
    await requireStopped()
    const kept = old ? `${place}.replaced-${new Date().toISOString().replaceAll(/[-:.]/g, '')}` : null
    if (kept) linkSync(place, kept)
    renameSync(draft, place)
    syncDirectory(directory)
    return {
      durationMs: Math.round(performance.now() - startedAt),
      keptAt: kept,
      method: `laid at ${basename(place)}: start Redis to load it`,
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

/** `redis://host:6379`, without user and password. */
function placeOf(url: string): string {
  const { protocol, hostname: host, port, pathname } = new URL(url)
  return `${protocol}//${host}${port ? `:${port}` : ''}${pathname === '/' ? '' : pathname}`
}

function steps(dumpFile: string | null): string {
  const place = dumpFile ?? 'the file of its `dir` and `dbfilename` (set `dumpFile` to it)'
  return `stop its users, then Redis by SHUTDOWN NOSAVE; gonogo backup restore lays the copy at ${place}; start Redis again`
}
