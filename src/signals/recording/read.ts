// Reads a recording: the segments in their order, then the file that is written, also while somebody writes and compacts it.
import { open, type FileHandle } from 'node:fs/promises'
import { OutsideError, codeOf, messageOf } from '../../lib/errors.ts'
import type { Sample } from '../../plan/signal.ts'
import { parseSample } from './line.ts'
import { listSegments } from './segments.ts'

export interface RecordedSamples {
  samples: Sample[]
  /** Lines that are no sample: torn by a kill, or damaged. */
  tornLines: number
}

/** Samples read back unless told otherwise: about 1 GB of memory at most. */
const SAMPLES_MAX = 2_000_000
/** A compaction that ends between listing and opening is met once, hardly twice. */
const ATTEMPTS_MAX = 10

/**
 * The samples of a recording, in the order they came; of more than `samplesMax` the last ones. A recording that does
 * not exist is an empty one. Old ones are thinned: see `Sample.thinned`.
 * @throws OutsideError when a file cannot be read.
 */
export async function readRecording(path: string, samplesMax = SAMPLES_MAX): Promise<RecordedSamples> {
  let samples: Sample[] = []
  let tornLines = 0
  let files: FileHandle[] = []
  try {
    files = await openFiles(path)
    for (const file of files) {
      for await (const line of file.readLines({ autoClose: false })) {
        if (line === '') continue
        const sample = parseSample(line)
        if (sample) samples.push(sample)
        else tornLines++
        // Twice the limit, so that the old ones are not moved out one by one.
        if (samples.length >= 2 * samplesMax) samples = samples.slice(-samplesMax)
      }
    }
  } catch (error) {
    throw new OutsideError('recording', `cannot read ${path}: ${messageOf(error)}`, { cause: error })
  } finally {
    for (const file of files) await file.close()
  }
  return { samples: samples.slice(-samplesMax), tornLines }
}

/** All files of one moment. */
async function openFiles(path: string): Promise<FileHandle[]> {
  for (let attempt = 1; ; attempt++) {
    const files: FileHandle[] = []
    try {
      // The last one first: when it becomes a segment meanwhile, it is met twice and known again, but never missed.
      const current = await openIfThere(path)
      const own = current ? [current] : []
      files.push(...own)
      const segments: FileHandle[] = []
      for (const segment of listSegments(path).segments) {
        const file = await open(segment.path)
        files.push(file)
        const isCurrent = current !== null && (await file.stat()).ino === (await current.stat()).ino
        if (!isCurrent) segments.push(file)
        else await files.pop()?.close()
      }
      // Removed already: its samples are in a segment, too.
      const isGone = current !== null && (await current.stat()).nlink === 0
      return [...segments, ...(isGone ? [] : own)]
    } catch (error) {
      for (const file of files) await file.close()
      if (codeOf(error) !== 'ENOENT' || attempt >= ATTEMPTS_MAX) throw error
    }
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}
