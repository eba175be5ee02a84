// The built-in proxy against a bare undici relay and, where installed, HAProxy: many short rounds in turn, medians.
import { startLoad } from '../examples/load/load.ts'
import { startEdge } from './relay/edge.ts'
import { startHaproxy } from './relay/haproxy.ts'
import { cpuMicros, Instance, startProcess } from './relay/processes.ts'
import { median } from './result.ts'
import type { Bench, BenchOptions, BenchResult, Measure } from './result.ts'

const CONNECTIONS = 64
const ROUND_REQUESTS = 8000

export const bench: Bench = {
  name: 'proxy',
  summary: 'requests a second of the built-in proxy against a bare undici relay and HAProxy',
  run,
}

interface Relay {
  name: string
  pid: number
  url: string
  /** One entry a round. */
  requestsPerSecond: number[]
  cpuMicrosPerRequest: number[]
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const [v1, v2] = await Promise.all([Instance.start('v1-1'), Instance.start('v2-1')])
  const bare = await startProcess('bare', [String(v1.backend.port), String(v2.backend.port)])
  const backends = [v1.backend, v2.backend]
  await using edge = await startEdge({ weights: { v1: 90, v2: 10 }, backends, stable: 'v1' })
  await using haproxy = await startHaproxy(v1.backend, v2.backend)
  const relays = [
    relayOf('proxy', edge.pid, edge.url),
    relayOf('bare', bare.pid, `http://127.0.0.1:${bare.port}/`),
    ...(haproxy ? [relayOf('haproxy', haproxy.pid, haproxy.url)] : []),
  ]
  const rounds = quick ? 12 : 50
  // The first rounds warm up and do not count. Every second one goes the other way round: drifts fall on all alike.
  for (let round = -2; round < rounds; round++) {
    for (const relay of round % 2 === 0 ? relays : relays.toReversed()) await loadOnce(relay, round >= 0)
    if (round % 10 === 0) progress(`round ${round} of ${rounds}`)
  }
  await Promise.all([bare.end('SIGKILL'), v1.end('SIGKILL'), v2.end('SIGKILL')])
  return resultOf(relays)
}

function relayOf(name: string, pid: number, url: string): Relay {
  return { name, pid, url, requestsPerSecond: [], cpuMicrosPerRequest: [] }
}

async function loadOnce(relay: Relay, counts: boolean): Promise<void> {
  const before = cpuMicros(relay.pid)
  const load = { url: relay.url, connections: CONNECTIONS, requests: ROUND_REQUESTS }
  const result = await startLoad(load).finished
  if (result.failed > 0)
    throw new Error(`${relay.name}: ${result.failed} requests failed: ${result.failures[0]?.detail}`)
  const after = cpuMicros(relay.pid)
  if (!counts) return
  relay.requestsPerSecond.push(result.requestsPerSecond)
  if (before !== null && after !== null) relay.cpuMicrosPerRequest.push((after - before) / ROUND_REQUESTS)
}

function resultOf(relays: readonly Relay[]): BenchResult {
  const [proxy, ...peers] = relays as [Relay, ...Relay[]]
  const targets: Record<string, number> = { bare: 0.95, haproxy: 0.4 }
  const measures: Measure[] = peers.map((peer) => ({
    what: 'throughput of the built-in proxy',
    measured: median(proxy.requestsPerSecond),
    unit: 'req/s',
    peer: { name: peer.name, measured: median(peer.requestsPerSecond) },
    pairedRatio: median(
      proxy.requestsPerSecond.map((rate, round) => rate / (peer.requestsPerSecond[round] ?? Number.NaN)),
    ),
    target: { atLeast: targets[peer.name] ?? Number.NaN },
  }))
  for (const peer of peers)
    measures.push({
      what: 'processor time of the built-in proxy',
      measured: median(proxy.cpuMicrosPerRequest),
      unit: 'µs/req',
      peer: { name: peer.name, measured: median(peer.cpuMicrosPerRequest) },
    })
  const notes = [
    `${CONNECTIONS} keep-alive connections, ${proxy.requestsPerSecond.length} rounds of ${ROUND_REQUESTS} requests each`,
    'peer `bare`: undici dispatch streamed to node:http, without retry, counters, cookies and limits',
  ]
  if (!peers.some((peer) => peer.name === 'haproxy'))
    notes.push('SKIPPED: HAProxy is not installed, nothing was measured against it')
  if (proxy.cpuMicrosPerRequest.length === 0) notes.push('SKIPPED: no /proc here, processor time was not measured')
  return { measures, notes }
}
