// Whether a figure got worse by more than is allowed, as far as the noise of its own runs lets one tell. Pure.

export interface Comparison {
  median: number
  baselineMedian: number
  /** How much worse than the baseline, percent of it; below 0: better. */
  worsePercent: number
  /** How far off that may be, percent, from the scatter of the runs; null where there are too few to tell. */
  marginPercent: number | null
  verdict: 'within' | 'beyond' | 'undecided'
}

/** Runs from which on their scatter says something. */
const SAMPLES_MIN = 3
/** Of a normal distribution: standard deviation ÷ median absolute deviation, and standard error of the median ÷ that of the mean. */
const SIGMA_OF_MAD = 1.4826
const MEDIAN_ERROR = 1.2533
/** Standard errors on each side: about 95 of 100 lie within. */
const ERRORS = 2

/** Compares runs with those of a baseline; null where one of them has no positive median, of which there is no share. */
export function compare(
  current: readonly number[],
  baseline: readonly number[],
  { better, regressionPercentMax }: { better: 'lower' | 'higher'; regressionPercentMax: number },
): Comparison | null {
  const [median, baselineMedian] = [medianOf(current), medianOf(baseline)]
  if (!(median > 0 && baselineMedian > 0)) return null
  const ratio = median / baselineMedian
  const higherPercent = ((median - baselineMedian) / baselineMedian) * 100
  // Rounded to what binary fractions can hold: 10 % worse is not beyond 10 %.
  const worsePercent = Number((better === 'lower' ? higherPercent : -higherPercent).toPrecision(12))
  const errors = [relativeError(current, median), relativeError(baseline, baselineMedian)]
  const known = errors.filter((error) => error !== null)
  const marginPercent = known.length === 0 ? null : ERRORS * ratio * Math.hypot(...known) * 100
  const margin = marginPercent ?? 0
  const verdict =
    worsePercent - margin > regressionPercentMax
      ? 'beyond'
      : worsePercent + margin <= regressionPercentMax
        ? 'within'
        : 'undecided'
  return { median, baselineMedian, worsePercent, marginPercent, verdict }
}

/** The middle one; of an even number the mean of the two in the middle. NaN of nothing. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? Number.NaN) + upper) / 2
}

/** Standard error of the median as a share of it, by the median absolute deviation; null of too few. */
function relativeError(values: readonly number[], median: number): number | null {
  if (values.length < SAMPLES_MIN) return null
  const deviation = medianOf(values.map((value) => Math.abs(value - median)))
  return (MEDIAN_ERROR * SIGMA_OF_MAD * deviation) / Math.sqrt(values.length) / median
}
