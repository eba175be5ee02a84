// From jobs, which are data, to what does them, with the thread's own part of the shared memory.
import type { Job, Region } from '../jobs.ts'
import { aggregateValues, keepNumbers } from './aggregates.ts'
import { checkValue } from './check-value.ts'
import { findDuplicates } from './duplicates.ts'
import type { Kernel } from './kernel.ts'
import { checkReference, markKeys, markRows } from './references.ts'

export interface Memory {
  arena: SharedArrayBuffer
  counters: Int32Array
  /** Of this thread: which of the regions of each list is its own. */
  thread: number
  /** Called now and then by the thread that reports progress. */
  tell?: () => void
}

export function makeKernel(job: Job, memory: Memory, keysMax: number): Kernel {
  const own = (regions: readonly Region[]) => regions[memory.thread]
  const words = (region: Region | undefined) => wordsOf(memory.arena, region)
  switch (job.do) {
    case 'mark-rows':
      return markRows(job.span, words(own(job.bits)))
    case 'mark-keys':
      return markKeys(job.column, job.span, words(own(job.bits)))
    case 'check-value':
      return checkValue(job, keysMax)
    case 'check-reference':
      return checkReference(job, words(job.bits), keysMax)
    case 'keep-numbers':
      return keepNumbers(job.column, job.span, realsOf(memory.arena, job.numbers))
    case 'aggregate':
      return aggregateValues(job, {
        numbers: job.numbers && realsOf(memory.arena, job.numbers),
        counts: job.counts && words(job.counts),
        valued: words(job.valued),
        locks: words(job.locks),
      })
    case 'find-duplicates':
      return findDuplicates(job, { words: words(job.entries), filled: words(job.filled) })
  }
}

export function wordsOf(arena: SharedArrayBuffer, region: Region | undefined): Int32Array {
  if (!region) throw new Error('no memory was planned for this thread')
  return new Int32Array(arena, region.offset, region.bytes / 4)
}

export function realsOf(arena: SharedArrayBuffer, region: Region | undefined): Float64Array {
  if (!region) throw new Error('no memory was planned for this thread')
  return new Float64Array(arena, region.offset, region.bytes / 8)
}
