// What one look says for each way of being slower, as logarithms of e-values.
import type { Tilts } from './tilts.ts'

/** A look by class of bucket. */
export interface ClassCounts {
  candidate: Float64Array
  both: Float64Array
  candidateTotal: number
  bothTotal: number
}

/** Counts of buckets summed by class. */
export function countsByClass(candidate: ArrayLike<number>, stable: ArrayLike<number>, tilts: Tilts): ClassCounts {
  const counts: ClassCounts = {
    candidate: new Float64Array(tilts.classes),
    both: new Float64Array(tilts.classes),
    candidateTotal: 0,
    bothTotal: 0,
  }
  for (let bucket = 0; bucket < tilts.classOf.length; bucket++) {
    const ofCandidate = candidate[bucket]!
    const ofBoth = ofCandidate + stable[bucket]!
    if (ofBoth === 0) continue
    const index = tilts.classOf[bucket]!
    counts.candidate[index]! += ofCandidate
    counts.both[index]! += ofBoth
    counts.candidateTotal += ofCandidate
    counts.bothTotal += ofBoth
  }
  return counts
}

/**
 * ln e by way: the product over candidate requests of ω / (sω + 1 - s) and over stable ones of 1 / (sω + 1 - s), s the
 * candidate's share of the look: at most 1 in expectation whenever both have the same distribution (Turner, Ly &
 * Grünwald, "Generic E-variables for exact sequential k-sample tests", 2024, section 2), and ω being nondecreasing,
 * also when the candidate's is stochastically smaller. The tilts must not depend on this look.
 */
export function logEvidence(counts: ClassCounts, tilts: Tilts, add: (way: number, logE: number) => void): void {
  const { candidate, both } = counts
  const share = counts.candidateTotal / counts.bothTotal
  const { ratios, logRatios, classes } = tilts
  for (let offset = 0, way = 0; offset < ratios.length; offset += classes, way++) {
    let logE = 0
    for (let index = 0; index < classes; index++) {
      const requests = both[index]!
      if (requests === 0) continue
      logE +=
        candidate[index]! * logRatios[offset + index]! - requests * Math.log(1 + share * (ratios[offset + index]! - 1))
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
