// The built-in proxy against http-proxy-3, a bare undici relay and HAProxy: many short rounds in turn, medians; then its own process is
// upgraded and killed under load.
import { startLoad } from '../examples/load/load.ts'
import { measureAlone } from './relay/alone.ts'
import { disturb } from './relay/disturbing.ts'
import { cpuMicros, Instance } from './relay/processes.ts'
import { PEER_NOTES, startRelays, THROUGHPUT_MIN, type RelayProcess } from './relay/relays.ts'
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

interface Relay extends RelayProcess {
  /** One entry a round. */
  requestsPerSecond: number[]
  cpuMicrosPerRequest: number[]
  /** Of the paced rounds. */
  p99Ms: number[]
  failed: number
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const alone = await measureAlone({ quick, progress })
  const [v1, v2] = await Promise.all([Instance.start('v1-1'), Instance.start('v2-1')])
  await using started = await startRelays([v1.backend, v2.backend])
  const relays = started.all.map((relay): Relay => ({
    ...relay,
    requestsPerSecond: [],
    cpuMicrosPerRequest: [],
    p99Ms: [],
    failed: 0,
  }))
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
  const disturbed = await disturb(started.edge, quick ? { upgrades: 5, kills: 5 } : { upgrades: 20, kills: 20 })
  await Promise.all([v1, v2].map((process) => process.end('SIGKILL')))
  const result = resultOf(relays)
  return {
    measures: [...alone.measures, ...result.measures, ...disturbed],
    notes: [...alone.notes, ...result.notes],
  }
}

async function loadOnce(relay: Relay, counts: boolean): Promise<void> {
  const before = cpuMicros(relay.pid)
  const load = { url: relay.url, connections: CONNECTIONS, requests: ROUND_REQUESTS }
  const result = await startLoad(load).finished
  // A peer may lose one to a connection that its backend had just closed; ours asks again.
  relay.failed += result.failed
  if (result.failed > 100 || (result.failed > 0 && relay.name === 'proxy'))
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
  const measures: Measure[] = peers.map((peer) => ({
    what: 'throughput of the built-in proxy, load and backends on the same processors',
    measured: median(proxy.requestsPerSecond),
    unit: 'req/s',
    peer: { name: peer.name, measured: median(peer.requestsPerSecond) },
    pairedRatio: median(
      proxy.requestsPerSecond.map((rate, round) => rate / (peer.requestsPerSecond[round] ?? Number.NaN)),
    ),
    target: { atLeast: THROUGHPUT_MIN[peer.name] ?? Number.NaN },
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
    ...PEER_NOTES,
  ]
  for (const { name, failed } of peers.filter((peer) => peer.failed > 0))
    notes.push(`peer \`${name}\` failed ${failed} requests of all rounds; the built-in proxy none`)
  if (!peers.some((peer) => peer.name === 'haproxy'))
    notes.push('SKIPPED: HAProxy is not installed, nothing was measured against it')
  if (proxy.cpuMicrosPerRequest.length === 0) notes.push('SKIPPED: no /proc here, processor time was not measured')
  return { measures, notes }
}
