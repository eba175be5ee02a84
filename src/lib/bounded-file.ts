// Reading a file that somebody else wrote: never more than was meant, and never what is no file (a pipe would wait for ever).
import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'

export interface BoundedFile {
  bytes: Buffer
  /** The bytes as UTF-8, a byte order mark left out. */
  text: string
  stat: Stats
}

/** @throws the system's error, or an Error where it is no regular file or longer than `bytesMax`. */
export async function readBoundedFile(path: string, bytesMax: number): Promise<BoundedFile> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new Error('is no regular file')
    const chunks: Buffer[] = []
    let length = 0
    // The size that the system tells is not to be trusted: files of /proc have none, and others grow.
    while (length <= bytesMax) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(65_536, bytesMax + 1 - length)))
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
    }
    if (length > bytesMax) throw new Error(`is longer than ${bytesMax} bytes`)
    const bytes = Buffer.concat(chunks)
    return { bytes, text: bytes.toString('utf8').replace(/^\uFEFF/, ''), stat }
  } finally {
    await file.close()
  }
}
