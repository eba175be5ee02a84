// The negative control of a verdict: both versions alike, then the new one fails, or answers far slower. Pure.
import type { Sample } from '../plan/signal.ts'
import type { Provocation, ProvocationContext, Reaction } from './guard-kind.ts'
import type { VerdictOptions } from './kinds/verdict.ts'

const BOUNDS_MS = [5, 10, 20, 50, 100, 200, 500, 1000, 5000]
/** Counts of 100 answers by bucket. */
const QUICK = [0, 10, 60, 25, 5, 0, 0, 0, 0, 0]
const SLOW = [0, 0, 0, 0, 0, 0, 0, 5, 90, 5]
const REQUESTS = 100
const GOOD_LOOKS = 10
const BAD_LOOKS = 30

/** Looks at 100 requests of each version. The fault is one of the first metric that is judged. */
export function provokeVerdict(given: VerdictOptions, context: ProvocationContext): Provocation {
  const intervalMs = intervalOf(given, context)
  const warmLooks = Math.ceil((given.latency?.warmUp ?? 0) / intervalMs)
  const goodLooks = GOOD_LOOKS + (given.errors || given.objective ? 0 : warmLooks)
  const fails = given.errors !== null || given.objective !== null
  const looks = Array.from({ length: goodLooks + BAD_LOOKS }, (_, index) => {
    const at = index * intervalMs
    const isBad = index >= goodLooks
    return [
      sampleOf(given, context.candidate, at, isBad && fails ? REQUESTS : 0, isBad && !fails ? SLOW : QUICK),
      sampleOf(given, context.stable, at, 0, QUICK),
    ]
  })
  return { looks, faultAt: goodLooks * intervalMs }
}

function sampleOf(given: VerdictOptions, version: string, at: number, errors: number, counts: number[]): Sample {
  const latency = { boundsMs: BOUNDS_MS, counts }
  const tally = { requests: REQUESTS, errors, latency }
  return { signal: given.signal, version, at, value: REQUESTS, unit: 'count', observations: REQUESTS, tally }
}

/** A total outage takes a few requests; how soon they come is the traffic's affair. Slower answers take more. */
export function reactionOfVerdict(given: VerdictOptions, context: ProvocationContext): Reaction {
  const intervalMs = intervalOf(given, context)
  if (given.errors || given.objective) return { ms: 2 * intervalMs, given: '5 failed requests a look' }
  return { ms: 2 * intervalMs + (given.latency?.warmUp ?? 0), given: '100 requests of each version a look, far slower' }
}

function intervalOf({ signal }: VerdictOptions, { samplingMs, everyMs }: ProvocationContext): number {
  return Math.max(samplingMs, everyMs[signal] ?? 0)
}
