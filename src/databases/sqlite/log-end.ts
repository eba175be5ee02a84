// Where the write-ahead log ends at this moment: how many frames, and which log it is.
import { closeSync, openSync, readSync } from 'node:fs'
import { codeOf } from '../../lib/errors.ts'
import type { Session } from '../database.ts'

/** Frames of the log that are committed, and the salts they carry. */
export interface LogEnd {
  frames: number
  /** Eight bytes. */
  salts: Uint8Array
}

/** Section 4.1 of the file format: the salts stand at byte 16 of the log's header. */
const HEADER_BYTES = 32
const SALTS_AT = 16

/**
 * Only while somebody holds the write lock is it still true a moment later. Null where there is no log, or nothing in it.
 * @param session in no transaction. NOOP, since SQLite 3.51: says what a checkpoint would look at, and does none.
 */
export async function readLogEnd(session: Session, file: string): Promise<LogEnd | null> {
  const [row] = await session.all({ sql: 'PRAGMA wal_checkpoint(NOOP)', parameters: [] })
  const frames = Number(row?.log ?? -1)
  if (frames <= 0) return null
  const salts = readSalts(`${file}-wal`)
  return salts && { frames, salts }
}

/** The log itself is not locked, so opening and closing it drops nobody's locks. */
function readSalts(path: string): Uint8Array | null {
  let log: number
  try {
    log = openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    const isWhole = readSync(log, header, 0, HEADER_BYTES, 0) === HEADER_BYTES
    return isWhole ? Uint8Array.from(header.subarray(SALTS_AT, SALTS_AT + 8)) : null
  } finally {
    closeSync(log)
  }
}
