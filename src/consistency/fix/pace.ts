// How many rows the next chunk takes: as many as fit into the time a transaction may last, judged by the chunks before.

/** Rows of the first chunk: few enough for a slow disk, and soon outgrown. */
const ROWS_FIRST = 200
/** A chunk grows at most so many times over the one before: one fast chunk does not make the next too long. */
const GROWTH_MAX = 2
/** Share of the time aimed at: what is left is for a chunk that is slower than the one before. */
const AIM = 0.4

export interface Pace {
  rows: number
  /** Rows per millisecond of the slower of the last chunks. */
  speed: number | null
}

export const firstPace: Pace = { rows: ROWS_FIRST, speed: null }

/** @param done rows of the chunk and how long its transaction took. */
export function nextPace(pace: Pace, done: { rows: number; durationMs: number }, targetMs: number): Pace {
  if (done.rows === 0) return pace
  const speed = done.rows / Math.max(done.durationMs, 0.1)
  const careful = pace.speed === null ? speed : Math.min(speed, (pace.speed + speed) / 2)
  const fitting = Math.floor(careful * targetMs * AIM)
  return { rows: Math.max(1, Math.min(fitting, done.rows * GROWTH_MAX)), speed: careful }
}
