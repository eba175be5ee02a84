// The latency buckets that gonogo counts in itself: fine enough to see +25 %, with round numbers as bounds.

const STEPS = [1, 1.2, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7.5]

/** Upper bounds in milliseconds, ascending, 0.5 ms to 60 s: thresholds that documents name stay exact. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  0.5,
  0.6,
  0.75,
  ...[1, 10, 100, 1000].flatMap((scale) => STEPS.map((step) => step * scale)),
  ...[10, 12, 15, 17.5, 20, 25, 30, 35, 40, 50, 60].map((seconds) => seconds * 1000),
]

/** Index of the first bound that is at least `elapsedMs`; the number of bounds when it is above all of them. */
export function latencyBucketOf(elapsedMs: number): number {
  let low = 0
  let high = LATENCY_BOUNDS_MS.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (elapsedMs <= (LATENCY_BOUNDS_MS[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}
