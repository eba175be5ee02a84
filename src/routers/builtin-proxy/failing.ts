// Why an attempt failed, and whether the request may be sent again: pure.

/**
 * - `unreachable`: no connection, nothing was sent
 * - `stale`: an idle kept-alive connection was closed while the request was on its way; says nothing about the version
 * - `broken`: the connection ended, or the answer was no HTTP, before its head was complete
 * - `timed-out`: no answer in time
 * - `cut`: the answer stopped in the middle
 * - `bad-request`: the request itself cannot be forwarded
 */
export type Failure = 'unreachable' | 'stale' | 'broken' | 'timed-out' | 'cut' | 'bad-request'

/** What was seen of an attempt when its connection failed. */
export interface AttemptTrace {
  /** The request was written to a connection. */
  sent: boolean
  /** A first byte of the answer came. */
  answering: boolean
  /** The head of the answer has gone to the client. */
  relayed: boolean
  timedOut: boolean
  /** Bytes the connection had read in its life. */
  bytesRead: number
  elapsedMs: number
}

/** A close that crosses a request on its way shows within a round trip; later, the backend died working on it. */
const CROSSING_MS_MAX = 50

/** Names the failure. `code` is the error's own (`ECONNRESET`, `UND_ERR_INVALID_ARG`). */
export function failureOf(trace: AttemptTrace, code: string | undefined): Failure {
  if (trace.relayed) return 'cut'
  if (trace.timedOut) return 'timed-out'
  if (!trace.sent)
    return code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED' ? 'bad-request' : 'unreachable'
  const crossed = trace.bytesRead > 0 && !trace.answering && trace.elapsedMs < CROSSING_MS_MAX
  return crossed ? 'stale' : 'broken'
}

/**
 * Whether the request may go out again. What was never sent may always; what may have been worked on, only when doing it
 * twice is the same as doing it once.
 */
export function mayRetry(failure: Failure, repeatable: boolean): boolean {
  if (failure === 'unreachable') return true
  return repeatable && (failure === 'stale' || failure === 'broken' || failure === 'timed-out')
}
