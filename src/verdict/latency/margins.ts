// Multiplying a histogram's values by a factor when only its buckets are known.

/**
 * For each bucket the one its requests are counted in when every value is `factor` times as large. A bucket whose
 * values would fall into several goes whole to the slowest of them (`up`) or to the fastest (`down`): the side that
 * makes the difference to be shown smaller, never larger.
 * @param boundsMs upper bounds, ascending; the last bucket is above all of them.
 */
export function multipliedBuckets(boundsMs: readonly number[], factor: number, side: 'up' | 'down'): number[] {
  const buckets = Array.from({ length: boundsMs.length + 1 }, (_, bucket) => bucket)
  const bucketOf = (fits: (boundMs: number) => boolean) => {
    const found = boundsMs.findIndex(fits)
    return found === -1 ? boundsMs.length : found
  }
  return buckets.map((bucket) => {
    // A bucket holds values above its lower bound, and up to and with its upper one.
    const edgeMs = side === 'up' ? (boundsMs[bucket] ?? Number.POSITIVE_INFINITY) : (boundsMs[bucket - 1] ?? 0)
    return bucketOf((boundMs) => (side === 'up' ? boundMs >= edgeMs * factor : boundMs > edgeMs * factor))
  })
}

/** Counts moved to the buckets that `multipliedBuckets` tells. */
export function movedCounts(counts: ArrayLike<number>, toBuckets: readonly number[]): Float64Array {
  const moved = new Float64Array(toBuckets.length)
  for (const [bucket, to] of toBuckets.entries()) moved[to]! += counts[bucket]!
  return moved
}
