// Logs of instances: bounded, and quoted when something went wrong.
import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from 'node:fs'

const LOG_BYTES_MAX = 64 << 20
const TAIL_BYTES = 8192

/** Beyond 64 MB a log begins anew, and its content until then is kept as `.1`. Its writers append, so they can go on. */
export function rotateLog(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES_MAX) return
  copyFileSync(path, `${path}.1`)
  truncateSync(path)
}

/** The last lines that say something; none when there is no log. Frames of a stack say where, not what: the line above them counts. */
export function lastLines(path: string, count: number): string[] {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (!size) return []
  const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
  const file = openSync(path, 'r')
  try {
    readSync(file, buffer, 0, buffer.length, size - buffer.length)
  } finally {
    closeSync(file)
  }
  const lines = buffer.toString('utf8').split('\n')
  return lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line)).slice(-count)
}
