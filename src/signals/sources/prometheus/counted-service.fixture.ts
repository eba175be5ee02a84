// A service for tests that answers /metrics as Node's usual exporters do: one histogram by status, with the version as a label.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Counted {
  counts: number[]
  sumS: number
}

export interface CountedService {
  address: string
  /** So many requests were answered with this status after so long. */
  serve(requests: number, answer?: { status?: number; ms?: number }): void
  /** Scrapes that were answered. */
  scrapes(): number
  /** Nothing listens any more. */
  stop(): Promise<void>
  /** A new process on the same port: all counters at zero, and none shown before its first request. */
  restart(): Promise<void>
}

/** Starts one on a port of its own. `startTime` adds the gauge `process_start_time_seconds`. */
export async function startCountedService(version: string, { startTime = true } = {}): Promise<CountedService> {
  let byStatus = new Map<number, Counted>()
  let server: Server | null = null
  let port = 0
  let scrapes = 0
  let startedAt = 0

  async function listen(): Promise<void> {
    byStatus = new Map()
    startedAt = Date.now() / 1000
    server = createServer((_, response) => {
      scrapes++
      const started = startTime
        ? `# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ${startedAt}\n`
        : ''
      response.setHeader('content-type', 'text/plain; version=0.0.4')
      response.end(started + exposed(byStatus, version))
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  async function stop(): Promise<void> {
    const closing = server
    server = null
    if (!closing) return
    closing.close()
    closing.closeAllConnections()
    await once(closing, 'close')
  }

  await listen()
  return {
    address: `127.0.0.1:${port}`,
    serve(requests, { status = 200, ms = 20 } = {}) {
      const counted = byStatus.get(status) ?? { counts: BOUNDS_S.map(() => 0).concat(0), sumS: 0 }
      const found = BOUNDS_S.findIndex((bound) => ms / 1000 <= bound)
      const bucket = found === -1 ? BOUNDS_S.length : found
      counted.counts[bucket] = (counted.counts[bucket] ?? 0) + requests
      counted.sumS += (requests * ms) / 1000
      byStatus.set(status, counted)
    },
    scrapes: () => scrapes,
    stop,
    async restart() {
      await stop()
      await listen()
    },
  }
}

function exposed(byStatus: ReadonlyMap<number, Counted>, version: string): string {
  const lines = ['# TYPE http_request_duration_seconds histogram']
  for (const [status, { counts, sumS }] of byStatus) {
    const labels = `status_code="${status}",version="${version}"`
    let total = 0
    for (const [index, count] of counts.entries()) {
      total += count
      lines.push(`http_request_duration_seconds_bucket{${labels},le="${BOUNDS_S[index] ?? '+Inf'}"} ${total}`)
    }
    lines.push(`http_request_duration_seconds_sum{${labels}} ${sumS}`)
    lines.push(`http_request_duration_seconds_count{${labels}} ${total}`)
  }
  return `${lines.join('\n')}\n`
}
