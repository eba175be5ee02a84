// A site is copied into a folder: proved file by file, and on the disk before anybody hears of it.
import { copyFile, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '../../lib/atomic-file.ts'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import type { SiteFile } from './site-files.ts'

const COPIED_AT_ONCE = 8
const SYNCED_AT_ONCE = 32

/**
 * Copies and proves. Files get the time of the copy: web servers tell versions apart by time and size, and builds that give all files
 * the same time would have browsers keep the old ones.
 * @throws OutsideError where a file changes meanwhile, or the system's error.
 */
export async function copySite(
  system: string,
  from: string,
  to: string,
  files: readonly SiteFile[],
  signal: AbortSignal,
): Promise<void> {
  const directories = [...new Set(['.', ...files.flatMap(({ path }) => parentsOf(path))])]
  for (const directory of directories) await mkdir(join(to, directory), { recursive: true })
  await toTheEnd(files, COPIED_AT_ONCE, async ({ path, sha256 }) => {
    signal.throwIfAborted()
    await copyFile(join(from, path), join(to, path))
    if ((await hashFile(join(to, path), signal)) !== sha256)
      throw new OutsideError(system, `${join(from, path)} changed while it was copied`, {
        hint: 'is the build of the site still running?',
      })
  })
  // Only now: the disk takes many files together in a fraction of the time that it takes for one after the other.
  await toTheEnd(files, SYNCED_AT_ONCE, async ({ path }) => {
    signal.throwIfAborted()
    await syncToDisk(join(to, path))
  })
  for (const directory of directories) syncDirectory(join(to, directory))
}

/** As `inParallel`, but it rejects when all that began has ended: nobody shall write into what the caller then removes. */
async function toTheEnd<T>(inputs: readonly T[], atOnceMax: number, work: (input: T) => Promise<void>): Promise<void> {
  let failure: { error: unknown } | null = null
  await inParallel(inputs, atOnceMax, async (input) => {
    if (failure) return
    try {
      await work(input)
    } catch (error) {
      failure ??= { error }
    }
  })
  if (failure) throw (failure as { error: unknown }).error
}

function parentsOf(path: string): string[] {
  const parents: string[] = []
  for (let at = dirname(path); at !== '.'; at = dirname(at)) parents.push(at)
  return parents
}

async function syncToDisk(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Does `work`; errors of the disk become OutsideErrors that say what cannot be done, and what to do. */
export async function toldByDisk<T>(
  system: string,
  what: string,
  signal: AbortSignal | null,
  work: () => Promise<T> | T,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutsideError) throw error
    const late = signal?.aborted && (signal.reason as { name?: string } | undefined)?.name === 'TimeoutError'
    const why = late ? 'it took too long' : signal?.aborted ? 'it was cancelled' : (codeOf(error) ?? messageOf(error))
    const hints: Readonly<Record<string, string>> = {
      ENOSPC: 'the disk is full: make room, or lower `keep`',
      EDQUOT: 'the quota is used up: make room, or lower `keep`',
      EFBIG: 'a file is larger than this user may write (ulimit -f)',
    }
    throw new OutsideError(system, `cannot ${what}: ${why}`, {
      retryable: true,
      hint: hints[codeOf(error) ?? ''] ?? 'see that the folder is there and that gonogo may write it',
      cause: error,
    })
  }
}
