// SHA-256 of a file of any size.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** Smaller ones are read at once: a stream for each of thousands takes longer than reading them. */
const AT_ONCE_BYTES = 1 << 20

/** 64 hexadecimal digits. */
export async function hashFile(file: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted()
  const hash = createHash('sha256')
  await using handle = await open(file)
  if ((await handle.stat()).size <= AT_ONCE_BYTES) return hash.update(await handle.readFile()).digest('hex')
  const stream = handle.createReadStream({ highWaterMark: AT_ONCE_BYTES, autoClose: false })
  await pipeline(stream, hash, signal ? { signal } : {})
  return hash.digest('hex')
}
