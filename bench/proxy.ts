// The built-in proxy against http-proxy-3, a bare undici relay and HAProxy: many short rounds in turn, medians; then its own process is
// upgraded and killed under load.
import { startLoad } from '../examples/load/load.ts'
import { isProgramThere } from '../test/servers/packages.ts'
import { disturb } from './relay/disturbing.ts'
import { startEdge } from './relay/edge.ts'
import { startHaproxy } from './relay/haproxy.ts'
import { cpuMicros, Instance, startProcess } from './relay/processes.ts'
import { median } from './result.ts'
import type { Bench, BenchOptions, BenchResult, Measure } from './result.ts'

const CONNECTIONS = 64
const ROUND_REQUESTS = 8000
/** A rate that each of them can do: at saturation a response time only says how many connections there are. */
const PACED_REQUESTS_PER_SECOND = 1500
const PACED_REQUESTS = 1500

export const bench: Bench = {
  name: 'proxy',
  summary:
    'requests a second and p99 of the built-in proxy against http-proxy-3, undici and HAProxy; upgrades and kills of it',
  run,
}

interface Relay {
  name: string
  pid: number
  url: string
  /** One entry a round. */
  requestsPerSecond: number[]
  cpuMicrosPerRequest: number[]
  /** Of the paced rounds. */
  p99Ms: number[]
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const [v1, v2] = await Promise.all([Instance.start('v1-1'), Instance.start('v2-1')])
  const ports = [String(v1.backend.port), String(v2.backend.port)]
  const [bare, rival] = await Promise.all([startProcess('bare', ports), startProcess('http-proxy-3', ports)])
  const backends = [v1.backend, v2.backend]
  await using edge = await startEdge({ weights: { v1: 90, v2: 10 }, backends, stable: 'v1' })
  await using haproxy = isProgramThere('haproxy', 'haproxy') ? await startHaproxy(v1.backend, v2.backend) : null
  const relays = [
    relayOf('proxy', edge.pid, edge.url),
    relayOf('http-proxy-3', rival.pid, `http://127.0.0.1:${rival.port}/`),
    relayOf('bare', bare.pid, `http://127.0.0.1:${bare.port}/`),
    ...(haproxy ? [relayOf('haproxy', haproxy.pid, haproxy.url)] : []),
  ]
  const rounds = quick ? 12 : 50
  // The first rounds warm up and do not count. Every second one goes the other way round: drifts fall on all alike.
  for (let round = -2; round < rounds; round++) {
    for (const relay of round % 2 === 0 ? relays : relays.toReversed()) {
      await loadOnce(relay, round >= 0)
      if (round % 2 === 0) await loadPaced(relay, round >= 0)
    }
    if (round % 10 === 0) progress(`round ${round} of ${rounds}`)
  }
  progress('upgrades and kills')
  const disturbed = await disturb(edge, quick ? { upgrades: 5, kills: 5 } : { upgrades: 20, kills: 20 })
  await Promise.all([bare, rival, v1, v2].map((process) => process.end('SIGKILL')))
  const result = resultOf(relays)
  return { ...result, measures: [...result.measures, ...disturbed] }
}

function relayOf(name: string, pid: number, url: string): Relay {
  return { name, pid, url, requestsPerSecond: [], cpuMicrosPerRequest: [], p99Ms: [] }
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

async function loadPaced(relay: Relay, counts: boolean): Promise<void> {
  const rate = { requestsPerSecond: PACED_REQUESTS_PER_SECOND, requests: PACED_REQUESTS }
  const result = await startLoad({ url: relay.url, connections: CONNECTIONS, ...rate }).finished
  if (counts) relay.p99Ms.push(result.latencyMs.p99)
}

function resultOf(relays: readonly Relay[]): BenchResult {
  const [proxy, ...peers] = relays as [Relay, ...Relay[]]
  const targets: Record<string, number> = { 'http-proxy-3': 2, bare: 0.95, haproxy: 0.4 }
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
      what: `p99 of the built-in proxy at ${PACED_REQUESTS_PER_SECOND} req/s`,
      measured: median(proxy.p99Ms),
      unit: 'ms',
      peer: { name: peer.name, measured: median(peer.p99Ms) },
      pairedRatio: median(proxy.p99Ms.map((p99Ms, round) => p99Ms / (peer.p99Ms[round] ?? Number.NaN))),
      target: { atMost: 1 },
    })
  for (const peer of peers)
    measures.push({
      what: 'processor time of the built-in proxy',
      measured: median(proxy.cpuMicrosPerRequest),
      unit: 'µs/req',
      peer: { name: peer.name, measured: median(peer.cpuMicrosPerRequest) },
    })
  const notes = [
    `${CONNECTIONS} keep-alive connections, ${proxy.requestsPerSecond.length} rounds of ${ROUND_REQUESTS} requests each`,
    'peer `http-proxy-3`: its `web` with `xfwd` and an agent that keeps connections, one process',
    'peer `bare`: undici dispatch streamed to node:http, without retry, counters, cookies and limits',
  ]
  if (!peers.some((peer) => peer.name === 'haproxy'))
    notes.push('SKIPPED: HAProxy is not installed, nothing was measured against it')
  if (proxy.cpuMicrosPerRequest.length === 0) notes.push('SKIPPED: no /proc here, processor time was not measured')
  return { measures, notes }
}
