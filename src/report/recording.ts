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

/** Average weighted by observations (each sample counts once where none has any) and the worst; null without a value. */
export function figureOf(samples: readonly Sample[], lowIsBad = false): Figure | null {
  let weights = 0
  let weighted = 0
  let sum = 0
  let known = 0
  let worst: number | null = null
  for (const { value, observations } of samples) {
    if (value === null) continue
    known += 1
    sum += value
    weights += observations ?? 0
    weighted += value * (observations ?? 0)
    if (worst === null || (lowIsBad ? value < worst : value > worst)) worst = value
  }
  if (worst === null) return null
  const average = weights > 0 ? weighted / weights : sum / known
  return { average, worst, samples: known, unknown: samples.length - known }
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
