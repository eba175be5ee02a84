// Events counted over a sliding period, or over the first one. Pure, bounded size.

/** Parts of a sliding period: what is counted is of the last 59/60 of it at least, and never older than all of it. */
const PARTS = 60

export interface Tallying {
  /** Of the first look. */
  sinceAt: number | null
  /** Part of the period since the epoch → events; an anchored period is one part. */
  parts: { index: number; events: number }[]
  /** Last look that could not tell. */
  blindAt: number | null
}

export const noTallying: Tallying = { sinceAt: null, parts: [], blindAt: null }

export interface Period {
  ms: number
  /** Counts from the first look on; else it slides. */
  anchored: boolean
}

/** With the events of one more look. */
export function counted(before: Tallying, at: number, events: number, { ms, anchored }: Period): Tallying {
  const sinceAt = before.sinceAt ?? at
  const index = anchored ? 0 : Math.floor(at / (ms / PARTS))
  const kept = before.parts.filter((part) => anchored || (part.index <= index && part.index > index - PARTS))
  const open = kept.find((part) => part.index === index)
  const part = { index, events: (open?.events ?? 0) + events }
  return { ...before, sinceAt, parts: [...kept.filter((one) => one !== open), part] }
}

/** Events in the period. */
export function totalOf({ parts }: Tallying): number {
  return parts.reduce((sum, { events }) => sum + events, 0)
}

/** Whether an anchored period is over. */
export function isOver({ sinceAt }: Tallying, at: number, { ms, anchored }: Period): boolean {
  return anchored && sinceAt !== null && at - sinceAt > ms
}
