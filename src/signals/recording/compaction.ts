// Makes one thinned segment of all of a recording. What it reads is removed only when the new one is safely on the disk.
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from '../../lib/atomic-file.ts'
import { codeOf } from '../../lib/errors.ts'
import type { Sample } from '../../plan/signal.ts'
import { lineOf, parseSample } from './line.ts'
import { listSegments, segmentPath, type Segment } from './segments.ts'
import { createThinning, type Retention } from './thinning.ts'

const WRITE_BYTES = 1 << 20
/** Longer than any line. */
const END_BYTES = 256 << 10

/** Another compaction may come to an end meanwhile; then there is less left to be done. */
const ATTEMPTS_MAX = 5

/**
 * Takes the segments as they are; the file that is being written is left alone.
 * @throws Error of the file system; then everything is as it was.
 */
export async function compact(recording: string, retention: Retention): Promise<void> {
  removeLeftDrafts(recording)
  for (let attempt = 1; ; attempt++) {
    try {
      if (await compactOnce(recording, retention)) return
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt >= ATTEMPTS_MAX) throw error
    }
    if (attempt >= ATTEMPTS_MAX) return
  }
}

/** @returns false when somebody else has merged the same segments meanwhile. */
async function compactOnce(recording: string, retention: Retention): Promise<boolean> {
  const { segments, covered } = listSegments(recording)
  const [first, last] = [segments.at(0), segments.at(-1)]
  if (!first || !last) return true
  const draft = `${recording}.draft-${process.pid}`
  try {
    await writeThinned(segments, draft, retention, newestAt(segments))
    const kept = cutToSize(draft, retention.bytesMax)
    if (!segments.every(({ path }) => existsSync(path))) return false
    const merged = segmentPath(recording, first.from, last.to)
    renameSync(kept, merged)
    syncDirectory(dirname(recording))
    for (const { path } of [...segments, ...covered]) if (path !== merged) rmSync(path, { force: true })
    return true
  } finally {
    rmSync(draft, { force: true })
    rmSync(`${draft}-cut`, { force: true })
  }
}

async function writeThinned(segments: Segment[], draft: string, retention: Retention, now: number): Promise<void> {
  const thinning = createThinning(retention, now)
  const output = openSync(draft, 'w')
  let waiting: string[] = []
  let chars = 0
  const write = (samples: readonly Sample[], bytesMin: number): void => {
    for (const line of samples.map(lineOf)) {
      waiting.push(line)
      chars += line.length
    }
    if (chars < bytesMin) return
    writeAll(output, Buffer.from(waiting.join('')))
    waiting = []
    chars = 0
  }
  try {
    for (const { path } of segments) {
      await using file = await open(path)
      for await (const line of file.readLines({ autoClose: false })) {
        const sample = parseSample(line)
        if (sample) write(thinning.add(sample), WRITE_BYTES)
      }
    }
    write(thinning.end(), 0)
    fsyncSync(output)
  } finally {
    closeSync(output)
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
}

/** Of a file that is too large the last lines. @returns the path of what is kept. */
function cutToSize(path: string, bytesMax: number): string {
  const input = openSync(path, 'r')
  try {
    const { size } = fstatSync(input)
    if (size <= bytesMax) return path
    const output = openSync(`${path}-cut`, 'w')
    try {
      const buffer = Buffer.alloc(WRITE_BYTES)
      let isWhole = false
      // From the byte before, so that a line that begins exactly there is kept.
      for (let at = size - bytesMax - 1; at < size;) {
        const bytes = readSync(input, buffer, 0, buffer.length, at)
        if (bytes === 0) break
        at += bytes
        const start = isWhole ? 0 : buffer.subarray(0, bytes).indexOf(10) + 1
        if (!isWhole && start === 0) continue
        isWhole = true
        writeAll(output, buffer.subarray(start, bytes))
      }
      fsyncSync(output)
    } finally {
      closeSync(output)
    }
    return `${path}-cut`
  } finally {
    closeSync(input)
  }
}

/** Ages are counted from the end of the recording: it is the same whenever it is compacted. */
function newestAt(segments: readonly Segment[]): number {
  for (const { path } of segments.toReversed()) {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const end = Buffer.alloc(Math.min(END_BYTES, size))
      readSync(file, end, 0, end.length, size - end.length)
      const ats = end
        .toString('utf8')
        .split('\n')
        .map(parseSample)
        .filter((sample) => sample !== null)
        .map(({ at }) => at)
      if (ats.length > 0) return Math.max(...ats)
    } finally {
      closeSync(file)
    }
  }
  return 0
}

/** Of compactions that were killed. */
function removeLeftDrafts(recording: string): void {
  for (const name of readdirSync(dirname(recording))) {
    const rest = name.startsWith(`${basename(recording)}.draft-`) ? name.slice(basename(recording).length + 7) : null
    const pid = rest === null ? Number.NaN : Number(/^\d+/.exec(rest)?.[0])
    if (Number.isInteger(pid) && !isAlive(pid)) rmSync(join(dirname(recording), name), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
