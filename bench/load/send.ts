// One load by the embedded generator: `send.ts URL THREADS CONNECTIONS DURATION_MS` sends as much as goes and prints the requests per second.
import type { Workload } from '../../src/checks/performance/load/generator.ts'
import { bytesOf } from '../../src/checks/performance/load/request-bytes.ts'
import { runLoad } from '../../src/checks/performance/load/run-load.ts'
import type { Tally } from '../../src/checks/performance/load/tally.ts'

export function send(
  address: string,
  threads: number,
  part: Pick<Workload, 'schedule' | 'durationMs' | 'connectionsMax'>,
): Promise<Tally> {
  const url = new URL(address)
  const request = { method: 'GET', url, headers: {}, body: '', weight: 1 }
  const workload: Workload = {
    ...part,
    target: { host: url.hostname, port: Number(url.port), tls: null },
    requests: [{ ...bytesOf(request), weight: 1 }],
    warmUpMs: 0,
    timeoutMs: 10_000,
    lateMsMax: 10,
    goodStatuses: Array.from({ length: 600 }, (_, status) => status === 200),
  }
  return runLoad(workload, threads, AbortSignal.timeout(part.durationMs + 30_000))
}

if (import.meta.main) {
  const [url = '', threads, connectionsMax, durationMs] = process.argv
    .slice(2)
    .map((text, at) => (at === 0 ? text : Number(text))) as [string, number, number, number]
  const tally = await send(url, threads, { schedule: null, durationMs, connectionsMax })
  if (tally.good < tally.ended) throw new Error(`${tally.ended - tally.good} requests failed`)
  console.log((tally.goodInTime * 1000) / durationMs)
}
