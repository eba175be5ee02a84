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
const FRESH_MS_MAX = 5000

/** Looks every second until the signal aborts. A target that cannot be asked is unknown, which keeps nobody from going back. */
export function startCapacityWatch({ ready, expectedLess, onShort, signal }: CapacityWatchOptions): CapacityWatch {
  let seen: { at: number; capacity: Capacity } | null = null
  let wasShort = false
  const look = async (): Promise<void> => {
    const capacity = await ready().catch(() => null)
    seen = capacity && { at: performance.now(), capacity }
    const isWeak = capacity !== null && capacity.healthy < capacity.wanted - expectedLess()
    if (isWeak && !wasShort) onShort(capacityInWords(capacity))
    wasShort = isWeak
  }
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await look()
      await pause(LOOK_EVERY_MS, signal)
    }
  }
  void watch()
  return { last: () => (seen && performance.now() - seen.at < FRESH_MS_MAX ? seen.capacity : null) }
}
