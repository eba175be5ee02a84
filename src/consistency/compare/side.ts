// What a comparison needs of each of its two sides, whichever engine holds the rows.
import type { BucketSum, ValueClass } from '../../databases/canonical.ts'

/** A column of one side and how its values are read so that they compare with the other side's. */
export interface ComparedColumn {
  name: string
  /** Type as this side declares it. */
  type: string
  valueClass: ValueClass
}

export interface ComparedTable {
  /** As the side's schema names it. */
  table: string
  key: readonly ComparedColumn[]
  columns: readonly ComparedColumn[]
  /** SQL (Cypher for a graph) that a row must fulfil; null: all rows. */
  where: string | null
  /** Places after the point to which numbers are rounded. */
  decimals: number
}

/** Rows are put into buckets by their key: an integer by its remainder, any other by the checksum of its text. */
export interface Buckets {
  count: number
  by: 'remainder' | 'checksum'
}

/** Canonical texts; null for null. */
export interface ComparedRow {
  bucket: number
  /** All of the key as one text that no other key has (`rowText`). */
  id: string
  key: readonly (string | null)[]
  values: readonly (string | null)[]
}

/** One table at one moment. Texts, buckets and checksums are those of `databases/canonical.ts`. */
export interface ComparableSide {
  count(): Promise<number>
  /** In one pass; buckets without rows are left out. */
  checksums(buckets: Buckets): Promise<Map<number, BucketSum>>
  /** Rows of the wanted buckets (null: of all), a batch at a time, by ascending bucket; in a bucket without order. */
  rows(buckets: Buckets, wanted: readonly number[] | null): AsyncIterable<ComparedRow[]>
  /** Rows whose `id` is one of these, in bucket 0. */
  rowsOf(ids: readonly string[]): Promise<ComparedRow[]>
}
