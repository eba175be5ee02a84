// Compares what columns say with what the children come to, for a part of the row numbers.
import type { Comparison, JobResult } from './jobs.ts'
import { realsOf, wordsOf } from './kernels/make-kernels.ts'
import { Violations } from './kernels/kernel.ts'

/** So much more than the tolerance is still equal. */
const SLACK = 1e-9
/** Rounding of one operation. */
const UNIT = 2 ** -53
/** How far a noisy-or between zero and one can be from that of another order or another formula. */
const NOISY_OR_DOUBT = 1e-13

/** Rows from `from` to `to`, counted from the span's first. */
export function compare(comparison: Comparison, arena: SharedArrayBuffer, from: number, to: number): JobResult {
  const { aggregate, span, tolerance, childless, largest } = comparison
  const words = (region: Comparison['rows']) => wordsOf(arena, region)
  const [rows, referred, valued] = [words(comparison.rows), words(comparison.referred), words(comparison.valued)]
  const kept = realsOf(arena, comparison.kept)
  const numbers = comparison.numbers ? realsOf(arena, comparison.numbers) : null
  const counts = comparison.counts ? words(comparison.counts) : null
  const isCount = aggregate === 'count'
  const [isAverage, isSum] = [aggregate === 'avg', aggregate === 'sum' || aggregate === 'avg']
  const limit = tolerance + SLACK
  const found = new Violations(comparison.keysMax)
  for (let key = from; key < to; key++) {
    const word = key >>> 5
    const bit = 1 << key
    if ((rows[word]! & bit) === 0) continue
    const hasChild = (referred[word]! & bit) !== 0
    if (!hasChild && childless === 'ignore') continue
    const said = kept[key]!
    // SQL's sum over nothing but nulls is null; over no rows, which is what a childless row has, it counts as zero.
    if ((valued[word]! & bit) === 0 && !isCount && (hasChild || aggregate !== 'sum')) {
      // NaN, which equals nothing, is null.
      if (said === said) found.add(key + span.first)
      continue
    }
    const count = counts ? counts[key]! : 1
    const sum = isCount ? count : numbers![key]!
    const difference = Math.abs(said - (isAverage ? sum / count : sum))
    if (!(difference <= limit)) found.add(key + span.first)
    if (isSum && comparison.isExact && Math.abs(sum) < 2 ** 53) continue
    const doubt = isSum
      ? count * count * UNIT * largest
      : aggregate === 'noisy-or'
        ? NOISY_OR_DOUBT * Math.max(1, Math.abs(sum))
        : 0
    if (Math.abs(difference - limit) <= doubt)
      found.refusal = 'values so close to the tolerance that their order matters'
  }
  return found.result()
}
