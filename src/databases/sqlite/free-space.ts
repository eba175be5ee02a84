// Space is looked at before anything is written: a disk filled by a backup is an outage of its own.
import { statfsSync } from 'node:fs'
import { OutsideError } from '../../lib/errors.ts'
import { formatSize } from '../../lib/size.ts'

/** Room for manifests and for what others write meanwhile. */
const SPARE_BYTES = 16 << 20

/** @throws OutsideError naming free and wanted bytes when `bytes` do not fit into the file system of `directory`. */
export function requireFreeBytes(directory: string, bytes: number, what: string): void {
  const { bavail, bsize } = statfsSync(directory)
  const freeBytes = bavail * bsize
  const wantedBytes = bytes + SPARE_BYTES
  if (freeBytes >= wantedBytes) return
  throw diskFull(
    `${directory} has ${formatSize(freeBytes)} (${freeBytes} bytes) free, ${what} wants ${formatSize(wantedBytes)} (${wantedBytes} bytes)`,
  )
}

/** @param hint what to do; left out: about a backup. */
export function diskFull(message: string, hint = 'make room, lower `keep`, or set another `directory`'): OutsideError {
  return new OutsideError('backup', `disk full: ${message}`, {
    retryable: true,
    hint,
  })
}
