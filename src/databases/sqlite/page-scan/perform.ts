// A thread's part of a piece of work.
import { compare } from './compare.ts'
import { FirstKeys } from './first-keys.ts'
import type { Comparison, Match, Work, WorkDone } from './jobs.ts'
import { CANDIDATES_MAX, matchFingerprints } from './kernels/duplicates.ts'
import { wordsOf, type Memory } from './kernels/make-kernels.ts'
import type { PageSource } from './page-source.ts'
import { createWindow, NEXT_PORTION, readPass } from './read-pass.ts'

/** Row numbers that one thread compares at a time; whole words of bits. */
const COMPARED = 1 << 16

/** Does pieces of work, one after another, with memory of its own for pages. @throws OutsideError */
export class Performer {
  readonly #source: PageSource
  readonly #window = createWindow()

  constructor(source: PageSource) {
    this.#source = source
  }

  perform(work: Work, memory: Memory): WorkDone {
    switch (work.do) {
      case 'pass':
        return readPass(work, this.#source, memory, this.#window)
      case 'compare':
        return comparePart(work, memory)
      case 'match':
        return matchParts(work, memory)
    }
  }
}

function comparePart(work: Comparison, { arena, counters }: Memory): WorkDone {
  const keys = new FirstKeys(work.keysMax)
  let count = 0
  let refusal: string | null = null
  for (;;) {
    const from = Atomics.add(counters, NEXT_PORTION, 1) * COMPARED
    if (from >= work.span.size) break
    const result = compare(work, arena, from, Math.min(work.span.size, from + COMPARED))
    count += result.count
    refusal ??= result.refusal
    for (const key of result.keys) keys.add(key)
  }
  return { rows: 0, results: [{ count, keys: keys.list(), refusal }] }
}

function matchParts({ entries, filled, partsLog2, capacity, span }: Match, { arena, counters }: Memory): WorkDone {
  const sizes = wordsOf(arena, filled)
  const words = wordsOf(arena, entries)
  const table = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity)))
  const candidates: { group: number; rowid: number }[] = []
  let refusal: string | null = null
  for (;;) {
    const part = Atomics.add(counters, NEXT_PORTION, 1)
    if (part >= 2 ** partsLog2 || refusal) break
    const first = 2 * part * capacity
    const same = matchFingerprints(words.subarray(first, first + 2 * sizes[part]!), span, table)
    for (const { print, rowid } of same ?? []) candidates.push({ group: part * 2 ** 32 + (print >>> 0), rowid })
    if (!same || candidates.length > CANDIDATES_MAX) refusal = 'too many rows that may hold the same value'
  }
  return { rows: 0, results: [{ count: 0, keys: [], refusal, candidates: refusal ? [] : candidates }] }
}
