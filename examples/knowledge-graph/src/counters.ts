// What the service knows about itself, for GET /metrics.
import type { Server } from 'node:http'

export interface ServiceMetrics {
  uptimeMs: number
  requests: number
  /** Answers with status 500 and above. */
  errors: number
  inFlight: number
  responseMs: { average: number; max: number }
  rssBytes: number
  /** Of one core, since the last look. */
  cpuPercent: number
  connections: { open: number; limit: number; percent: number }
}

export interface Counters {
  /** Call when a request comes; call what it gives once that request has been answered. */
  begin(): (statusCode: number) => void
  snapshot(): ServiceMetrics
}

/** More sockets than this are refused. */
const CONNECTIONS_MAX = 1000

/** Counts the requests told to it and the connections of `server`. */
export function createCounters(server: Server): Counters {
  const startedAt = performance.now()
  const counts = { requests: 0, answered: 0, errors: 0, totalMs: 0, maxMs: 0, open: 0 }
  let lastLook = { at: startedAt, cpuMs: cpuMs() }
  server.maxConnections = CONNECTIONS_MAX
  server.on('connection', (socket) => {
    counts.open++
    socket.once('close', () => counts.open--)
  })
  return {
    begin() {
      const begunAt = performance.now()
      counts.requests++
      return (statusCode) => {
        const durationMs = performance.now() - begunAt
        counts.answered++
        counts.totalMs += durationMs
        counts.maxMs = Math.max(counts.maxMs, durationMs)
        if (statusCode >= 500) counts.errors++
      }
    },
    snapshot() {
      const look = { at: performance.now(), cpuMs: cpuMs() }
      const cpuPercent = (100 * (look.cpuMs - lastLook.cpuMs)) / Math.max(1, look.at - lastLook.at)
      lastLook = look
      return {
        uptimeMs: Math.round(look.at - startedAt),
        requests: counts.requests,
        errors: counts.errors,
        inFlight: counts.requests - counts.answered,
        responseMs: { average: counts.totalMs / Math.max(1, counts.answered), max: counts.maxMs },
        rssBytes: process.memoryUsage.rss(),
        cpuPercent,
        connections: { open: counts.open, limit: CONNECTIONS_MAX, percent: (100 * counts.open) / CONNECTIONS_MAX },
      }
    },
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
