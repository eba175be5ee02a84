// One side of the comparison: slower than stable, or faster than stable with the margin put on it.
import { createBlockTest, type BlockState } from './block-test.ts'
import { createSlowerTest, type SlowerState } from './slower-test.ts'
import type { Slowness } from './tilts.ts'

/** Plain data. */
export interface SideState {
  slower: SlowerState
  block: BlockState
  shown: boolean
  logE: number
  /** What the look before added to ln e, and the most that two looks in a row did. */
  gain: number
  burst: number
}

/** Counts by bucket of a look; stable's with the margin already on them. */
export interface SideLook {
  candidate: ArrayLike<number>
  stable: ArrayLike<number>
  newStage: boolean
  elapsedMs: number
}

export interface Side {
  observe(look: SideLook, bursty: boolean): void
  /** Whether stable's requests were seen to be slow in bursts. */
  bursty(): boolean
  logE(): number
  /** Whether the threshold was reached, at this look or before. */
  shown(): boolean
  state(): SideState
}

/**
 * Looks are judged request by request as long as stable's look independent, and block by block once they came in bursts.
 * @param direction `faster` turns the axis around: then it is the same test.
 */
export function createSide(
  direction: 'slower' | 'faster',
  ways: readonly Slowness[],
  logThreshold: number,
  boundsMs: readonly number[],
  from: SideState | null,
): Side {
  const logBounds = Float64Array.from(boundsMs, Math.log)
  if (direction === 'faster') logBounds.forEach((_, index) => (logBounds[index] = -Math.log(boundsMs.at(-1 - index)!)))
  const slower = createSlowerTest(ways, logThreshold, logBounds, from?.slower)
  const block = createBlockTest(from?.block)
  let shown = from?.shown ?? false
  let logE = from?.logE ?? 0
  let gain = from?.gain ?? 0
  let burst = from?.burst ?? 0

  return {
    observe(look, bursty) {
      if (shown) return
      const turned =
        direction === 'slower' ? look : { ...look, candidate: reversed(look.candidate), stable: reversed(look.stable) }
      block.observe(turned, slower.past())
      slower.observe(turned)
      const before = logE
      logE = bursty || block.bursty() ? block.logE() : slower.logE()
      burst = Math.max(burst, gain + logE - before, logE - before)
      gain = logE - before
      if (bursty || block.bursty()) shown = logE >= logThreshold
      else shown = slower.reached() && (block.watched() || logE - burst >= BESIDES_BURST)
      // Said later than reached, it is said for what had been reached.
      if (shown) logE = Math.max(logE, logThreshold)
    },
    bursty: () => block.bursty(),
    logE: () => logE,
    shown: () => shown,
    state: () => ({ slower: slower.state(), block: block.state(), shown, logE, gain, burst }),
  }
}

/** ln e that must come from elsewhere than two looks in a row, until baseline has shown that it has no bursts. */
const BESIDES_BURST = 1

function reversed(counts: ArrayLike<number>): Float64Array {
  return Float64Array.from(counts).toReversed()
}
