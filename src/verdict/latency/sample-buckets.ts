// The fine buckets that single response times are sorted into: sixteen to a doubling.

/** Upper bounds: 0.02 ms to five and a half minutes, each 4.4 % above the one before. */
export const SAMPLE_BOUNDS_MS: readonly number[] = Array.from({ length: 384 }, (_, index) => 0.02 * 2 ** (index / 16))

/** Counts by bucket of response times, each multiplied by a factor first. @throws {RangeError} for what is no time. */
export function bucketed(timesMs: readonly number[], factor: number): Float64Array {
  const counts = new Float64Array(SAMPLE_BOUNDS_MS.length + 1)
  for (const timeMs of timesMs) {
    if (!(timeMs >= 0)) throw new RangeError(`${timeMs} is no response time in ms`)
    const bucket = Math.ceil(16 * Math.log2((timeMs * factor) / 0.02) - 1e-9)
    counts[Math.min(Math.max(bucket, 0), SAMPLE_BOUNDS_MS.length)]!++
  }
  return counts
}
