// Figures per version as the Lua side prints them.
import { LATENCY_BOUNDS_MS } from '../../lib/latency-bounds.ts'
import type { VersionCounters } from '../../plan/signal.ts'

/** A line a version: name, requests, errors, retries, shielded, sum of ms, in flight, then the histogram. */
export function readCounters(text: string): VersionCounters[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', ...figures] = line.split(' ')
      const [requests = 0, errors = 0, retries = 0, shielded = 0, totalMs = 0, inFlight = 0, ...counts] =
        figures.map(Number)
      const version = decodeURIComponent(name)
      const latency = { boundsMs: [...LATENCY_BOUNDS_MS], counts }
      return { version, requests, errors, retries, shielded, inFlight, totalMs, latency }
    })
}
