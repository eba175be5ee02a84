// Background tools: they keep looking until they are told to stop, or until a release must be long over.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** A background tool never stays longer than this. */
export const STANDBY_MS_MAX = 10 * 60_000

/**
 * Calls `look` now and every `everyMs` until SIGTERM or SIGINT, or until it returns an exit code.
 * @returns that exit code, or 0.
 */
export async function standBy(everyMs: number, look: () => Promise<number | null>): Promise<number> {
  const ended = new AbortController()
  const { signal } = ended
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    once(process, name, { signal }).then(
      () => ended.abort(),
      () => undefined,
    )
  const endsAt = performance.now() + STANDBY_MS_MAX
  try {
    while (!signal.aborted && performance.now() < endsAt) {
      const exitCode = await look()
      if (exitCode !== null) return exitCode
      await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    }
    return 0
  } finally {
    ended.abort()
  }
}
