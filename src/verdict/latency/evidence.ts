// What one look says for each way of being slower, as logarithms of e-values.
import { CLASSES_MAX, type Tilts } from './tilts.ts'

/** A look by class of bucket. */
export interface ClassCounts {
  candidate: Float64Array
  both: Float64Array
  candidateTotal: number
  bothTotal: number
}

/** For as many classes as there may be; to be counted into again and again. */
export function emptyCounts(): ClassCounts {
  return {
    candidate: new Float64Array(CLASSES_MAX),
    both: new Float64Array(CLASSES_MAX),
    candidateTotal: 0,
    bothTotal: 0,
  }
}

/** Counts of buckets summed by class, into `counts`: what was there is gone. */
export function countByClass(
  counts: ClassCounts,
  candidate: ArrayLike<number>,
  stable: ArrayLike<number>,
  { classOf }: Tilts,
): void {
  counts.candidate.fill(0)
  counts.both.fill(0)
  let candidateTotal = 0
  let bothTotal = 0
  for (let bucket = 0; bucket < classOf.length; bucket++) {
    const ofCandidate = candidate[bucket]!
    const both = ofCandidate + stable[bucket]!
    if (both === 0) continue
    const index = classOf[bucket]!
    counts.candidate[index]! += ofCandidate
    counts.both[index]! += both
    candidateTotal += ofCandidate
    bothTotal += both
  }
  counts.candidateTotal = candidateTotal
  counts.bothTotal = bothTotal
}

/**
 * ln e by way: the product over candidate requests of ω / (sω + 1 - s) and over stable ones of 1 / (sω + 1 - s), s the
 * candidate's share of the look: at most 1 in expectation whenever both have the same distribution (Turner, Ly &
 * Grünwald, "Generic E-variables for exact sequential k-sample tests", 2024, section 2), and ω being nondecreasing,
 * also when the candidate's is stochastically smaller. The tilts must not depend on this look, nor must which ways bet.
 */
export function logEvidence(
  counts: ClassCounts,
  tilts: Tilts,
  add: (way: number, logE: number) => void,
  isBetting: (way: number) => boolean = () => true,
): void {
  const { candidate, both } = counts
  const share = counts.candidateTotal / counts.bothTotal
  const { runsOf, runEnds, runRatios, runLogRatios } = tilts
  for (let way = 0; way + 1 < runsOf.length; way++) {
    if (!isBetting(way)) continue
    let logE = 0
    let index = 0
    for (let run = runsOf[way]!; run < runsOf[way + 1]!; run++) {
      let ofCandidate = 0
      let requests = 0
      for (; index < runEnds[run]!; index++) {
        ofCandidate += candidate[index]!
        requests += both[index]!
      }
      if (requests === 0) continue
      logE += ofCandidate * runLogRatios[run]! - requests * Math.log(1 + share * (runRatios[run]! - 1))
    }
    add(way, logE)
  }
}

/**
 * ln e by way with tilts that were made from both versions of this very look, which tells nothing of who is who: given
 * the pooled requests, every assignment is as likely, and the mean of a product over draws without replacement is at
 * most the power of the mean (Hoeffding 1963, theorem 4). For the first look, when there is no past.
 */
export function logEvidenceOfPool(counts: ClassCounts, tilts: Tilts, add: (way: number, logE: number) => void): void {
  const { candidate, both, candidateTotal, bothTotal } = counts
  const share = candidateTotal / bothTotal
  const { ratios, classes } = tilts
  for (let offset = 0, way = 0; offset < ratios.length; offset += classes, way++) {
    let logE = 0
    let mean = 0
    for (let index = 0; index < classes; index++) {
      if (both[index] === 0) continue
      const ratio = ratios[offset + index]!
      const weight = ratio / (1 + share * (ratio - 1))
      mean += (both[index]! / bothTotal) * weight
      if (candidate[index] !== 0) logE += candidate[index]! * Math.log(weight)
    }
    add(way, logE - candidateTotal * Math.log(mean))
  }
}
