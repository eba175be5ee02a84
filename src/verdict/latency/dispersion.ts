// Whether slow requests come in bursts: baseline against itself, look against look.
import { SCORE_KINDS } from './scores.ts'

/** Plain data. Older looks fade. */
export interface Dispersion {
  looks: number
  watchedMs: number
  /** By score: sums of squared differences to the look before over what independence would give: 1 a look. */
  near: number[]
  /** The same against the look `LAG` before, or the oldest there is. */
  far: number[]
  /** Mean scores and numbers of requests of the last `LAG` looks, newest last. */
  last: { readonly means: readonly number[]; readonly requests: number }[]
  /** Stays true once seen. */
  bursty: boolean
  /** How many looks a burst lasts, about. */
  burstLooks: number
}

export function startDispersion(): Dispersion {
  const none = () => Array.from({ length: SCORE_KINDS }, () => 0)
  return { looks: 0, watchedMs: 0, near: none(), far: none(), last: [], bursty: false, burstLooks: 1 }
}

/** A copy that does not change with the original; single looks never change. */
export function copyOf(state: Dispersion): Dispersion {
  return { ...state, near: state.near.slice(), far: state.far.slice(), last: state.last.slice() }
}

/**
 * Learns a look of baseline. Differences of neighbouring looks (von Neumann 1941) leave out drift, which is no burst.
 * Requests that are independent are called bursty with a probability far below one in a thousand.
 */
export function learnDispersion(
  state: Dispersion,
  means: readonly number[],
  requests: number,
  variances: Float64Array,
  elapsedMs: number,
): void {
  if (requests < REQUESTS_MIN) return
  state.watchedMs += elapsedMs
  const before = state.last.at(-1)
  const longBefore = state.last[0]
  const fade = 0.5 ** (elapsedMs / HALF_LIFE_MS)
  const squared = (other: Dispersion['last'][number], kind: number) => {
    const fewest = Math.min(requests, other.requests)
    const expected = variances[kind]! * (1 / requests + 1 / other.requests) + (FREE / fewest) ** 2
    return (means[kind]! - other.means[kind]!) ** 2 / expected
  }
  if (before) {
    state.looks = state.looks * fade + 1
    for (let kind = 0; kind < SCORE_KINDS; kind++) {
      state.near[kind] = state.near[kind]! * fade + squared(before, kind)
      state.far[kind] = state.far[kind]! * fade + squared(longBefore ?? before, kind)
    }
    judge(state)
  }
  state.last.push({ means: means.slice(), requests })
  if (state.last.length > LAG) state.last.shift()
}

function judge(state: Dispersion): void {
  if (state.looks < LOOKS_MIN) return
  const limit = 1 + Math.max(EXCESS_MIN, DEVIATIONS * Math.sqrt(3 / state.looks))
  for (let kind = 0; kind < SCORE_KINDS; kind++) {
    const near = state.near[kind]! / state.looks
    const far = state.far[kind]! / state.looks
    // Bursts longer than a look differ more from looks further away.
    if (Math.max(near, far) <= limit) continue
    state.bursty = true
    const looks = Math.min(Math.max((far - 1) / Math.max(near - 1, 0.05), 1), LAG)
    state.burstLooks = Math.max(looks, state.burstLooks)
  }
}

/** So many requests more or less are no burst: scores of rare requests are far from normal. */
const FREE = 2
const LAG = 8
const REQUESTS_MIN = 5
const LOOKS_MIN = 10
const DEVIATIONS = 6
const EXCESS_MIN = 0.25
const HALF_LIFE_MS = 1_800_000
