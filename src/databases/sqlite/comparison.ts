// What a session of SQLite adds to its SQL so that a table can be compared with that of another engine.
import type { AggregateOptions, DatabaseSync } from 'node:sqlite'
import { BucketSums, bucketOfText, canonicalText, rowText, type ValueClass } from '../canonical.ts'

type Argument = string | number | Uint8Array | null

/**
 * `gonogo_canonical(class, decimals, value)`, `gonogo_row(classes, decimals, value...)`: texts of `canonical.ts`;
 * `gonogo_bucket(buckets, text)`: 0 to buckets - 1;
 * `gonogo_checksums(classes, decimals, bucket, value...)`: of all rows in one pass, without sorting, as JSON `[[bucket, rows, sum], ...]`.
 * Classes are joined with commas. Integers beyond 2^53 must come as text.
 */
export function registerComparison(database: DatabaseSync): void {
  const classes = cachedClasses()
  database.function('gonogo_canonical', { deterministic: true }, (kind, decimals, value) =>
    canonicalText(value as Argument, kind as ValueClass, Number(decimals)),
  )
  database.function('gonogo_row', { deterministic: true, varargs: true }, (kinds, decimals, ...values) =>
    rowText(values as Argument[], classes(kinds as string), Number(decimals)),
  )
  database.function('gonogo_bucket', { deterministic: true }, (buckets, text) =>
    bucketOfText(String(text), Number(buckets)),
  )
  const adding = {
    start: () => new BucketSums(),
    varargs: true,
    step: (sums: BucketSums, kinds: string, decimals: number, bucket: number, ...values: Argument[]) => {
      sums.add(bucket, rowText(values, classes(kinds), decimals))
      return sums
    },
    result: (sums: BucketSums) =>
      JSON.stringify(Array.from(sums.result(), ([bucket, { rows, sum }]) => [bucket, rows, sum])),
  }
  // Its types allow no state but values of SQL; it never sees this one.
  database.aggregate('gonogo_checksums', adding as unknown as AggregateOptions)
}

/** The same few lists are asked for at every row. */
function cachedClasses(): (joined: string) => readonly ValueClass[] {
  let last = ''
  let list: readonly ValueClass[] = []
  return (joined) => {
    if (joined !== last) [last, list] = [joined, joined.split(',') as ValueClass[]]
    return list
  }
}
