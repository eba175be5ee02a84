// The requests of one stretch of time as samples: counts, rates and response times. Pure.
import type { Histogram, Sample } from '../plan/signal.ts'
import { errorRatePercent, quantileMs, responseTimeMs } from './counter-window.ts'

const UNITS = {
  requests: 'count',
  'error-rate': 'percent',
  'request-rate': 'per-second',
  'response-time': 'ms',
  'response-time-p95': 'ms',
  'response-time-p99': 'ms',
} as const

export type WindowSignal = keyof typeof UNITS

/** All that can be said of a stretch whose latency histogram is known. */
export const WINDOW_SIGNALS = Object.keys(UNITS) as WindowSignal[]

/** What was counted between two looks; a `CounterWindow` is one. */
export interface RequestWindow {
  requests: number
  errors: number
  /** Summed response time; null where the source does not know it. */
  totalMs: number | null
  /** Null where the source has no histogram. */
  latency: Histogram | null
  /** Requests that wait for their answer at the later look; 0 where the source does not know. */
  inFlight: number
}

/** Whom a window is about: the version (null: the whole service), when it ended, how long it was. */
export interface WindowOf {
  version: string | null
  /** Milliseconds since the epoch. */
  at: number
  elapsedMs: number
}

/** One sample for each of `signals`; what the window cannot tell is unknown, with the reason. */
export function windowSamples(
  { version, at, elapsedMs }: WindowOf,
  window: RequestWindow,
  signals: readonly WindowSignal[] = WINDOW_SIGNALS,
): Sample[] {
  const { requests, errors, totalMs, latency, inFlight } = window
  const values: Record<WindowSignal, number | null> = {
    requests,
    'error-rate': errorRatePercent(window),
    'request-rate': elapsedMs > 0 ? (1000 * requests) / elapsedMs : null,
    'response-time': totalMs === null ? null : responseTimeMs({ requests, totalMs }),
    'response-time-p95': latency && quantileMs({ latency }, 0.95),
    'response-time-p99': latency && quantileMs({ latency }, 0.99),
  }
  // Hanging requests are not idleness: "0 observations" is said only when nobody is waiting for an answer.
  const waiting = requests === 0 && inFlight > 0
  const nothing = waiting ? `no answer yet to ${inFlight} requests` : 'no requests'
  return signals.map((signal) => {
    const value = values[signal]
    const about = { signal, version, at, value, unit: UNITS[signal] }
    if (signal === 'requests') return { ...about, observations: requests, tally: { requests, errors, latency } }
    const observations = signal === 'request-rate' || waiting ? null : requests
    const why = requests > 0 ? 'not told by the source' : nothing
    return { ...about, observations, ...(value === null ? { detail: why } : {}) }
  })
}

/** One unknown sample for each of `signals`. */
export function unknownWindowSamples(
  version: string | null,
  at: number,
  detail: string,
  signals: readonly WindowSignal[] = WINDOW_SIGNALS,
): Sample[] {
  return signals.map((signal) => ({
    signal,
    version,
    at,
    value: null,
    unit: UNITS[signal],
    observations: null,
    detail,
  }))
}
