// The built-in proxy and its peers in front of the same two backends, 90/10, each in a process of its own.
import type { Backend } from '../../src/plan/traffic.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { startEdge, type Edge } from './edge.ts'
import { startHaproxy } from './haproxy.ts'
import { startProcess } from './processes.ts'

/** Ratio of throughputs, ours to theirs. */
export const THROUGHPUT_MIN: Record<string, number> = { 'http-proxy-3': 2, bare: 0.95, haproxy: 0.4 }

export const PEER_NOTES = [
  'peer `http-proxy-3`: its `web` with `xfwd` and an agent that keeps connections, one process',
  'peer `bare`: undici dispatch streamed to node:http, without retry, counters, cookies and limits',
]

export interface RelayProcess {
  name: 'proxy' | 'http-proxy-3' | 'bare' | 'haproxy'
  pid: number
  url: string
}

export interface Relays extends AsyncDisposable {
  edge: Edge
  /** Ours first; without HAProxy where it is not installed. */
  all: RelayProcess[]
}

export async function startRelays([v1, v2]: readonly [Backend, Backend]): Promise<Relays> {
  const ports = [String(v1.port), String(v2.port)]
  const [bare, rival] = await Promise.all([startProcess('bare', ports), startProcess('http-proxy-3', ports)])
  const edge = await startEdge({ weights: { v1: 90, v2: 10 }, backends: [v1, v2], stable: 'v1' })
  const haproxy = isProgramThere('haproxy', 'haproxy') ? await startHaproxy(v1, v2) : null
  return {
    edge,
    all: [
      { name: 'proxy', pid: edge.pid, url: edge.url },
      { name: 'http-proxy-3', pid: rival.pid, url: `http://127.0.0.1:${rival.port}/` },
      { name: 'bare', pid: bare.pid, url: `http://127.0.0.1:${bare.port}/` },
      ...(haproxy ? [{ name: 'haproxy' as const, pid: haproxy.pid, url: haproxy.url }] : []),
    ],
    async [Symbol.asyncDispose]() {
      await Promise.all([
        bare.end('SIGKILL'),
        rival.end('SIGKILL'),
        edge[Symbol.asyncDispose](),
        haproxy?.[Symbol.asyncDispose](),
      ])
    },
  }
}
