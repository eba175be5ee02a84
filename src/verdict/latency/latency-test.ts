// Whether a candidate answers slower than stable: looks in, verdict out, at any time.
import type { Judgement, Verdict } from '../../plan/verdict.ts'
import { refusalOf, type HistogramLook, type LookKind, type SamplesLook } from './latency-look.ts'
import { latencyVerdict } from './latency-verdict.ts'
import { moveBy, movedCounts, type Move } from './margins.ts'
import { bucketed, SAMPLE_BOUNDS_MS } from './sample-buckets.ts'
import { createSide, type Side, type SideState } from './side.ts'
import { fasterWays, SLOWER_WAYS } from './ways.ts'

export interface LatencyDesign {
  /** False-alarm budget over all looks together. @default 0.01 */
  alpha?: number
  /** By which share the candidate may be slower before that counts as worse: 0.1 is 10 %. @default 0 */
  margin?: number
  /** `not-worse` is said when shown less than this share slower, with the same budget; null: never. @default null */
  notWorseMargin?: number | null
  /** Probability with which the intervals shown hold at all looks. @default 0.95 */
  level?: number
}

/** Plain data of constant size: written as JSON and read again, the test goes on as if never stopped. */
export interface LatencyState {
  kind: LookKind | null
  worse: SideState | null
  notWorse: SideState | null
  /** All requests, by bucket, of the looks with requests of both versions. */
  candidate: number[]
  stable: number[]
}

export interface LatencyTest {
  /**
   * Judges a look; one without candidate requests teaches what baseline is like.
   * @returns why the look was refused and left out, else null.
   */
  observe(look: HistogramLook | SamplesLook): string | null
  /** What `verdict` says too, without the interval and the sentence. */
  judgement(): Judgement
  verdict(): Verdict
  state(): LatencyState
}

/** @throws {RangeError} for a design out of range. */
export function createLatencyTest(design: LatencyDesign = {}, from?: LatencyState): LatencyTest {
  const { alpha = 0.01, margin = 0, notWorseMargin = null, level = 0.95 } = design
  checkDesign({ alpha, margin, notWorseMargin, level })
  const logThreshold = Math.log(1 / alpha)
  let kind = from?.kind ?? null
  let candidateTotals = from?.candidate.slice() ?? []
  let stableTotals = from?.stable.slice() ?? []
  let worse: Side | null = null
  let notWorse: Side | null = null
  let marginMove: Move | null = null
  let notWorseMove: Move | null = null
  if (kind) begin(kind)

  function begin({ boundsMs }: LookKind): void {
    worse = createSide('slower', SLOWER_WAYS, logThreshold, boundsMs, from?.worse ?? null)
    marginMove = margin === 0 ? null : moveBy(boundsMs, 1 + margin)
    if (notWorseMargin !== null) {
      const ways = fasterWays(1 + notWorseMargin)
      notWorse = createSide('faster', ways, logThreshold, boundsMs, from?.notWorse ?? null)
      notWorseMove = moveBy(boundsMs, 1 + notWorseMargin)
    }
    if (from?.kind) return
    candidateTotals = Array.from({ length: boundsMs.length + 1 }, () => 0)
    stableTotals = candidateTotals.slice()
  }

  /** Stable's counts with a margin on them: exactly where the single times are known. */
  function multiplied(look: HistogramLook | SamplesLook, margined: number, move: Move | null) {
    if ('stableMs' in look) return bucketed(look.stableMs, 1 + margined)
    return move ? movedCounts(look.stable.counts, move) : look.stable.counts
  }

  function judgement(): Judgement {
    if (worse?.shown()) return 'worse'
    return notWorse?.shown() ? 'not-worse' : 'undecided'
  }

  return {
    observe(look) {
      const refusal = refusalOf(look, kind)
      if (refusal !== null) return refusal
      if (!kind) {
        kind =
          'stableMs' in look
            ? { of: 'samples', boundsMs: [...SAMPLE_BOUNDS_MS] }
            : { of: 'histogram', boundsMs: [...look.stable.boundsMs] }
        begin(kind)
      }
      const { newStage, elapsedMs } = look
      const candidate = 'candidateMs' in look ? bucketed(look.candidateMs, 1) : look.candidate.counts
      const stable = multiplied(look, margin, marginMove)
      worse?.observe({ candidate, stable, newStage, elapsedMs }, false)
      if (notWorse && notWorseMargin !== null) {
        const slowed = multiplied(look, notWorseMargin, notWorseMove)
        notWorse.observe({ candidate, stable: slowed, newStage, elapsedMs }, worse?.bursty() ?? false)
      }
      addTotals(candidateTotals, candidate, stableTotals, margin === 0 ? stable : multiplied(look, 0, null))
      return null
    },
    judgement,
    verdict: () =>
      latencyVerdict({
        judgement: judgement(),
        logE: worse?.logE() ?? 0,
        bursty: worse?.bursty() ?? false,
        boundsMs: kind?.boundsMs ?? [],
        candidate: candidateTotals,
        stable: stableTotals,
        design: { alpha, margin, notWorseMargin, level },
      }),
    state: () => ({
      kind,
      worse: worse && worse.state(),
      notWorse: notWorse && notWorse.state(),
      candidate: candidateTotals.slice(),
      stable: stableTotals.slice(),
    }),
  }
}

function addTotals(
  candidateTotals: number[],
  candidate: ArrayLike<number>,
  stableTotals: number[],
  stable: ArrayLike<number>,
): void {
  let ofCandidate = 0
  let ofStable = 0
  for (let bucket = 0; bucket < candidateTotals.length; bucket++) {
    ofCandidate += candidate[bucket]!
    ofStable += stable[bucket]!
  }
  if (ofCandidate === 0 || ofStable === 0) return
  for (let bucket = 0; bucket < candidateTotals.length; bucket++) {
    candidateTotals[bucket]! += candidate[bucket]!
    stableTotals[bucket]! += stable[bucket]!
  }
}

function checkDesign({ alpha, margin, notWorseMargin, level }: Required<LatencyDesign>): void {
  if (!(alpha > 0 && alpha < 1 && level > 0 && level < 1)) throw new RangeError('alpha and level lie between 0 and 1')
  if (!(margin >= 0 && margin < Infinity)) throw new RangeError('the margin is a share of 0 or more')
  if (notWorseMargin !== null && !(notWorseMargin > 0 && notWorseMargin < Infinity))
    throw new RangeError('the margin for "not worse" is a share above 0')
}
