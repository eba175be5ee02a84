// An eye on the old version while a candidate is live: the reflex must know at once whether there is anybody to go back to.
import { pause } from '../../lib/deadline.ts'
import type { Capacity } from '../../targets/target.ts'
import { capacityInWords } from './capacity.ts'

export interface CapacityWatchOptions {
  /** Asks the target; null while nothing is live. */
  ready(): Promise<Capacity | null>
  /** So many instances are missing on purpose. */
  expectedLess(): number
  /** Called when it becomes short of instances, once each time. */
  onShort(words: string): void
  signal: AbortSignal
}

export interface CapacityWatch {
  /** What was seen last; null when that is too long ago to go by. */
  last(): Capacity | null
}

const LOOK_EVERY_MS = 1000
const LOOK_EVERY_MS_MAX = 15_000
/** To ask may mean to start a program, as kubectl or pm2: it shall cost a twentieth of a processor at most. */
const PAUSE_PER_LOOK = 20
const FRESH_MS_MIN = 5000

/**
 * Looks every second, less often where a look takes long, until the signal aborts. A target that cannot be asked is unknown, which keeps
 * nobody from going back.
 */
export function startCapacityWatch({ ready, expectedLess, onShort, signal }: CapacityWatchOptions): CapacityWatch {
  let seen: { at: number; capacity: Capacity } | null = null
  let everyMs = LOOK_EVERY_MS
  let wasShort = false
  const look = async (): Promise<void> => {
    const startedAt = performance.now()
    const capacity = await ready().catch(() => null)
    const tookMs = performance.now() - startedAt
    everyMs = Math.min(LOOK_EVERY_MS_MAX, Math.max(LOOK_EVERY_MS, tookMs * PAUSE_PER_LOOK))
    seen = capacity && { at: performance.now(), capacity }
    const isWeak = capacity !== null && capacity.healthy < capacity.wanted - expectedLess()
    if (isWeak && !wasShort) onShort(capacityInWords(capacity))
    wasShort = isWeak
  }
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await look()
      await pause(everyMs, signal)
    }
  }
  void watch()
  const isFresh = (at: number): boolean => performance.now() - at < Math.max(FRESH_MS_MIN, 2 * everyMs)
  return { last: () => (seen && isFresh(seen.at) ? seen.capacity : null) }
}
