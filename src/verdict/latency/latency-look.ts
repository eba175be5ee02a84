// Looks as they come in, and what is refused of them.
import type { Histogram } from '../../plan/signal.ts'

interface Look {
  /** Whether a stage, and with it the candidate's share of traffic, begins with this look. */
  newStage: boolean
  /** Since the look before. */
  elapsedMs: number
}

/** Counts of the requests since the look before, of the same bounds on both sides and at every look. */
export interface HistogramLook extends Look {
  candidate: Histogram
  stable: Histogram
}

/** Response times of the requests since the look before. */
export interface SamplesLook extends Look {
  candidateMs: readonly number[]
  stableMs: readonly number[]
}

/** What looks are made of, once there was one: histograms of these bounds, or single times. */
export interface LookKind {
  boundsMs: number[]
  of: 'histogram' | 'samples'
}

/** Why a look cannot be judged; null when it can. @param kind of the looks before; null for the first. */
export function refusalOf(look: HistogramLook | SamplesLook, kind: LookKind | null): string | null {
  if (!(look.elapsedMs >= 0)) return `the time since the look before is ${look.elapsedMs} ms`
  if ('candidateMs' in look) {
    if (kind?.of === 'histogram') return 'single response times after histograms'
    const odd = [...look.candidateMs, ...look.stableMs].find((timeMs) => !(timeMs >= 0 && Number.isFinite(timeMs)))
    return odd === undefined ? null : `${odd} is no response time in ms`
  }
  if (kind?.of === 'samples') return 'histograms after single response times'
  const { candidate, stable } = look
  if (!sameNumbers(candidate.boundsMs, stable.boundsMs)) return 'the histograms of both versions have different bounds'
  if (kind && !sameNumbers(candidate.boundsMs, kind.boundsMs)) return 'the bounds of the histograms have changed'
  return kind
    ? countsRefusal(candidate, stable)
    : (boundsRefusal(candidate.boundsMs) ?? countsRefusal(candidate, stable))
}

function boundsRefusal(boundsMs: readonly number[]): string | null {
  if (boundsMs.length === 0) return 'a histogram without bounds tells no times'
  const ascend = boundsMs.every((boundMs, index) => boundMs > (boundsMs[index - 1] ?? 0) && Number.isFinite(boundMs))
  return ascend ? null : 'the bounds of the histograms do not ascend from above 0'
}

function countsRefusal(candidate: Histogram, stable: Histogram): string | null {
  for (const { boundsMs, counts } of [candidate, stable]) {
    if (counts.length !== boundsMs.length + 1) return `${counts.length} counts for ${boundsMs.length} bounds`
    for (let bucket = 0; bucket < counts.length; bucket++)
      if (!(counts[bucket]! >= 0 && counts[bucket]! < Infinity)) return `a bucket counts ${counts[bucket]} requests`
  }
  return null
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}
