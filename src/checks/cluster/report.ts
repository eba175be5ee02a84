// What was found wrong, as an outcome: a bounded list of complaints, and the material it rests on.
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, type Measurement, type Outcome } from '../../plan/outcome.ts'

const COMPLAINTS_SHOWN = 6
const COMPLAINT_CHARS_MAX = 300

export interface Found {
  /** What was looked at, with its figures: stands in front of the complaints, or alone. */
  seen: string
  complaints: readonly string[]
  /** One line each. */
  lines: readonly string[]
  measurements?: Measurement[]
  remedy?: string
}

/** Passed without complaints, else failed with the first of them; all of them are evidence. */
export function outcomeOf({ seen, complaints, lines, measurements = [], remedy }: Found): Outcome {
  const content = excerpt([...complaints.map((complaint) => `wrong: ${complaint}`), ...lines].join('\n'))
  const extra = { measurements, evidence: [{ name: 'found', mediaType: 'text/plain' as const, content }] }
  if (complaints.length === 0) return passed(seen, extra)
  const shown = complaints.slice(0, COMPLAINTS_SHOWN).map((complaint) => excerpt(complaint, COMPLAINT_CHARS_MAX))
  const more = complaints.length > shown.length ? `; and ${complaints.length - shown.length} more` : ''
  return failed(`${seen}: ${shown.join('; ')}${more}`, { ...extra, ...(remedy ? { remedy } : {}) })
}
