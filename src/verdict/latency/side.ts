// One side of the comparison: slower than stable, or faster than stable with the margin put on it.
import { createBlockTest, type BlockState } from './block-test.ts'
import { isSteady, learnEvidence, noEvidence, type EarlyEvidence } from './early-evidence.ts'
import { memoized } from '../memoized.ts'
import { createSlowerTest, type SlowerState } from './slower-test.ts'
import type { Slowness } from './tilts.ts'

/** Plain data. */
export interface SideState {
  slower: SlowerState
  block: BlockState
  shown: boolean
  logE: number
  early: EarlyEvidence
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
  /** Below the threshold as long as nothing is shown: what one burst could have done does not count for more. */
  logE(): number
  /** Whether the threshold was reached, at this look or before. */
  shown(): boolean
  state(): SideState
}

/**
 * Looks are judged request by request as long as stable's look independent, and block by block once they came in bursts.
 * Until stable was watched long enough to tell, "slower" is not said for what a burst or two could have done.
 * @param direction `faster` turns the axis around: then it is the same test.
 */
export function createSide(
  direction: 'slower' | 'faster',
  ways: readonly Slowness[],
  logThreshold: number,
  boundsMs: readonly number[],
  from: SideState | null,
): Side {
  const logBounds = logBoundsOf(direction, boundsMs)
  const slower = createSlowerTest(ways, logThreshold, logBounds, from?.slower)
  const block = createBlockTest(from?.block)
  let shown = from?.shown ?? false
  let logE = from?.logE ?? 0
  const early = from ? { ...from.early } : noEvidence()

  return {
    observe(look, bursty) {
      if (shown) return
      const turned =
        direction === 'slower' ? look : { ...look, candidate: reversed(look.candidate), stable: reversed(look.stable) }
      block.observe(turned, slower.past())
      slower.observe(turned)
      logE = bursty || block.bursty() ? block.logE() : slower.logE()
      const isWatched = block.watched()
      if (!isWatched) learnEvidence(early, slower.logEOfMost())
      if (bursty || block.bursty()) shown = logE >= logThreshold
      else shown = slower.reached() && (isWatched || isSteady(early))
      // Said later than reached, it is said for what had been reached.
      if (shown) logE = Math.max(logE, logThreshold)
    },
    bursty: () => block.bursty(),
    logE: () => (shown ? logE : Math.min(logE, logThreshold - WITHHELD)),
    shown: () => shown,
    state: () => ({ slower: slower.state(), block: block.state(), shown, logE, early: { ...early } }),
  }
}

/** ln e by which evidence that is not yet believed stays below the threshold. */
const WITHHELD = 0.01

const logBoundsOf = memoized((direction: 'slower' | 'faster', boundsMs: readonly number[]) => {
  const logBounds = Float64Array.from(boundsMs, Math.log)
  return direction === 'slower' ? logBounds : logBounds.toReversed().map((log) => -log)
}, 16)

function reversed(counts: ArrayLike<number>): Float64Array {
  const turned = new Float64Array(counts.length)
  for (let index = 0; index < turned.length; index++) turned[index] = counts[turned.length - 1 - index]!
  return turned
}
