// Every call to the outside has an AbortSignal and a deadline.

/** A signal that aborts when `parent` does or after `timeoutMs`, whichever comes first. */
export function withDeadline(timeoutMs: number, parent?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return parent ? AbortSignal.any([parent, timeout]) : timeout
}

/** Waits `durationMs`; resolves early, without an error, when the signal aborts. */
export function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(done, durationMs)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}

/**
 * Asks `probe` every `everyMs` until it gives something other than null.
 * @returns what it gave, or null when the deadline passed or the signal aborted.
 */
export async function poll<T>(
  probe: () => Promise<T | null> | T | null,
  options: { everyMs: number; timeoutMs: number; signal?: AbortSignal },
): Promise<T | null> {
  const endsAt = performance.now() + options.timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== null) return value
    if (options.signal?.aborted || performance.now() >= endsAt) return null
    await pause(options.everyMs, options.signal)
  }
}
