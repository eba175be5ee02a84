// What a check or an action came to. Expected bad news is a value.
import { stripVTControlCharacters } from 'node:util'

export type Status = 'passed' | 'failed' | 'unverified' | 'skipped'

/** A number with its name and unit, as it goes into blanks, tables and reports. */
export interface Measurement {
  name: string
  value: number
  unit: string
}

/** Raw material an outcome rests on, before it is redacted and stored. */
export interface EvidenceDraft {
  /** `response`, `stdout`, `query`. */
  name: string
  mediaType: 'text/plain' | 'application/json'
  content: string
}

export interface Outcome {
  status: Status
  /** One sentence with the figure: "free 82.1 GB, at least 1 GB wanted". */
  summary: string
  measurements: Measurement[]
  evidence: EvidenceDraft[]
  /** What to do when it is not passed. */
  remedy?: string
}

type Extra = Partial<Omit<Outcome, 'status' | 'summary'>>

function outcome(status: Status, summary: string, extra: Extra): Outcome {
  const { evidence = [], remedy } = extra
  return {
    status,
    measurements: [],
    ...extra,
    summary: oneLine(summary),
    evidence: evidence.map((draft) => ({ ...draft, content: plainText(draft.content) })),
    ...(remedy === undefined ? {} : { remedy: oneLine(remedy) }),
  }
}

/** Control characters, and marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** What others wrote goes to terminals: nothing in it may move a cursor, colour, or hide. Lines and tabs stay. */
function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(HARMFUL, '')
}

function oneLine(text: string): string {
  return plainText(text.replace(/[\r\n\t]+/g, ' '))
}

/** Looked, and it is as it should be. */
export const passed = (summary: string, extra: Extra = {}): Outcome => outcome('passed', summary, extra)
/** Looked, and it is not as it should be. */
export const failed = (summary: string, extra: Extra = {}): Outcome => outcome('failed', summary, extra)
/** Could not look, or there is no number to judge by: never a pass. */
export const unverified = (summary: string, extra: Extra = {}): Outcome => outcome('unverified', summary, extra)
/** Does not apply here. */
export const skipped = (summary: string, extra: Extra = {}): Outcome => outcome('skipped', summary, extra)

/** Conjunction: failed beats unverified beats passed; all skipped is skipped; nothing at all is unverified. */
export function worstStatus(statuses: readonly Status[]): Status {
  for (const status of ['failed', 'unverified', 'passed', 'skipped'] as const)
    if (statuses.includes(status)) return status
  return 'unverified'
}
