// Store kind `folder`: a directory, as of a mounted share. A file gets its name when it is whole and proved.
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { syncDirectory } from '../../lib/atomic-file.ts'
import { draftName, isAbandonedDraft, isDraft } from '../../lib/drafts.ts'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { syncFile } from '../sync-file.ts'
import { ABANDONED_MS, type FileProof, type Store, type StoreKind } from './store.ts'

const CHUNK_BYTES = 1 << 20

const options = z.strictObject({
  store: z.literal('folder'),
  directory: z.string().min(1).describe('Where copies are put, relative to gonogo.yaml: a mounted share, another disk'),
})
type Options = z.output<typeof options>

export const folder: StoreKind<Options> = {
  id: 'folder',
  options,
  secretFields: [],
  create: (given, context) => createFolder(join(resolve(context.directory, given.directory), context.name)),
}

function createFolder(root: string): Store {
  const name = `folder ${root}`
  const pathOf = (key: string): string => join(root, ...key.split('/'))
  return {
    name,

    put: (key, file, proof, signal) =>
      told(name, `put ${basename(key)} there`, () => put(pathOf(key), file, proof, signal)),

    get: (key, file, signal) =>
      told(name, `read ${key}`, () =>
        pipeline(
          createReadStream(pathOf(key), { highWaterMark: CHUNK_BYTES }),
          createWriteStream(file, { flags: 'wx', mode: 0o600 }),
          { signal },
        ),
      ),

    list: () =>
      told(name, 'list it', async () =>
        filesBelow(root)
          .filter((path) => !isDraft(path))
          .map((path) => {
            const { size, mtimeMs } = statSync(path)
            return { key: relative(root, path).split(sep).join('/'), bytes: size, modifiedAt: mtimeMs }
          }),
      ),

    remove: (key) =>
      told(name, `remove ${key}`, async () => {
        rmSync(pathOf(key), { force: true })
        removeIfEmpty(dirname(pathOf(key)), root)
      }),

    clean: () =>
      told(name, 'clean it', async () => {
        for (const path of filesBelow(root)) if (isAbandonedDraft(path, ABANDONED_MS)) rmSync(path, { force: true })
      }),
  }
}

async function put(path: string, file: string, proof: FileProof, signal: AbortSignal): Promise<void> {
  const directory = dirname(path)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  requireFreeBytes(directory, proof.bytes, `a copy of ${file}`)
  const draft = join(directory, draftName(basename(path)))
  try {
    await pipeline(
      createReadStream(file, { highWaterMark: CHUNK_BYTES }),
      createWriteStream(draft, { flags: 'wx', mode: 0o600 }),
      { signal },
    )
    syncFile(draft)
    const bytes = statSync(draft).size
    if (bytes !== proof.bytes || (await hashFile(draft, signal)) !== proof.sha256)
      throw new OutsideError('backup', `${path} did not arrive as it was sent (${bytes} of ${proof.bytes} bytes)`, {
        retryable: true,
      })
    renameSync(draft, path)
    syncDirectory(directory)
  } finally {
    rmSync(draft, { force: true })
  }
}

function filesBelow(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function removeIfEmpty(directory: string, root: string): void {
  if (directory === root) return
  try {
    rmdirSync(directory)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error
  }
}

async function told<T>(name: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutsideError) throw error
    const why = codeOf(error) === 'ABORT_ERR' ? 'it was cancelled' : (codeOf(error) ?? messageOf(error))
    throw new OutsideError('backup', `${name}: cannot ${what}: ${why}`, {
      retryable: true,
      hint: 'see that the folder is there (mounted) and that gonogo may write it',
      cause: error,
    })
  }
}
