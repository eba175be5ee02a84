// The pages of one moment: those of the file, under the newer ones that its log has committed.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { codeOf, OutsideError } from '../../../lib/errors.ts'
import { damaged, HEADER_BYTES, NotEligible, readFormat, type FileFormat } from './format.ts'
import type { LogEnd } from '../log-end.ts'
import { FRAME_DATA, frameOffset, isSalted, readLog, type Log } from './log.ts'

/** What another thread needs to read the same pages. */
export interface SourceFacts {
  file: string
  format: FileFormat
  log: Log | null
  /** Of the database at this moment. */
  pages: number
}

/**
 * Reads a file while somebody else holds a read transaction on it. What that keeps still: no checkpoint writes pages into the file beyond
 * the reader's moment, so the file under the commits of the log is the moment of the last of them. The log itself begins anew only when all
 * of it stands in the file and the reader does not use it; then the file is the reader's moment, which is what `readPage` falls back to
 * when a frame is no longer of the log that was read.
 */
export class PageSource {
  readonly facts: SourceFacts
  readonly #main: number
  readonly #log: number | null
  readonly #frame: Uint8Array

  constructor(facts: SourceFacts) {
    this.facts = facts
    this.#main = openSync(facts.file, 'r')
    this.#log = facts.log ? openSync(`${facts.file}-wal`, 'r') : null
    this.#frame = new Uint8Array(FRAME_DATA)
  }

  /** @throws NotEligible when it is no plain SQLite file; OutsideError when it cannot be read. */
  static open(file: string, logEnd: LogEnd | null): PageSource {
    const main = openFile(file)
    try {
      const header = new Uint8Array(HEADER_BYTES)
      readSync(main, header, 0, HEADER_BYTES, 0)
      const format = readFormat(header)
      if (!format) throw new NotEligible('the file is encrypted or not SQLite')
      const log = format.isWal ? logBeside(file, format.pageSize, logEnd) : null
      const pages = log ? log.pages : Math.ceil(fstatSync(main).size / format.pageSize)
      const source = new PageSource({ file, format, log, pages })
      return log ? source.#withNewestHeader() : source
    } finally {
      closeSync(main)
    }
  }

  close(): void {
    closeSync(this.#main)
    if (this.#log !== null) closeSync(this.#log)
  }

  /** The first page, with the schema's version in it, may have a newer version in the log. */
  #withNewestHeader(): PageSource {
    const page = new Uint8Array(this.facts.format.pageSize)
    this.readPage(1, page, 0)
    const format = readFormat(page)
    if (format?.pageSize !== page.length) throw damaged(1, 'its header is not one of SQLite')
    this.facts.format = format
    return this
  }

  /** Reads one page to `target[at]`. @throws OutsideError */
  readPage(page: number, target: Uint8Array, at: number): void {
    this.readRun(page, 1, target, at)
  }

  /** Reads pages that follow each other to `target[at]`. @throws OutsideError naming the page that is not there. */
  readRun(first: number, count: number, target: Uint8Array, at: number): void {
    const { format, log, pages } = this.facts
    const { pageSize } = format
    if (first < 1 || first + count - 1 > pages) throw damaged(first, `the database has ${pages} pages`)
    const wanted = count * pageSize
    let length = 0
    while (length < wanted) {
      const read = readSync(this.#main, target, at + length, wanted - length, (first - 1) * pageSize + length)
      if (read === 0) break
      length += read
    }
    for (let index = 0; index < count; index++) {
      const frame = log?.frames[first + index] ?? 0
      if (frame > 0 && this.#readFrame(frame - 1, target, at + index * pageSize)) continue
      if ((index + 1) * pageSize > length) throw damaged(first + index, 'the file ends before it')
    }
  }

  /** False, and `target` untouched or as it was in the file, when the frame has been written over. */
  #readFrame(frame: number, target: Uint8Array, at: number): boolean {
    const { log, format } = this.facts
    if (!log || this.#log === null) return false
    const { pageSize } = format
    const position = frameOffset(frame, pageSize)
    const before = this.#isOfLog(position) ? target.slice(at, at + pageSize) : null
    if (!before) return false
    const length = readSync(this.#log, target, at, pageSize, position + FRAME_DATA)
    // A writer puts a frame's header before its page: unchanged now, the page read before was that of our log.
    if (length === pageSize && this.#isOfLog(position)) return true
    target.set(before, at)
    return false
  }

  #isOfLog(position: number): boolean {
    if (!this.facts.log || this.#log === null) return false
    const length = readSync(this.#log, this.#frame, 0, FRAME_DATA, position)
    return length === FRAME_DATA && isSalted(this.#frame, 8, this.facts.log.salts)
  }
}

function logBeside(file: string, pageSize: number, end: LogEnd | null): Log | null {
  let log: number
  try {
    log = openSync(`${file}-wal`, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new OutsideError('sqlite', `${file}-wal cannot be read: ${codeOf(error)}`, { cause: error })
  }
  try {
    return readLog(log, pageSize, end)
  } finally {
    closeSync(log)
  }
}

function openFile(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw new OutsideError('sqlite', `${file} cannot be read: ${codeOf(error) ?? 'unknown'}`, { cause: error })
  }
}
