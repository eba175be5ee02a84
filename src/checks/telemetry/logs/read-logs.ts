// The newest text of log files: tail first, rotated and compressed ones too, never more than is allowed.
import { createReadStream } from 'node:fs'
import { glob, open, stat, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createGunzip } from 'node:zlib'

const FILES_MAX = 500

export interface LogText {
  name: string
  text: string
  /** Whether there was more than was read: before it, or behind it of a compressed file. */
  isCut: boolean
}

export interface LogFile {
  path: string
  bytes: number
  changedAtMs: number
}

/** Files that match, newest first. A name without wildcards that is not there matches nothing. */
export async function findLogs(patterns: readonly string[], directory: string): Promise<LogFile[]> {
  const paths = new Set<string>()
  for (const pattern of patterns)
    for await (const path of glob(pattern, { cwd: directory })) {
      if (paths.size < FILES_MAX) paths.add(resolve(directory, path))
    }
  const found = await Promise.all(
    [...paths].map(async (path) => {
      const about = await stat(path)
      return about.isFile() ? [{ path, bytes: about.size, changedAtMs: about.mtimeMs }] : []
    }),
  )
  return found.flat().toSorted((a, b) => b.changedAtMs - a.changedAtMs)
}

/**
 * The last `bytesMax` bytes, from the beginning of a line; of a `.gz` the first, because its end cannot be found without them.
 * @throws the system's error when it cannot be read or unpacked
 */
export async function readLog(file: LogFile, bytesMax: number, signal: AbortSignal): Promise<LogText> {
  if (file.path.endsWith('.gz')) return unpack(file, bytesMax, signal)
  const handle = await open(file.path)
  try {
    const encoding = await encodingOf(handle)
    // A character of UTF-16 begins at an even place.
    const cutAt = Math.max(0, file.bytes - bytesMax)
    const start = encoding === 'utf16le' ? cutAt + (cutAt % 2) : cutAt
    const buffer = Buffer.alloc(file.bytes - start)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start)
    const text = buffer.toString(encoding, 0, bytesRead)
    // The first line of a cut is the end of one.
    return { name: file.path, text: start === 0 ? text : text.slice(text.indexOf('\n') + 1), isCut: start > 0 }
  } finally {
    await handle.close()
  }
}

/** Shells of Windows redirect into UTF-16. */
async function encodingOf(handle: FileHandle): Promise<'utf8' | 'utf16le'> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
  return bytesRead === 2 && buffer[0] === 0xff && buffer[1] === 0xfe ? 'utf16le' : 'utf8'
}

async function unpack({ path }: LogFile, bytesMax: number, signal: AbortSignal): Promise<LogText> {
  const chunks: Buffer[] = []
  let bytes = 0
  const source = createReadStream(path, { signal })
  const unpacked = source.pipe(createGunzip())
  source.on('error', (error) => unpacked.destroy(error))
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > bytesMax) break
    }
  } finally {
    source.destroy()
  }
  return { name: path, text: Buffer.concat(chunks).toString('utf8', 0, bytesMax), isCut: bytes > bytesMax }
}
