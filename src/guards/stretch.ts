// How long a bad or a good state has lasted: rows of bad looks, bridged over short gaps. Pure, constant size.
import type { GuardReading, Lasting } from './guard-kind.ts'

export interface Stretch {
  /** Bad looks in a row; unknown and idle ones in between do not count, and do not break the row. */
  bad: number
  /** Start of the unbroken bad stretch. */
  badSinceAt: number | null
  /** Start of the unbroken stretch in which it has been well. */
  wellSinceAt: number | null
  /** Of the last look that had a value. */
  lastKnownAt: number | null
}

export const noStretch: Stretch = { bad: 0, badSinceAt: null, wellSinceAt: null, lastKnownAt: null }

/** The first bad look counts, and the first good one mends. */
export const atOnce: Lasting = { consecutive: 1, forMs: 0, clearMs: 0 }

/**
 * The stretch with one more reading.
 * @param gapMs a longer silence breaks what must be sustained, and so does a clock that was set back
 */
export function continued(before: Stretch, reading: GuardReading, at: number, gapMs: number): Stretch {
  const { lastKnownAt } = before
  const unbroken = lastKnownAt !== null && at >= lastKnownAt && at - lastKnownAt <= gapMs
  const since = (started: number | null): number => (started !== null && unbroken ? started : at)
  switch (reading.kind) {
    case 'unknown':
      return before
    case 'idle':
      return reading.sample.value === null ? before : { ...before, lastKnownAt: at }
    case 'good': {
      const wellSinceAt = reading.well === false ? null : since(before.wellSinceAt)
      return { bad: 0, badSinceAt: null, wellSinceAt, lastKnownAt: at }
    }
    case 'bad': {
      // Samples of one moment may come in two parts, from two sources.
      const again = before.bad > 0 && lastKnownAt === at
      const bad = before.bad + (again ? 0 : 1)
      return { bad, badSinceAt: since(before.badSinceAt), wellSinceAt: null, lastKnownAt: at }
    }
  }
}

/** Whether a state that is bad now has been so for long enough. */
export function hasLasted({ bad, badSinceAt }: Stretch, at: number, { consecutive, forMs }: Lasting): boolean {
  return bad > 0 && bad >= consecutive && at - (badSinceAt ?? at) >= forMs
}

/** Whether it has been well for long enough to say so. */
export function isWellAgain({ wellSinceAt }: Stretch, at: number, { clearMs }: Lasting): boolean {
  return wellSinceAt !== null && at - wellSinceAt >= clearMs
}
