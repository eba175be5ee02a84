// What can be known of a queue; null: it does not tell.
export interface QueueReading {
  depth: number | null
  oldestMs?: number | null
  failed?: number | null
  delayed?: number | null
  consumers?: number | null
  isPaused?: boolean
  /** Why there is nothing to judge: no such queue. */
  missing?: string
}

/** What a queue does not tell by itself. */
export const nothingFound = { oldestMs: null, failed: null, delayed: null, consumers: null, isPaused: false }

/** The age of a point of time in milliseconds; null where it lies ahead by more than clocks differ, or is none. */
export function ageOf(timeMs: number | null, nowMs: number): number | null {
  if (timeMs === null || timeMs <= 0 || timeMs > nowMs + 60_000) return null
  return Math.max(0, Math.round(nowMs - timeMs))
}
