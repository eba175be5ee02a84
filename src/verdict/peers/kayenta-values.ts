// What Kayenta does to the values of a metric before it compares them, and how it measures the size of an effect.

/** Missing values are left out (the default), or taken for 0: for counts of which a silent source means none. */
export type NanStrategy = 'remove' | 'replace'

/**
 * Without gaps and, where asked for, without outliers.
 * @param outlierFactor null: outliers are kept (the default). Else Tukey's fences at so many interquartile ranges, Kayenta's default 3.
 */
export function preparedValues(
  values: readonly number[],
  nanStrategy: NanStrategy,
  outlierFactor: number | null,
): number[] {
  const whole =
    nanStrategy === 'remove'
      ? values.filter((value) => !Number.isNaN(value))
      : values.map((value) => (Number.isNaN(value) ? 0 : value))
  return outlierFactor === null ? whole : withoutOutliers(whole, outlierFactor, true)
}

/**
 * Tukey's fences.
 * @param lenient the fences are never inside the 1st and the 99th percentile, as Kayenta's judge has them.
 */
export function withoutOutliers(values: readonly number[], factor: number, lenient: boolean): number[] {
  if (values.length === 0) return []
  const sorted = values.toSorted((a, b) => a - b)
  const [lower, upper] = [percentile(sorted, 0.25), percentile(sorted, 0.75)]
  const reach = factor * (upper - lower)
  const low = lenient ? Math.min(percentile(sorted, 0.01), lower - reach) : lower - reach
  const high = lenient ? Math.max(percentile(sorted, 0.99), upper + reach) : upper + reach
  return values.filter((value) => value >= low && value <= high)
}

/** With linear interpolation (type 7 of Hyndman & Fan, "Sample Quantiles in Statistical Packages", 1996). @param sorted not empty. */
export function percentile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}

/** Mean of the experiment over mean of the control; NaN where one of them is 0. */
export function meanRatio(experiment: readonly number[], control: readonly number[]): number {
  const [above, below] = [mean(experiment), mean(control)]
  return above === 0 || below === 0 ? Number.NaN : above / below
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
