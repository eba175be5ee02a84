// From what came of the jobs to the answer of a rule.
import type { ScanFound, ScanRule } from '../../page-scan.ts'
import type { Comparison, Job, Region } from './jobs.ts'
import { wordsOf } from './kernels/make-kernels.ts'
import { FirstKeys } from './first-keys.ts'
import type { Outcome } from './outcome.ts'

function jobOf<T extends Job['do']>(jobs: readonly Job[], what: T): Job & { do: T } {
  const job = jobs.find((one) => one.do === what)
  if (!job) throw new Error(`no job ${what} was planned`)
  return job as Job & { do: T }
}

/** Rows that are there and not referred to. */
export function childless(jobs: readonly Job[], rows: number, arena: SharedArrayBuffer, keysMax: number): ScanFound {
  const { bits, span } = jobOf(jobs, 'mark-rows')
  const present = wordsOf(arena, bits[0])
  const referred = wordsOf(arena, referredIn(jobs))
  const keys = new FirstKeys(keysMax)
  let count = 0
  for (let word = 0; word < present.length; word++)
    for (let left = present[word]! & ~referred[word]!; left !== 0; left &= left - 1) {
      count++
      keys.add(word * 32 + (31 - Math.clz32(left & -left)) + span.first)
    }
  return { type: 'exact', count, judged: rows, keys: keys.list() }
}

/** The rule's own is the last: another may stand before it, which tells what is referred to. */
export function ownAggregate(jobs: readonly Job[]): Job & { do: 'aggregate' } {
  const own = jobs.at(-1)
  if (own?.do !== 'aggregate') throw new Error('no aggregate was planned')
  return own
}

/** Bits of the rows that are referred to. */
function referredIn(jobs: readonly Job[]): Region {
  return jobs.find((job) => job.do === 'mark-keys')?.bits[0] ?? jobOf(jobs, 'aggregate').valued
}

/** What the threads are to compare once both tables are read. */
export function comparisonOf(
  rule: ScanRule & { type: 'aggregate' },
  jobs: readonly Job[],
  outcome: Outcome,
  keysMax: number,
): Comparison {
  const { aggregate, tolerance, childless: ofChildless } = rule
  const { span, numbers, counts, valued } = ownAggregate(jobs)
  return {
    do: 'compare',
    aggregate,
    span,
    rows: jobOf(jobs, 'mark-rows').bits[0]!,
    kept: jobOf(jobs, 'keep-numbers').numbers,
    numbers,
    counts,
    referred: referredIn(jobs),
    valued,
    tolerance,
    childless: ofChildless,
    largest: outcome.largest,
    isExact: outcome.isExact,
    keysMax,
  }
}
