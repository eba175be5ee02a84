// The run's samples, by signal and version in time order, and figures over a stretch of them.
import type { Sample } from '../plan/signal.ts'
import type { Figure } from './shape.ts'

/** Half-open stretch of time, milliseconds since the epoch. */
export interface Stretch {
  from: number
  to: number
}

/** Samples that can be asked for by signal and version without looking at all of them. */
export class Recording {
  readonly #series = new Map<string, Map<string | null, Sample[]>>()

  constructor(samples: readonly Sample[]) {
    for (const sample of samples) {
      let versions = this.#series.get(sample.signal)
      if (!versions) this.#series.set(sample.signal, (versions = new Map()))
      const series = versions.get(sample.version)
      if (series) series.push(sample)
      else versions.set(sample.version, [sample])
    }
    for (const versions of this.#series.values())
      for (const series of versions.values()) series.sort((a, b) => a.at - b.at)
  }

  signals(): string[] {
    return [...this.#series.keys()]
  }

  /** Versions that were sampled, the most sampled first; samples of the whole service are not a version. */
  versions(): string[] {
    const counts = new Map<string, number>()
    for (const versions of this.#series.values())
      for (const [version, series] of versions)
        if (version !== null) counts.set(version, (counts.get(version) ?? 0) + series.length)
    return [...counts].toSorted(([, a], [, b]) => b - a).map(([version]) => version)
  }

  /** In time order; `version` null: samples of the whole service. */
  of(signal: string, version: string | null, stretch?: Stretch): readonly Sample[] {
    const series = this.#series.get(signal)?.get(version) ?? []
    return stretch ? series.slice(firstFrom(series, stretch.from), firstFrom(series, stretch.to)) : series
  }

  unitOf(signal: string): string {
    for (const series of this.#series.get(signal)?.values() ?? []) for (const sample of series) return sample.unit
    return ''
  }
}

/** Index of the first sample at or after `at`. */
function firstFrom(series: readonly Sample[], at: number): number {
  let low = 0
  let high = series.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((series[middle]?.at ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** How many looks a sample stands for: an old recording is thinned. */
export function looksOf({ thinned }: Sample): number {
  return thinned?.looks ?? 1
}

/**
 * Average weighted by observations (each look counts once where none has any) and the worst look; null without a value. `samples` and
 * `unknown` count looks.
 */
export function figureOf(samples: readonly Sample[], lowIsBad = false): Figure | null {
  let weights = 0
  let weighted = 0
  let sum = 0
  let known = 0
  let unknown = 0
  let worst: number | null = null
  for (const sample of samples) {
    const { value, observations, thinned } = sample
    const looks = looksOf(sample)
    if (value === null) unknown += looks
    if (value === null) continue
    known += looks
    sum += value * looks
    weights += observations ?? 0
    weighted += value * (observations ?? 0)
    const extreme = (lowIsBad ? thinned?.min : thinned?.max) ?? value
    if (worst === null || (lowIsBad ? extreme < worst : extreme > worst)) worst = extreme
  }
  if (worst === null) return null
  const average = weights > 0 ? weighted / weights : sum / known
  return { average, worst, samples: known, unknown }
}

/** Requests behind error-rate samples and how many of them failed; null when none was observed. */
export function countRequests(errorRates: readonly Sample[]): { requests: number; errors: number } | null {
  let requests = 0
  let errors = 0
  for (const { value, observations } of errorRates) {
    if (value === null || observations === null) continue
    requests += observations
    errors += (value / 100) * observations
  }
  return requests > 0 ? { requests, errors: Math.round(errors) } : null
}
