// Waiting until HAProxy has nothing under way at a version.
import { poll } from '../../lib/deadline.ts'
import type { VersionCounters } from '../../plan/signal.ts'

const LOOK_EVERY_MS = 20
/** The last look may take as long as one that is not the last. */
const LOOK_TIMEOUT_MS = 1000

/** Whether what was under way at `version` has ended within the time. */
export async function drained(
  counters: (signal: AbortSignal) => Promise<VersionCounters[]>,
  version: string,
  timeoutMs: number,
): Promise<boolean> {
  const isIdle = async (): Promise<true | null> => {
    const found = await counters(AbortSignal.timeout(timeoutMs + LOOK_TIMEOUT_MS))
    return found.some((one) => one.version === version && one.inFlight > 0) ? null : true
  }
  return (await poll(isIdle, { everyMs: LOOK_EVERY_MS, timeoutMs })) ?? false
}
