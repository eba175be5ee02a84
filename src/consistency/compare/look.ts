// One look at both sides: checksums of all buckets, then the rows of those that are unequal, in bounded memory.
import { PlanError } from '../../lib/errors.ts'
import type { BucketSum } from '../../databases/canonical.ts'
import { DifferenceList } from './difference-list.ts'
import { differencesOf } from './differences.ts'
import type { Buckets, ComparableSide, ComparedRow, ComparedTable } from './side.ts'

/** Rows of a bucket, about: few enough to read for one difference, many enough that the sums stay few. */
const BUCKET_ROWS = 200

/** More rows of one bucket are not held in memory. */
const BUCKET_ROWS_MAX = 200_000

/** Primes, so that keys in steps spread over all buckets. */
const BUCKET_COUNTS = [61, 251, 1021, 4093, 16_381, 65_521]

export interface Sides {
  left: ComparableSide
  right: ComparableSide
}

interface LookResult {
  differences: DifferenceList
  /** Rows of the left side and those that only the right one has. */
  judged: number
}

/** @throws PlanError where the key is none: too many rows share it. */
export async function look(
  sides: Sides,
  compared: ComparedTable,
  progress: (line: string) => void,
): Promise<LookResult> {
  const [leftRows, rightRows] = await Promise.all([sides.left.count(), sides.right.count()])
  const { buckets, unequal, all } = await unequalBuckets(sides, bucketsFor(Math.max(leftRows, rightRows)))
  progress(`${leftRows} and ${rightRows} rows: ${unequal.length} of ${buckets.count} buckets are unequal`)
  const differences = new DifferenceList(compared)
  if (unequal.length > 0) {
    const wanted = unequal.length === all ? null : unequal
    const [left, right] = [sides.left, sides.right].map((side) => byBucket(side.rows(buckets, wanted)))
    if (left && right) await merge(left, right, (a, b) => differences.add(differencesOf(a, b, compared)))
  }
  return { differences, judged: leftRows + differences.onlyRight }
}

function bucketsFor(rows: number): Buckets {
  const count = BUCKET_COUNTS.findLast((one) => one * BUCKET_ROWS <= rows) ?? 61
  return { count, by: 'remainder' }
}

interface Unequal {
  buckets: Buckets
  /** Ascending. */
  unequal: number[]
  /** How many buckets hold rows. */
  all: number
}

/** Keys whose remainders crowd into few buckets are spread by checksum instead. */
async function unequalBuckets(sides: Sides, buckets: Buckets): Promise<Unequal> {
  const [left, right] = await Promise.all([sides.left.checksums(buckets), sides.right.checksums(buckets)])
  const all = new Set([...left.keys(), ...right.keys()])
  const unequal = [...all].filter((bucket) => !isEqual(left.get(bucket), right.get(bucket))).toSorted((a, b) => a - b)
  const rows = Math.max(
    ...unequal.map((bucket) => Math.max(left.get(bucket)?.rows ?? 0, right.get(bucket)?.rows ?? 0)),
    0,
  )
  if (rows <= BUCKET_ROWS_MAX) return { buckets, unequal, all: all.size }
  if (buckets.by === 'remainder') return unequalBuckets(sides, { ...buckets, by: 'checksum' })
  throw new PlanError(`more than ${BUCKET_ROWS_MAX} rows have one key, or there are too many rows to compare`, {
    expected: 'a `key` that tells each row from all others',
  })
}

function isEqual(left: BucketSum | undefined, right: BucketSum | undefined): boolean {
  return left?.rows === right?.rows && left?.sum === right?.sum
}

interface Bucket {
  number: number
  rows: ComparedRow[]
}

/** Rows that come by ascending bucket, a bucket at a time. */
async function* byBucket(batches: AsyncIterable<ComparedRow[]>): AsyncGenerator<Bucket, void> {
  let current: Bucket | null = null
  for await (const batch of batches)
    for (const row of batch) {
      if (current && row.bucket !== current.number) {
        yield current
        current = null
      }
      current ??= { number: row.bucket, rows: [] }
      current.rows.push(row)
    }
  if (current) yield current
}

async function merge(
  left: AsyncGenerator<Bucket, void>,
  right: AsyncGenerator<Bucket, void>,
  each: (left: readonly ComparedRow[], right: readonly ComparedRow[]) => void,
): Promise<void> {
  try {
    let [a, b] = await Promise.all([left.next(), right.next()])
    while (!a.done || !b.done) {
      const [bucketA, bucketB] = [a.done ? Infinity : a.value.number, b.done ? Infinity : b.value.number]
      each(a.value && bucketA <= bucketB ? a.value.rows : [], b.value && bucketB <= bucketA ? b.value.rows : [])
      ;[a, b] = await Promise.all([
        bucketA <= bucketB && !a.done ? left.next() : a,
        bucketB <= bucketA && !b.done ? right.next() : b,
      ])
    }
  } finally {
    await Promise.all([left.return(), right.return()])
  }
}
