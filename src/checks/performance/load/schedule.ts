// When requests are due: a rate that stays or ramps, as numbers of arrivals. Nothing here waits for anything.

export interface Stage {
  /** Rate at its end, requests per second; reached in a straight line from the rate before. */
  requestsPerSecond: number
  durationMs: number
}

/** Arrivals at a rate that is the first stage's from the start on, unless `fromRequestsPerSecond` says where it begins. */
export interface Schedule {
  fromRequestsPerSecond: number
  stages: readonly Stage[]
}

interface Stretch {
  startMs: number
  /** Arrivals before it. */
  before: number
  arrivals: number
  /** Per millisecond, at its start. */
  rate: number
  /** Change of the rate, per millisecond and millisecond. */
  slope: number
}

/** The arrivals of a schedule: how many there are, and the moment each is due. */
export class Arrivals {
  readonly count: number
  readonly durationMs: number
  readonly #stretches: Stretch[] = []

  constructor({ fromRequestsPerSecond, stages }: Schedule) {
    let [startMs, before, rate] = [0, 0, fromRequestsPerSecond / 1000]
    for (const { requestsPerSecond, durationMs } of stages) {
      const next = requestsPerSecond / 1000
      const arrivals = ((rate + next) / 2) * durationMs
      if (durationMs > 0) this.#stretches.push({ startMs, before, arrivals, rate, slope: (next - rate) / durationMs })
      startMs += durationMs
      before += arrivals
      rate = next
    }
    this.durationMs = startMs
    // What is a whole number but for rounding is one.
    this.count = Math.floor(before + 1e-6)
  }

  /** Milliseconds from the start at which arrival `index` (from 0) is due. */
  dueMs(index: number): number {
    const stretch = this.#stretches.find(({ before, arrivals }) => index < before + arrivals) ?? this.#stretches.at(-1)
    if (!stretch) return 0
    const { startMs, before, rate, slope } = stretch
    const after = Math.max(0, index - before)
    if (after === 0) return startMs
    // The root of rate * t + slope * t^2 / 2 = after, in the form that also holds where slope or rate is 0.
    return startMs + (2 * after) / (rate + Math.sqrt(Math.max(0, rate * rate + 2 * slope * after)))
  }
}

/** Which of several requests arrival `index` is: shares are exact over any long stretch, and the order is not in blocks. */
export function pick(index: number, upTo: readonly number[]): number {
  if (upTo.length === 1) return 0
  // Multiples of the golden ratio fill the unit interval evenly.
  const place = (index * 0.618_033_988_749_894_9) % 1
  const found = upTo.findIndex((bound) => place < bound)
  return found === -1 ? upTo.length - 1 : found
}

/** Upper ends of each weight's part of the unit interval. */
export function sharesOf(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  let upTo = 0
  return weights.map((weight) => (upTo += weight / sum))
}
