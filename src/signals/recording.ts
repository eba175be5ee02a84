// A run's samples on disk: JSON Lines, appended once a second. A kill costs the last second and at most half a line. What has
// grown large is set aside as a segment, and a process of its own thins the segments by age.
import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { COMPILE_CACHE, entryPoint } from '../lib/entry-point.ts'
import { OutsideError, codeOf, messageOf } from '../lib/errors.ts'
import type { Sample } from '../plan/signal.ts'
import { lineOf } from './recording/line.ts'
import { nextNumber, segmentPath } from './recording/segments.ts'
import { RETENTION, type Retention } from './recording/thinning.ts'

export { readRecording, type RecordedSamples } from './recording/read.ts'

export interface RecordingOptions {
  /** @default 1000 */
  flushMs?: number
  /** Told once for each stretch of trouble: disk full, directory gone. Samples wait in memory meanwhile. */
  onProblem?: (problem: OutsideError) => void
  /** How old samples are thinned and left out. */
  retention?: Retention
  /** A file of this size is set aside and thinned. @default 16 MiB */
  segmentBytes?: number
}

export interface Recording {
  add(samples: readonly Sample[]): void
  /** Writes what is waiting; true when all of it is on its way to the disk. */
  flush(): boolean
  /**
   * Flushes and ends. Of a long recording the old samples are thinned, by a process that goes on for a moment.
   * @throws OutsideError when the last samples cannot be written.
   */
  close(): void
}

const FLUSH_MS = 1000
/** Waiting lines beyond this are dropped, oldest first: a full disk must not fill the memory too. */
const WAITING_MAX = 100_000
const SEGMENT_BYTES = 16 << 20

/**
 * Opens `path` for appending, after a torn last line too.
 * @throws OutsideError when it cannot be written.
 */
export function openRecording(path: string, options: RecordingOptions = {}): Recording {
  const { retention = RETENTION, segmentBytes = SEGMENT_BYTES } = options
  let file = openForAppending(path)
  let bytes = fstatSync(file).size
  let waiting: string[] = []
  /** What a write did not finish: it goes on where it stopped, so that no line is torn or doubled. */
  let unfinished: Uint8Array = new Uint8Array()
  let inTrouble = false
  let isCompacting = false
  /** Span of the samples that were added here. */
  let firstAt = Number.POSITIVE_INFINITY
  let lastAt = Number.NEGATIVE_INFINITY

  function write(): void {
    try {
      while (unfinished.length > 0 || waiting.length > 0) {
        if (unfinished.length === 0) {
          unfinished = Buffer.from(waiting.join(''))
          waiting = []
        }
        const written = writeSync(file, unfinished)
        bytes += written
        unfinished = unfinished.subarray(written)
      }
    } catch (error) {
      throw writeError(path, error)
    }
  }

  /** Between two lines, so that no segment ends in the middle of one. */
  function setAside(): void {
    const number = nextNumber(path)
    const segment = segmentPath(path, number, number)
    renameSync(path, segment)
    try {
      const next = openForAppending(path)
      closeSync(file)
      file = next
      bytes = 0
    } catch (error) {
      // Nothing may be written to a segment.
      renameSync(segment, path)
      throw error
    }
  }

  function setAsideLarge(): void {
    if (bytes < segmentBytes) return
    try {
      setAside()
    } catch (error) {
      throw error instanceof OutsideError ? error : writeError(path, error)
    }
    if (isCompacting) return
    isCompacting = true
    startCompaction(path, retention, () => (isCompacting = false))
  }

  function flush(): boolean {
    try {
      write()
      setAsideLarge()
      inTrouble = false
      return true
    } catch (error) {
      if (!inTrouble) options.onProblem?.(error as OutsideError)
      inTrouble = true
      return false
    }
  }

  /** The samples are on the disk: what goes wrong here costs nothing but space. */
  function thinAtTheEnd(): void {
    const youngestMs = retention.tiers[0]?.olderThanMs ?? retention.keepMs
    try {
      if (lastAt - firstAt <= youngestMs && nextNumber(path) === 1) return
      if (bytes > 0) setAside()
      startCompaction(path, retention, () => {})
    } catch {
      // The next one who opens and closes it thins it.
    }
  }

  const timer = setInterval(flush, options.flushMs ?? FLUSH_MS)
  timer.unref()

  return {
    add(samples) {
      for (const sample of samples) {
        waiting.push(lineOf(sample))
        firstAt = Math.min(firstAt, sample.at)
        lastAt = Math.max(lastAt, sample.at)
      }
      if (waiting.length > WAITING_MAX) waiting.splice(0, waiting.length - WAITING_MAX)
    },
    flush,
    close() {
      clearInterval(timer)
      try {
        write()
        thinAtTheEnd()
      } finally {
        closeSync(file)
      }
    },
  }
}

/** A process that outlives this one if need be; a kill at any moment loses nothing. */
function startCompaction(path: string, retention: Retention, onEnd: () => void): void {
  const program = entryPoint(import.meta.url, './recording/compact')
  const child = spawn(process.execPath, [program, path, JSON.stringify(retention)], {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, ...COMPILE_CACHE },
  })
  // One that does not succeed leaves the segments as they are, for the next one.
  child.once('error', onEnd).once('exit', onEnd)
  child.unref()
}

function openForAppending(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(path, 'a+')
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    if (size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n') appendFileSync(file, '\n')
    return file
  } catch (error) {
    throw writeError(path, error)
  }
}

function writeError(path: string, error: unknown): OutsideError {
  const full = codeOf(error) === 'ENOSPC'
  return new OutsideError('recording', `cannot write ${path}: ${messageOf(error)}`, {
    retryable: full,
    hint: full ? 'free some disk space; sampling goes on meanwhile' : 'check that the directory can be written',
    cause: error,
  })
}
