// Quantiles of counts by bucket, and limits on them that hold at every look at once.

/** Number of the bucket in which quantile `q` lies; 0 for an empty histogram. */
function bucketAt(counts: ArrayLike<number>, rank: number): number {
  let seen = 0
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket]!
    if (seen > 0 && seen >= rank) return bucket
  }
  return Math.max(0, counts.length - 1)
}

/** Estimate of quantile `q` in ms: the bucket it lies in, cut evenly on the scale of the logarithm. NaN of nothing. */
export function quantileMs(counts: ArrayLike<number>, boundsMs: readonly number[], q: number): number {
  const total = sum(counts)
  if (total === 0) return Number.NaN
  const bucket = bucketAt(counts, q * total)
  let before = 0
  for (let index = 0; index < bucket; index++) before += counts[index]!
  const highMs = boundsMs[bucket]
  const lowMs = boundsMs[bucket - 1]
  if (highMs === undefined) return lowMs ?? Number.NaN
  const part = (q * total - before) / counts[bucket]!
  return lowMs === undefined ? highMs * part : lowMs * (highMs / lowMs) ** part
}

/**
 * Limits on quantile `q` in ms that hold at every look at once with probability at least 1 - miss, for requests of one
 * unchanging distribution: the empirical quantiles at q ± f(t), f(t) = 1.5 √(q(1 - q)ℓ) + 0.8ℓ,
 * ℓ = (1.4 ln ln(2.1 t) + ln(10 / miss)) / t (Howard & Ramdas, "Sequential estimation of quantiles with applications to
 * A/B testing and best-arm identification", Bernoulli 28(3), 2022: the closed form for one fixed quantile). Widened to the bounds of their buckets:
 * 0 and Infinity where nothing can be said.
 */
export function quantileLimitsMs(
  counts: ArrayLike<number>,
  boundsMs: readonly number[],
  q: number,
  miss: number,
): { lowMs: number; highMs: number } {
  const total = sum(counts)
  if (total < 1) return { lowMs: 0, highMs: Number.POSITIVE_INFINITY }
  const rate = (1.4 * Math.log(Math.log(2.1 * total)) + Math.log(10 / miss)) / total
  const reach = 1.5 * Math.sqrt(q * (1 - q) * rate) + 0.8 * rate
  const lowMs = q - reach <= 0 ? 0 : (boundsMs[bucketAt(counts, (q - reach) * total) - 1] ?? 0)
  const high = q + reach >= 1 ? undefined : boundsMs[bucketAt(counts, (q + reach) * total)]
  return { lowMs, highMs: high ?? Number.POSITIVE_INFINITY }
}

function sum(counts: ArrayLike<number>): number {
  let total = 0
  for (let index = 0; index < counts.length; index++) total += counts[index]!
  return total
}
