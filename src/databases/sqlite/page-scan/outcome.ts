// What the threads came to with one job, put together.
import { FirstKeys } from './first-keys.ts'
import type { Job, JobResult } from './jobs.ts'
import { wordsOf } from './kernels/make-kernels.ts'
import type { Candidates } from './same-values.ts'

export interface Outcome {
  /** Rows of the table. */
  rows: number
  count: number
  keys: number[]
  refusal: string | null
  /** Of duplicates, once fingerprints have been compared. */
  candidates: Candidates
  largest: number
  isExact: boolean
}

export function outcomeOf(
  job: Job,
  results: readonly JobResult[],
  rows: number,
  arena: SharedArrayBuffer,
  keysMax: number,
): Outcome {
  mergeBits(job, arena)
  return {
    ...together(results, keysMax),
    rows,
    candidates: new Map(),
    largest: Math.max(0, ...results.map(({ largest }) => largest ?? 0)),
    isExact: results.every(({ isExact }) => isExact !== false),
  }
}

export function together(results: readonly JobResult[], keysMax: number): JobResult {
  const keys = new FirstKeys(keysMax)
  for (const result of results) for (const key of result.keys) keys.add(key)
  return {
    count: results.reduce((sum, { count }) => sum + count, 0),
    keys: keys.list(),
    refusal: results.find(({ refusal }) => refusal !== null)?.refusal ?? null,
  }
}

/** The bits of all threads into those of the first. */
function mergeBits(job: Job, arena: SharedArrayBuffer): void {
  const lists = job.do === 'mark-rows' || job.do === 'mark-keys' ? job.bits : []
  const [all, ...others] = lists.map((region) => wordsOf(arena, region))
  for (const other of others) for (let word = 0; word < other.length; word++) all![word]! |= other[word]!
}

/** Rows by group. */
export function candidatesOf(results: readonly JobResult[]): Candidates {
  const candidates = new Map<number, Set<number>>()
  for (const result of results)
    for (const { group, rowid } of result.candidates ?? [])
      candidates.set(group, (candidates.get(group) ?? new Set<number>()).add(rowid))
  return candidates
}
