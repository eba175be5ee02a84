// Evidence beside its item: so much of each piece, so much in all, the rest by hash.
import type { EvidenceRef } from '../plan/run-record.ts'
import { formatNumber } from './format.ts'
import type { ReportEvidence } from './shape.ts'

/** Characters of one piece that are shown, and of all pieces together. */
export interface EvidenceLimits {
  pieceMax: number
  totalMax: number
}

/** Note of evidence whose content is gone or is no longer what was recorded. */
export const EVIDENCE_MISSING = 'missing, or changed since it was recorded'

export interface EvidenceReader {
  read(refs: readonly EvidenceRef[]): ReportEvidence[]
}

/** `load` gives the content, or null when there is none or it no longer has its hash. */
export function createEvidenceReader(load: (sha256: string) => string | null, limits: EvidenceLimits): EvidenceReader {
  let left = limits.totalMax
  function readOne(ref: EvidenceRef): ReportEvidence {
    if (left <= 0) return { ...ref, content: null, note: 'not shown: the report is full; kept by hash' }
    const whole = load(ref.sha256)
    if (whole === null) return { ...ref, content: null, note: EVIDENCE_MISSING }
    const content = whole.slice(0, Math.min(limits.pieceMax, left))
    left -= content.length
    const cut = whole.length - content.length
    return { ...ref, content, note: cut > 0 ? `${formatNumber(cut)} more characters, kept by hash` : null }
  }
  return { read: (refs) => refs.map(readOne) }
}
