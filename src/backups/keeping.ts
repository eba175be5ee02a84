// What every backup kind does with its copies: keeps them here and in stores, lists them, fetches one back, lets old ones go.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { z } from 'zod'
import { syncDirectory } from '../lib/atomic-file.ts'
import { messageOf, OutsideError } from '../lib/errors.ts'
import type { BackupManifest } from './backup.ts'
import { listManifests, newestFirst, removeCopy, troublesIn, unfinishedPath, writeManifest } from './collection.ts'
import { expendable, type Retention } from './retention.ts'
import { download, listStored, prune, upload } from './stores/shelf.ts'
import type { Store } from './stores/store.ts'
import { uploadOption } from './stores/stores.ts'

const count = z.number().int().min(0).max(10_000)

/** Options that every kind takes, to be spread into its own. */
export const keepingOptions = {
  keep: count
    .min(1)
    .default(10)
    .describe('How many copies are kept; older ones are deleted, never the newest verified'),
  daily: count.default(0).describe('Besides: the newest copy of each of so many days'),
  weekly: count.default(0).describe('Besides: the newest copy of each of so many weeks'),
  monthly: count.default(0).describe('Besides: the newest copy of each of so many months'),
  upload: uploadOption,
}

/** `rules` and `requireRules`, for kinds whose copies rules can be run on. */
export const rulesOptions = {
  rules: z
    .string()
    .min(1)
    .optional()
    .describe('Name under `databases` whose rules are run on every copy; what they say is in its manifest'),
  requireRules: z.boolean().default(false).describe('A copy that breaks its rules is no backup: taking it fails'),
}

const LOCAL = 'local'
/** Longest a store is waited for when copies are listed. */
const LISTING_MS = 15_000

export interface Keeping {
  /** Newest first, each with the places it lies in; a store that does not answer is left out here and named by `troubles`. */
  list(): Promise<BackupManifest[]>
  troubles(): Promise<string[]>
  /**
   * The copy lies at `manifest.file` already: writes its manifest, uploads it, lets old ones go.
   * @throws OutsideError when an upload fails; the local copy is kept then.
   */
  add(manifest: BackupManifest, signal: AbortSignal): Promise<void>
  /** The manifest of a copy that lies here: fetched from a store when it does not. @throws OutsideError when no store has it. */
  fetch(manifest: BackupManifest, signal: AbortSignal): Promise<BackupManifest>
}

/** @param inUse ids of copies that something still needs: they are not let go here. */
export function createKeeping(given: {
  directory: string
  kind: string
  stores: readonly Store[]
  retention: Retention
  inUse: () => string[]
}): Keeping {
  const { directory, kind, stores, retention, inUse } = given

  const askStores = async (): Promise<{ store: Store; manifests: BackupManifest[]; trouble: string | null }[]> =>
    Promise.all(
      stores.map(async (store) => {
        try {
          const manifests = await listStored(store, kind, AbortSignal.timeout(LISTING_MS))
          return { store, manifests, trouble: null }
        } catch (error) {
          return { store, manifests: [], trouble: messageOf(error) }
        }
      }),
    )

  return {
    async list() {
      const found = new Map<string, BackupManifest>()
      for (const manifest of listManifests(directory, kind)) found.set(manifest.id, { ...manifest, places: [LOCAL] })
      for (const { store, manifests } of await askStores())
        for (const manifest of manifests) {
          const known = found.get(manifest.id)
          if (known) known.places = [...(known.places ?? []), store.name]
          else found.set(manifest.id, { ...manifest, file: localPath(directory, manifest), places: [store.name] })
        }
      return [...found.values()].toSorted(newestFirst)
    },

    async troubles() {
      const asked = await askStores()
      return [...troublesIn(directory, kind), ...asked.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]))]
    },

    async add(manifest, signal) {
      writeManifest(manifest)
      // Old copies go only once the new one lies everywhere it should.
      for (const store of stores) {
        try {
          await upload(store, manifest, signal)
        } catch (error) {
          throw notUploaded(manifest, error)
        }
      }
      for (const old of expendable(listManifests(directory, kind), retention, inUse())) removeCopy(old)
      for (const store of stores) await prune(store, kind, retention, signal)
    },

    async fetch(manifest, signal) {
      if (existsSync(manifest.file) || stores.length === 0) return manifest
      const file = localPath(directory, manifest)
      const draft = unfinishedPath(directory, extname(file))
      const troubles: string[] = []
      for (const store of stores) {
        try {
          await download(store, manifest.id, draft, signal)
          renameSync(draft, file)
          syncDirectory(directory)
          const fetched = { ...manifest, file }
          writeManifest(fetched)
          return fetched
        } catch (error) {
          troubles.push(messageOf(error))
          rmSync(draft, { force: true, recursive: true })
          if (signal.aborted) break
        }
      }
      throw new OutsideError(
        'backup',
        `the copy ${manifest.id} is gone here, and no store gave it: ${troubles.join('; ')}`,
        {
          retryable: true,
          hint: 'restore another backup: gonogo backup list',
        },
      )
    },
  }
}

function localPath(directory: string, { id, file }: BackupManifest): string {
  return join(directory, id + extname(file))
}

function notUploaded(manifest: BackupManifest, error: unknown): unknown {
  if (!(error instanceof OutsideError)) return error
  return new OutsideError(
    'backup',
    `${manifest.id} was taken and lies in ${manifest.file}, but not in every store: ${error.message}`,
    {
      retryable: error.retryable,
      ...(error.hint ? { hint: error.hint } : {}),
      cause: error,
    },
  )
}
