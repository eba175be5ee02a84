// The files of a recording: one that is written, and numbered ones before it that are never written again.
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../../lib/errors.ts'

/** Holds what was in the files with these numbers, both included. */
export interface Segment {
  path: string
  from: number
  to: number
}

export function segmentPath(recording: string, from: number, to: number): string {
  const digits = (number: number): string => String(number).padStart(6, '0')
  return `${recording}.${digits(from)}-${digits(to)}`
}

/**
 * The segments in the order of time, and those whose content is in a wider one: a kill came before they were removed.
 * A directory that does not exist has none.
 * @throws Error of the file system.
 */
export function listSegments(recording: string): { segments: Segment[]; covered: Segment[] } {
  const all = namesIn(dirname(recording))
    .filter((name) => name.startsWith(`${basename(recording)}.`))
    .flatMap((name): Segment[] => {
      const numbers = /^(\d{6,15})-(\d{6,15})$/.exec(name.slice(basename(recording).length + 1))
      return numbers ? [{ path: join(dirname(recording), name), from: Number(numbers[1]), to: Number(numbers[2]) }] : []
    })
    .toSorted((a, b) => a.from - b.from || b.to - a.to)
  const segments: Segment[] = []
  const covered: Segment[] = []
  for (const segment of all) {
    const isCovered = segments.some(({ from, to }) => from <= segment.from && segment.to <= to)
    const list = isCovered ? covered : segments
    list.push(segment)
  }
  return { segments, covered }
}

/** The number of the next segment. */
export function nextNumber(recording: string): number {
  return Math.max(0, ...listSegments(recording).segments.map(({ to }) => to)) + 1
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}
