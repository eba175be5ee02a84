// Makes the content of a file durable.
import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Waits until the disk has it. */
export function syncFile(file: string): void {
  const handle = openSync(file, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
