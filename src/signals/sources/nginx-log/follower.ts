// Follows a file that others write, rotate and truncate: every complete line that was written since the start, once.
import { open, stat, type FileHandle } from 'node:fs/promises'
import { codeOf, messageOf } from '../../../lib/errors.ts'

export interface Reading {
  /** Why nothing is known: no file yet, or it cannot be read. */
  problem: string | null
  /** Reading began with this look: what was in the file before is not of interest. */
  began: boolean
  /** The file was cut off since the look before: its last lines may not have been seen. */
  lost: boolean
}

export interface Follower {
  /** Reads on. Cancelled, it goes on from there at the next look. */
  read(signal: AbortSignal): Promise<Reading>
  close(): Promise<void>
}

interface Followed {
  handle: FileHandle
  id: string
  offset: number
  /** Beginning of a line whose end was not written yet, one character a byte. */
  partial: string
  /** The line under way began before the start, or is too long: it is left out. */
  skipping: boolean
  /** The bytes before `offset`, by which a file that was cut off and has grown again is told. */
  tail: Buffer
  grownAtMs: number
}

const CHUNK_BYTES = 256 << 10
/** So much is read at one look; the rest follows with the next. */
const LOOK_BYTES_MAX = 64 << 20
const LINE_CHARS_MAX = 64 << 10
const TAIL_BYTES = 256
/** A file that was moved away is still written until its writer opens the new one. */
const LEAVE_MS = 60_000
const FILES_MAX = 4
const NEWLINE = 10

/** @param onLine called with each line, one character a byte; null for a line that is too long to be one. */
export function createFollower(path: string, onLine: (line: string | null) => void): Follower {
  /** The newest last. */
  let files: Followed[] = []
  let isFirstLook = true
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)

  async function read(signal: AbortSignal): Promise<Reading> {
    const found = await follow()
    if (files.length === 0) return { problem: found ?? `there is no ${path}`, began: false, lost: false }
    const began = isFirstLook
    isFirstLook = false
    let lost = false
    let bytes = 0
    for (const file of files) {
      if (await wasCutOff(file)) {
        lost = true
        Object.assign(file, { offset: 0, partial: '', skipping: false, tail: Buffer.alloc(0) })
      }
      bytes += await readOn(file, LOOK_BYTES_MAX - bytes, signal)
    }
    await leaveOld()
    // Its writer may write on for a while; nothing more from a file that is gone is no longer knowing.
    return { problem: bytes === 0 && !began ? found : null, began, lost }
  }

  /** Opens what lies at the path when that is another file. @returns why there is none. */
  async function follow(): Promise<string | null> {
    try {
      const there = await stat(path)
      if (files.at(-1)?.id === idOf(there)) return null
      const handle = await open(path)
      const opened = await handle.stat()
      const size = isFirstLook ? opened.size : 0
      const tail = await readTail(handle, size)
      const skipping = size > 0 && tail.at(-1) !== NEWLINE
      files.push({
        handle,
        id: idOf(opened),
        offset: size,
        partial: '',
        skipping,
        tail,
        grownAtMs: performance.now(),
      })
      return null
    } catch (error) {
      // A file that is made later is read from its beginning.
      isFirstLook &&= codeOf(error) !== 'ENOENT'
      return codeOf(error) === 'ENOENT' ? `there is no ${path}` : `cannot read ${path}: ${messageOf(error)}`
    }
  }

  async function wasCutOff({ handle, offset, tail }: Followed): Promise<boolean> {
    const { size } = await handle.stat()
    if (size < offset) return true
    return !(await readTail(handle, offset)).equals(tail)
  }

  async function readOn(file: Followed, bytesMax: number, signal: AbortSignal): Promise<number> {
    let bytes = 0
    while (bytes < bytesMax && !signal.aborted) {
      const { bytesRead } = await file.handle.read(buffer, 0, CHUNK_BYTES, file.offset)
      if (bytesRead === 0) break
      const chunk = buffer.subarray(0, bytesRead)
      file.offset += bytesRead
      file.grownAtMs = performance.now()
      file.tail = Buffer.concat([file.tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES)
      bytes += bytesRead
      takeLines(file, chunk)
    }
    return bytes
  }

  function takeLines(file: Followed, chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = file.partial + chunk.toString('latin1', start, end)
      if (!file.skipping) onLine(line.length > LINE_CHARS_MAX ? null : line.endsWith('\r') ? line.slice(0, -1) : line)
      file.partial = ''
      file.skipping = false
      start = end + 1
    }
    if (file.skipping) return
    file.partial += chunk.toString('latin1', start)
    if (file.partial.length <= LINE_CHARS_MAX) return
    onLine(null)
    file.partial = ''
    file.skipping = true
  }

  async function leaveOld(): Promise<void> {
    const now = performance.now()
    const isKept = (file: Followed, index: number): boolean =>
      index === files.length - 1 || (index >= files.length - FILES_MAX && now - file.grownAtMs < LEAVE_MS)
    const left = files.filter((file, index) => !isKept(file, index))
    files = files.filter(isKept)
    for (const { handle } of left) await handle.close()
  }

  return {
    read,
    async close() {
      const left = files
      files = []
      for (const { handle } of left) await handle.close().catch(() => {})
    },
  }
}

function idOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`
}

async function readTail(handle: FileHandle, offset: number): Promise<Buffer> {
  const tail = Buffer.alloc(Math.min(TAIL_BYTES, offset))
  const { bytesRead } = await handle.read(tail, 0, tail.length, offset - tail.length)
  return tail.subarray(0, bytesRead)
}
