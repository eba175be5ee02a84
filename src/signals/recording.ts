// A run's samples on disk: JSON Lines, appended once a second. A kill costs the last second and at most half a line.
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { OutsideError, codeOf, messageOf } from '../lib/errors.ts'
import type { Sample } from '../plan/signal.ts'

export interface RecordingOptions {
  /** @default 1000 */
  flushMs?: number
  /** Told once for each stretch of trouble: disk full, directory gone. Samples wait in memory meanwhile. */
  onProblem?: (problem: OutsideError) => void
}

export interface Recording {
  add(samples: readonly Sample[]): void
  /** Writes what is waiting; true when all of it is on its way to the disk. */
  flush(): boolean
  /** Flushes and ends. @throws OutsideError when the last samples cannot be written. */
  close(): void
}

const FLUSH_MS = 1000
/** Waiting lines beyond this are dropped, oldest first: a full disk must not fill the memory too. */
const WAITING_MAX = 100_000
/** Samples read back unless told otherwise: about 1 GB of memory at most. */
const SAMPLES_MAX = 2_000_000

/**
 * Opens `path` for appending, after a torn last line too.
 * @throws OutsideError when it cannot be written.
 */
export function openRecording(path: string, options: RecordingOptions = {}): Recording {
  const file = openForAppending(path)
  let waiting: string[] = []
  /** What a write did not finish: it goes on where it stopped, so that no line is torn or doubled. */
  let unfinished: Uint8Array = new Uint8Array()
  let inTrouble = false

  function write(): void {
    try {
      while (unfinished.length > 0 || waiting.length > 0) {
        if (unfinished.length === 0) {
          unfinished = Buffer.from(waiting.join(''))
          waiting = []
        }
        unfinished = unfinished.subarray(writeSync(file, unfinished))
      }
      inTrouble = false
    } catch (error) {
      throw writeError(path, error)
    }
  }

  function flush(): boolean {
    try {
      write()
      return true
    } catch (error) {
      if (!inTrouble) options.onProblem?.(error as OutsideError)
      inTrouble = true
      return false
    }
  }

  const timer = setInterval(flush, options.flushMs ?? FLUSH_MS)
  timer.unref()

  return {
    add(samples) {
      for (const sample of samples) waiting.push(`${JSON.stringify(sample)}\n`)
      if (waiting.length > WAITING_MAX) waiting.splice(0, waiting.length - WAITING_MAX)
    },
    flush,
    close() {
      clearInterval(timer)
      try {
        write()
      } finally {
        closeSync(file)
      }
    },
  }
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

export interface RecordedSamples {
  samples: Sample[]
  /** Lines that are no sample: torn by a kill, or damaged. */
  tornLines: number
}

/**
 * The samples of a recording, in the order they came; of more than `samplesMax` the last ones. A recording that does
 * not exist is an empty one.
 * @throws OutsideError when the file cannot be read.
 */
export async function readRecording(path: string, samplesMax = SAMPLES_MAX): Promise<RecordedSamples> {
  let samples: Sample[] = []
  let tornLines = 0
  try {
    await using file = await open(path)
    for await (const line of file.readLines({ autoClose: false })) {
      if (line === '') continue
      const sample = parseSample(line)
      if (sample) samples.push(sample)
      else tornLines++
      // Twice the limit, so that the old ones are not moved out one by one.
      if (samples.length >= 2 * samplesMax) samples = samples.slice(-samplesMax)
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      throw new OutsideError('recording', `cannot read ${path}: ${messageOf(error)}`, { cause: error })
  }
  return { samples: samples.slice(-samplesMax), tornLines }
}

function parseSample(line: string): Sample | null {
  try {
    const sample = JSON.parse(line) as Partial<Sample> | null
    const complete =
      typeof sample?.signal === 'string' &&
      typeof sample.at === 'number' &&
      (sample.value === null || typeof sample.value === 'number')
    return complete ? (sample as Sample) : null
  } catch {
    return null
  }
}
